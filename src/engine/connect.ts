/**
 * Keeps this tab connected to the one engine of the origin, wherever it runs; the only file of the page that imports comlink.
 *
 *   follower ──(gets a port from the leader through the service worker)──► ready
 *      │  ▲     └──(is told that the leader's engine could not start)──► failed
 *      │  └── leader-changed or engine-failed, from ready or failed: asks again
 *      └──(the lock becomes ours)──► leader: starts the engine here ──► ready or failed
 *                                       ▲                                  │
 *                                       └── the engine hangs or fails ◄────┘ (three times in five minutes: failed)
 *
 * A tab that follows and hears nothing for long asks again. It does not take the lead from a tab that is frozen: that one's
 * engine keeps its files open and would go on beside ours.
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
import type { SnapshotUpdate } from '../../workers/contract/snapshot.ts';
import { AssembledSnapshot } from './assembled-snapshot.ts';
import type { Connect, ConnectionHandlers, RemoteEngine } from './connection.ts';
import { EngineHost } from './engine-host.ts';
import { watchLifecycle } from './page-lifecycle.ts';
import { holdAliveLock, isLed, whenLeading } from './tab-lock.ts';
import { OTHER_TAB_PATIENCE_MS, RestartBudget, TICK_MS, Watchdog } from './watchdog.ts';

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
  readonly #restarts = new RestartBudget();
  /** The app ran in another tab while this one was open. */
  #hasFollowed = false;
  #remote: RemoteEngine | null = null;
  /** Lets go of the port in use. */
  #leave: () => void = () => undefined;
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

  /** @param restartedBecause what became of the engine that ran here before */
  async #lead(restartedBecause?: string): Promise<void> {
    clearTimeout(this.#askTimer);
    this.#forget();
    this.handlers.onState({ kind: 'starting' });
    const host = new EngineHost({
      isTakeover: this.#hasFollowed,
      ...(restartedBecause !== undefined && { restartedBecause }),
    });
    this.#host = host;
    const nowMs = performance.now();
    const watchdog = new Watchdog(this.#restarts.patienceMs(nowMs), nowMs);
    host.watch(watchdog, (because) => this.#restart(host, because));
    this.#tell('leader-changed');
    const ready = await host.ready();
    if (!ready.ok) return this.#cannotLead(ready.error);
    await this.#use(host.connect(), 'leader');
  }

  /** The engine of this tab is dead or as good as that: another one goes on with what is stored. */
  #restart(host: EngineHost, because: string): void {
    host.end();
    console.warn(`[rill] the engine ${because}`);
    if (this.#restarts.take(performance.now())) return void this.#lead(because);
    const message =
      `Rill’s engine ${because}, for the fourth time within five minutes. Reload the page; if it happens again, ` +
      'close other tabs and programs that need much memory, or remove the torrent you added last.';
    this.#cannotLead(fail('unexpected', message).error);
  }

  #cannotLead(error: RillError): void {
    this.#forget();
    this.#host?.end();
    this.#startFailure = error;
    this.#tell('engine-failed');
    this.#failed(error);
  }

  #forget(): void {
    this.#remote = null;
    this.#leave();
  }

  #ask(): void {
    this.#forget();
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
    this.#leave();
    if (role === 'follower') this.#hasFollowed = true;
    const heard = role === 'follower' ? this.#listen() : null;
    this.#leave = () => {
      heard?.stop();
      port.close();
    };
    // Comlink's own type wraps each answer in a Promise once more than there are.
    const remote = Comlink.wrap(port) as unknown as RemoteEngine;
    const hello = await remote.hello(BUILD_VERSION);
    if (!hello.ok) {
      this.#leave();
      return this.#failed(hello.error);
    }
    this.#remote = remote;
    this.handlers.onState({ kind: 'ready', engine: remote, role });
    const assembled = new AssembledSnapshot();
    const listener = (update: SnapshotUpdate) => {
      heard?.beat();
      if (this.#remote === remote) this.handlers.onSnapshot(assembled.next(update));
    };
    await remote.watch(Comlink.proxy(listener));
  }

  /** A snapshot comes each second from an engine that lives and is not frozen with its tab. */
  #listen(): { beat(): void; stop(): void } {
    const watchdog = new Watchdog(OTHER_TAB_PATIENCE_MS, performance.now());
    watchdog.beat();
    const timer = setInterval(() => {
      if (watchdog.tick(performance.now())) this.#ask();
    }, TICK_MS);
    return { beat: () => watchdog.beat(), stop: () => clearInterval(timer) };
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
    'Rill runs in another tab, and this one cannot reach it. The browser may have put it to sleep: ' +
    'open that tab, or close it, and this one goes on by itself.';
  return fail('engine-starting', message).error;
}
