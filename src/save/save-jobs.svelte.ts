/** Everything that is being saved, and what a person asked for that cannot be. */
import type { TorrentDetail, TorrentFile } from '../../workers/contract/snapshot.ts';
import { safeElement } from '../../workers/contract/safe-paths.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';
import { UseBeat } from '../engine/use-beat.ts';
import { baseName } from '../player/stream-url.ts';
import { formatPercent } from '../ui/format-percent.ts';
import type { Later } from '../ui/later.ts';
import type { Toasts } from '../ui/toasts.svelte.ts';
import { planFolder } from './folder-plan.ts';
import type { SavePlatform } from './pickers.ts';
import { SaveJob, type SavePlan } from './save-job.svelte.ts';
import { saveUrl, zipUrl } from './save-url.ts';

type SavedTorrent = Pick<TorrentDetail, 'infoHash' | 'name' | 'files'>;
type AskedFile = Pick<TorrentFile, 'index' | 'path' | 'lengthBytes' | 'progress' | 'selected'>;

export interface SaveJobsDeps {
  readonly engine: Pick<EngineClient, 'call'>;
  readonly platform: SavePlatform;
  readonly toasts: Toasts;
  readonly later: Later;
  readonly streamsReady: () => Promise<void>;
  /** The folder the app is served from, as an absolute URL. */
  readonly baseUrl: () => string;
}

/** Why a file cannot be saved now, for a person; `null` when it can. */
export function whyNotSavable(file: Pick<AskedFile, 'progress' | 'selected'>): string | null {
  if (file.progress >= 1) return null;
  return file.selected
    ? `Only ${formatPercent(file.progress)} of it is here. It can be saved when it is finished.`
    : 'It is not downloaded. Tick it in the list, and save it when it is finished.';
}

export class SaveJobs {
  readonly #deps: SaveJobsDeps;
  #jobs = $state.raw<readonly SaveJob[]>([]);
  #news = $state.raw('');

  constructor(deps: SaveJobsDeps) {
    this.#deps = deps;
  }

  /** Oldest first; ended ones stay until they are dismissed. */
  get jobs(): readonly SaveJob[] {
    return this.#jobs;
  }

  /** What a screen reader says of the last job that ended. */
  get news(): string {
    return this.#news;
  }

  /** Saves one file where the person wants it. Call it from a click: the browser's dialog asks for one. */
  async saveFile(infoHash: string, file: AskedFile): Promise<void> {
    const reason = whyNotSavable(file);
    const name = baseName(file.path);
    if (reason !== null) {
      this.#deps.toasts.show({ tone: 'info', message: `“${name}”: ${reason}` });
      return;
    }
    const { platform, baseUrl } = this.#deps;
    await this.#pick(
      infoHash,
      () => platform.pickFile(safeElement(name)),
      () => saveUrl(baseUrl(), infoHash, file.index, name),
      async (handle) => ({
        title: name,
        files: [
          {
            infoHash,
            index: file.index,
            name,
            lengthBytes: file.lengthBytes,
            open: async () => handle,
            // The dialog made it or the person had it: either way it is theirs.
            discard: async () => {},
          },
        ],
        leftOut: 0,
      }),
    );
  }

  /** Saves what is finished of a torrent into a folder or, where the browser cannot ask for one, as a zip. */
  async saveTorrent({ infoHash, name, files }: SavedTorrent): Promise<void> {
    const finished = files.filter((file) => file.progress >= 1);
    if (finished.length === 0) {
      const message = 'None of these files is finished yet. They can be saved when they are.';
      this.#deps.toasts.show({ tone: 'info', message });
      return;
    }
    const { platform, baseUrl } = this.#deps;
    const indexes = finished.map(({ index }) => index);
    await this.#pick(
      infoHash,
      () => platform.pickFolder(),
      () => zipUrl(baseUrl(), infoHash, indexes),
      async (folder) => ({
        title: name,
        files: await planFolder(folder, { infoHash, name }, finished),
        leftOut: files.filter((file) => file.selected && file.progress < 1).length,
      }),
    );
  }

  /** Stops a job, or takes one that is over off the list. */
  close(job: SaveJob): void {
    job.cancel();
    if (job.isEnded) this.#jobs = this.#jobs.filter((other) => other !== job);
  }

  async #pick<Handle>(
    infoHash: string,
    pick: () => Promise<Handle | null | undefined>,
    fallbackUrl: () => string,
    plan: (handle: Handle) => Promise<SavePlan>,
  ): Promise<void> {
    try {
      const handle = await pick();
      if (handle === null) return;
      await this.#deps.streamsReady();
      if (handle === undefined) await this.#download(fallbackUrl());
      else this.#start(infoHash, await plan(handle));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `It could not be saved there: ${reason} Try another place.`;
      this.#deps.toasts.show({ tone: 'bad', message });
    }
  }

  #start(infoHash: string, plan: SavePlan): void {
    const { platform, later, engine } = this.#deps;
    // What is only watched is not removed while it is saved.
    const beat = new UseBeat(engine, infoHash);
    const job = new SaveJob(
      plan,
      platform.bytes,
      later,
      (ended) => this.#ended(ended),
      () => beat.advanced(),
    );
    this.#jobs = [...this.#jobs, job];
    void job.run();
  }

  #ended({ plan, state }: SaveJob): void {
    if (state.kind === 'done') this.#news = `Saved “${plan.title}”.`;
    if (state.kind === 'failed') this.#news = `“${plan.title}” was not saved. ${state.message}`;
    if (state.kind === 'cancelled') this.#news = `Saving “${plan.title}” was cancelled.`;
  }

  /** Asks first: an error would take the place of this page. */
  async #download(url: string): Promise<void> {
    const { platform, toasts } = this.#deps;
    const head = await platform.head(url);
    if (head.ok) return platform.download(url);
    const message = 'Rill could not read it just now. Reload the page, then save it again.';
    toasts.show({ tone: 'bad', message });
  }
}
