/**
 * Keeps this tab connected to the one engine of the origin, wherever it runs; the only file of the page that imports comlink.
 *
 *   follower ──(gets a port from the leader through the service worker)──► ready
 *      │  ▲── leader-changed: asks again
 *      └──(the lock becomes ours)──► leader: starts the engine here ──► ready
 */
import * as Comlink from 'comlink';
import {
  LEADER_CHANNEL,
  toBrokerMessage,
  type BrokerMessage,
  type LeaderMessage,
} from '../../workers/contract/broker.ts';
import type { RillError } from '../../workers/contract/errors.ts';
import { BUILD_VERSION } from '../../workers/contract/version.ts';
import type { Connect, ConnectionHandlers, RemoteEngine } from './connection.ts';
import { EngineHost } from './engine-host.ts';
import { holdAliveLock, isLed, whenLeading } from './tab-lock.ts';

/** A follower that got no port in this time asks again: the leader may have been starting. */
const ASK_AGAIN_MS = 5_000;

export const connectEngine: Connect = (handlers) => {
  handlers.onState({ kind: 'starting' });
  new Connection(handlers).begin();
};

class Connection {
  readonly #aliveLock = holdAliveLock();
  readonly #leaders = new BroadcastChannel(LEADER_CHANNEL);
  #host: EngineHost | null = null;
  #remote: RemoteEngine | null = null;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #requestId = '';

  constructor(readonly handlers: ConnectionHandlers) {}

  begin(): void {
    navigator.serviceWorker?.addEventListener('message', (event) => this.#onBroker(event));
    navigator.serviceWorker?.startMessages();
    this.#leaders.onmessage = () => {
      if (!this.#host) this.#ask();
    };
    whenLeading(() => void this.#lead());
    void isLed().then((led) => {
      if (led && !this.#host) this.#ask();
    });
    // What is verified must survive the tab: a hidden page may be frozen or killed without another word.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') void this.#remote?.checkpoint();
    });
  }

  async #lead(): Promise<void> {
    clearTimeout(this.#askTimer);
    this.#remote = null;
    this.handlers.onState({ kind: 'starting' });
    this.#host = new EngineHost();
    this.#leaders.postMessage({ kind: 'leader-changed' } satisfies LeaderMessage);
    const ready = await this.#host.ready();
    if (!ready.ok) return this.#failed(ready.error);
    await this.#use(this.#host.connect(), 'leader');
  }

  /** Asks the service worker to bring a port from the leading tab; asks again until it does. */
  #ask(): void {
    clearTimeout(this.#askTimer);
    this.#remote = null;
    this.handlers.onState({ kind: 'starting' });
    this.#requestId = crypto.randomUUID();
    const wanted: BrokerMessage = {
      kind: 'engine-wanted',
      requestId: this.#requestId,
      aliveLock: this.#aliveLock,
    };
    // Not `controller`: a page that was reloaded past the service worker has none.
    void navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage(wanted));
    this.#askTimer = setTimeout(() => {
      if (!this.#remote && !this.#host) this.#ask();
    }, ASK_AGAIN_MS);
  }

  #onBroker({ data, source }: MessageEvent<unknown>): void {
    const message = toBrokerMessage(data);
    if (message?.kind === 'engine-port-wanted' && this.#host) {
      const port = this.#host.connect(message.aliveLock);
      const answer: BrokerMessage = { kind: 'engine-port', requestId: message.requestId, port };
      (source as ServiceWorker).postMessage(answer, [port]);
    }
    if (message?.kind !== 'engine-port') return;
    if (message.requestId !== this.#requestId || this.#host) return message.port.close();
    clearTimeout(this.#askTimer);
    void this.#use(message.port, 'follower');
  }

  async #use(port: MessagePort, role: 'leader' | 'follower'): Promise<void> {
    // Comlink's own type wraps each answer in a Promise once more than there are.
    const remote = Comlink.wrap(port) as unknown as RemoteEngine;
    const hello = await remote.hello(BUILD_VERSION);
    if (!hello.ok) return this.#failed(hello.error);
    this.#remote = remote;
    this.handlers.onState({ kind: 'ready', engine: remote, role });
    await remote.watch(Comlink.proxy((snapshot) => this.handlers.onSnapshot(snapshot)));
  }

  #failed(error: RillError): void {
    this.handlers.onState({ kind: 'failed', error });
  }
}
