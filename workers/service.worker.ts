/** The service worker: connects the HTTP server in `service/` to the platform. */
import { LEADER_CHANNEL } from './contract/broker.ts';
import { BUILD_VERSION } from './contract/version.ts';
import { Broker } from './service/broker.ts';
import { BytePull } from './service/byte-pull.ts';
import { EnginePort } from './service/engine-port.ts';
import { answerFetch } from './service/answer-fetch.ts';
import { createLocalApi } from './service/local-api.ts';
import { receiveMessage } from './service/receive-message.ts';
import { answerFromShell, installShell, type ShellManifest } from './service/shell-cache.ts';
import { createSaveHandler } from './service/save.ts';
import { answerStoredFile } from './service/stored-file.ts';
import { createStreamHandler } from './service/stream.ts';

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST?: ShellManifest };

installShell(self.__WB_MANIFEST);

const aliveLock = `rill-service-${crypto.randomUUID()}`;
void navigator.locks.request(aliveLock, () => new Promise<never>(() => undefined));
const broker = new Broker({
  locks: navigator.locks,
  aliveLock,
  pages: () => self.clients.matchAll({ type: 'window', includeUncontrolled: true }),
});
const engine = new EnginePort(broker, BUILD_VERSION);
const sources = { engine, openRoot: () => navigator.storage.getDirectory() };
const handlers = {
  scope: self.registration.scope,
  stream: createStreamHandler(sources),
  save: createSaveHandler(sources),
  api: createLocalApi(engine),
  shell: answerFromShell,
};

new BroadcastChannel(LEADER_CHANNEL).addEventListener('message', () => {
  engine.drop();
  BytePull.breakAll();
  void broker.askAgain();
});
self.addEventListener('fetch', (event) => answerFetch(event, handlers));
self.addEventListener('message', (event) =>
  receiveMessage(event, broker, () => self.skipWaiting()),
);
self.addEventListener('message', (event) => answerStoredFile(event, sources.openRoot));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
