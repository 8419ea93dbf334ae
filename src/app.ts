import { fail, type Result } from '../workers/contract/errors.ts';
import { getContext } from 'svelte';
import { AddFlow } from './add/add-flow.svelte.ts';
import type { Connect } from './engine/connection.ts';
import { EngineClient } from './engine/engine-client.svelte.ts';
import { Router, type RouterWindow } from './router.svelte.ts';
import { browserPlatform } from './save/pickers.ts';
import { SaveJobs } from './save/save-jobs.svelte.ts';
import { Announcer } from './shell/announcer.svelte.ts';
import { InstallPrompt } from './shell/install-prompt.svelte.ts';
import { Persistence, type AskToPersist } from './storage/persistence.svelte.ts';
import { TorrentActions } from './torrent/torrent-actions.svelte.ts';
import type { Later } from './ui/later.ts';
import { Toasts } from './ui/toasts.svelte.ts';

/** Everything the page's parts share. Made once in `main.ts`, and with a fake engine in a test. */
export interface App {
  readonly engine: EngineClient;
  readonly router: Router;
  readonly toasts: Toasts;
  readonly announcer: Announcer;
  readonly add: AddFlow;
  readonly actions: TorrentActions;
  readonly install: InstallPrompt;
  readonly saves: SaveJobs;
  readonly persistence: Persistence;
  /** Resolves when `stream/…` is answered by the service worker. */
  readonly streamsReady: () => Promise<void>;
  readonly later: Later;
}

export interface AppDeps {
  readonly connect: Connect;
  readonly window: RouterWindow;
  readonly later: Later;
  readonly streamsReady: () => Promise<void>;
  /** Asks the browser not to evict what is stored; called when a person first adds a torrent, or says so. */
  readonly askToPersist: AskToPersist;
  readonly fetchSample: () => Promise<Result<Uint8Array>>;
  readonly copyText: (text: string) => Promise<void>;
}

export function createApp(deps: AppDeps): App {
  const engine = new EngineClient(deps.connect);
  const router = new Router(deps.window);
  const toasts = new Toasts(deps.later);
  const persistence = new Persistence(deps.askToPersist);
  const add = new AddFlow({
    engine,
    later: deps.later,
    fetchSample: deps.fetchSample,
    onAdded: (infoHash, name, isNew) => {
      if (isNew) void persistence.askOnce();
      else toasts.show({ tone: 'info', message: `You already have “${name || infoHash}”.` });
      const here = router.route;
      if (here.kind !== 'torrent' || here.infoHash !== infoHash)
        router.go({ kind: 'torrent', infoHash });
    },
    onWatch: (infoHash, fileIndex) =>
      router.go({ kind: 'play', infoHash, fileIndex, fileName: '' }),
  });
  return {
    engine,
    router,
    toasts,
    add,
    announcer: new Announcer(engine),
    actions: new TorrentActions(engine, toasts, deps.copyText),
    install: new InstallPrompt(deps.window),
    saves: new SaveJobs({
      engine,
      platform: browserPlatform,
      toasts,
      later: deps.later,
      streamsReady: deps.streamsReady,
      baseUrl: () => document.baseURI,
    }),
    persistence,
    streamsReady: deps.streamsReady,
    later: deps.later,
  };
}

/** The sample lies beside the app, whatever folder that is. */
export async function fetchSample(): Promise<Result<Uint8Array>> {
  const failed = 'The sample could not be fetched. Check your connection and try again.';
  try {
    const response = await fetch(new URL('sample/rill-sample.torrent', document.baseURI));
    if (!response.ok) return fail('fetch-failed', failed);
    return { ok: true, value: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    return fail('fetch-failed', failed);
  }
}

const key = Symbol('rill');

/** The context to mount any part of the page with: `mount(Part, { target, context: contextOf(app) })`. */
export function contextOf(app: App): Map<symbol, App> {
  return new Map([[key, app]]);
}

export function useApp(): App {
  return getContext<App>(key);
}
