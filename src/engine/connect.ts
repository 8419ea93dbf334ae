/**
 * Keeps this tab connected to the one engine of the origin, wherever it runs; the only file of the page that imports comlink.
 *
 *   follower ──(gets a port from the leader through the service worker)──► ready
 *      │  ▲     └──(is told that the leader's engine could not start)──► failed
 *      │  └── leader-changed or engine-failed, from ready or failed: asks again
 *      └──(the lock becomes ours)──► leader: starts the engine here ──► ready or failed
 */
import * as Comlink from 'comlink';
import {
  LEADER_CHANNEL,
  toBrokerMessage,
  type BrokerMessage,
  type LeaderMessage,
} from '../../workers/contract/broker.ts';
import { fail, type RillError } from '../../workers/contract/errors.ts';
import { BUILD_VERSION } from '../../workers/contract/version.ts';
import type { Connect, ConnectionHandlers, RemoteEngine } from './connection.ts';
import { EngineHost } from './engine-host.ts';
import { watchLifecycle } from './page-lifecycle.ts';
import { holdAliveLock, isLed, whenLeading } from './tab-lock.ts';

/** A follower that got no port in this time asks again: the leader may have been starting. */
const ASK_AGAIN_MS = 5_000;
/** After this many questions with no answer the person is told; the asking goes on. */
const PATIENCE = 6;

export const connectEngine: Connect = (handlers) => {
  handlers.onState({ kind: 'starting' });
  new Connection(handlers).begin();
};

type PortWanted = Extract<BrokerMessage, { kind: 'engine-port-wanted' }>;

class Connection {
  readonly #aliveLock = holdAliveLock();
  readonly #leaders = new BroadcastChannel(LEADER_CHANNEL);
  #host: EngineHost | null = null;
  /** Why the engine of this tab, which leads, could not start: what is said to everyone who asks for it. */
  #startFailure: RillError | null = null;
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
    // Any tab may say it: the engine does nothing when there is nothing to do.
    const handlers = {
      checkpoint: () => void this.#remote?.checkpoint(),
      wake: () => void this.#remote?.wake(),
    };
    watchLifecycle(handlers, { document, window, now: Date.now });
  }

  async #lead(): Promise<void> {
    clearTimeout(this.#askTimer);
    this.#remote = null;
    this.handlers.onState({ kind: 'starting' });
    this.#host = new EngineHost();
    this.#tell('leader-changed');
    const ready = await this.#host.ready();
    if (!ready.ok) {
      this.#startFailure = ready.error;
      this.#tell('engine-failed');
      return this.#failed(ready.error);
    }
    await this.#use(this.#host.connect(), 'leader');
  }

  #ask(): void {
    this.#remote = null;
    // Only a service worker can reach the other tab (private windows may have none).
    if (!navigator.serviceWorker) return this.#failed(runsElsewhere());
    this.handlers.onState({ kind: 'starting' });
    this.#askOnce(PATIENCE);
  }

  /** Asks the service worker to bring a port from the leading tab; asks again until it does. */
  #askOnce(patience: number): void {
    clearTimeout(this.#askTimer);
    this.#requestId = crypto.randomUUID();
    const wanted: BrokerMessage = {
      kind: 'engine-wanted',
      requestId: this.#requestId,
      aliveLock: this.#aliveLock,
    };
    // Not `controller`: a page that was reloaded past the service worker has none.
    void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage(wanted));
    this.#askTimer = setTimeout(() => {
      if (this.#remote || this.#host) return;
      if (patience === 1) this.#failed(runsElsewhere());
      this.#askOnce(patience - 1);
    }, ASK_AGAIN_MS);
  }

  #onBroker({ data, source }: MessageEvent<unknown>): void {
    const message = toBrokerMessage(data);
    if (!message) return;
    const isOurs = 'requestId' in message && message.requestId === this.#requestId && !this.#host;
    switch (message.kind) {
      case 'engine-port-wanted':
        if (this.#host) this.#answer(message, this.#host, source as ServiceWorker);
        return;
      case 'engine-port':
        if (!isOurs) return message.port.close();
        clearTimeout(this.#askTimer);
        return void this.#use(message.port, 'follower');
      case 'engine-failed':
        if (!isOurs) return;
        clearTimeout(this.#askTimer);
        return this.#failed(message.error);
    }
  }

  #answer(
    { requestId, aliveLock, origin }: PortWanted,
    host: EngineHost,
    asker: ServiceWorker,
  ): void {
    if (this.#startFailure) {
      const answer: BrokerMessage = { kind: 'engine-failed', requestId, error: this.#startFailure };
      return asker.postMessage(answer);
    }
    const port = host.connect(aliveLock, origin);
    const answer: BrokerMessage = { kind: 'engine-port', requestId, port };
    asker.postMessage(answer, [port]);
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

  #tell(kind: LeaderMessage['kind']): void {
    this.#leaders.postMessage({ kind } satisfies LeaderMessage);
  }

  #failed(error: RillError): void {
    this.handlers.onState({ kind: 'failed', error });
  }
}

function runsElsewhere(): RillError {
  const message =
    'Rill runs in another tab, and this one cannot reach it. ' +
    'Use that tab, or close it: this one then goes on by itself.';
  return fail('engine-starting', message).error;
}
