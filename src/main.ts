import { mount } from 'svelte';
import AppView from './App.svelte';
import { contextOf, createApp, fetchSample } from './app.ts';
import { launchText } from './add/launch.ts';
import { connectEngine } from './engine/connect.ts';
import type { RemoteEngine } from './engine/connection.ts';
import { registerServiceWorker } from './engine/service-worker.ts';
import { streamsReady } from './player/streams-ready.ts';
import './styles/tokens.css';
import './styles/base.css';
import { later } from './ui/later.ts';

declare global {
  /** For the curious and for scripts: the same engine the page talks to, wherever it runs now. */
  var rill: Promise<RemoteEngine>;
  interface Window {
    readonly launchQueue?: {
      setConsumer(
        consumer: (launch: { readonly files: readonly FileSystemFileHandle[] }) => void,
      ): void;
    };
  }
}

const link = launchText(new URL(location.href));
if (link !== null) {
  // The link is in our hands now: a reload must not offer it again, and the router must not see it.
  const clean = new URL(location.href);
  clean.search = '';
  clean.hash = '#/';
  history.replaceState(null, '', clean);
}

const app = createApp({
  connect: connectEngine,
  window,
  later,
  streamsReady,
  fetchSample,
  askToPersist: async () => (await navigator.storage?.persist?.()) ?? null,
  copyText: (text) => navigator.clipboard.writeText(text),
});

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
mount(AppView, { target, context: contextOf(app) });

// Asked for anew each time: the engine may have moved to another tab since.
Object.defineProperty(globalThis, 'rill', { get: currentEngine });

function currentEngine(): Promise<RemoteEngine> {
  const engine = app.engine.remote().then((remote) => {
    if (remote.ok) return remote.value;
    throw new Error(remote.error.message);
  });
  engine.catch(() => {}); // The page shows it; a script that asks still gets the rejection.
  return engine;
}

if (link !== null) app.add.offer({ text: link });
window.addEventListener('hashchange', () => {
  const text = launchText(new URL(`#${location.hash.slice(1)}`, document.baseURI));
  if (text === null) return;
  app.router.replace({ kind: 'library' });
  app.add.offer({ text });
});
window.launchQueue?.setConsumer(async ({ files }) => {
  const [first] = files;
  if (first) app.add.offer({ file: await first.getFile() });
});

registerServiceWorker((apply) =>
  app.toasts.show({
    tone: 'info',
    message: 'A new version of Rill is ready.',
    action: { label: 'Reload', run: apply },
  }),
);
