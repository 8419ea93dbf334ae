/** What the leading tab has and the others have not: the engine worker, and the host of its peer connections. */
import type { Origin } from '../../workers/contract/cooldown.ts';
import type { EngineBefore, WorkerMessage, WorkerReply } from '../../workers/contract/engine.ts';
import { fail, type Result, ok } from '../../workers/contract/errors.ts';
import { BUILD_VERSION } from '../../workers/contract/version.ts';
import { followMetered } from './metered.ts';
import { RtcHost } from './rtc-host.ts';
import { TICK_MS, type Watchdog } from './watchdog.ts';
import engineUrl from '../../workers/engine.worker.ts?worker&url';

export class EngineHost {
  readonly #rtc: RtcHost;
  readonly #worker: Worker;
  readonly #ended = new AbortController();
  #isReady = false;

  constructor(before: EngineBefore) {
    const url = new URL(engineUrl, import.meta.url).href;
    this.#worker = new Worker(url, { type: 'module', name: 'rill-engine' });
    const { port1, port2 } = new MessageChannel();
    this.#rtc = new RtcHost(port1, { canTransfer: true });
    this.#post(
      {
        kind: 'start',
        buildVersion: BUILD_VERSION,
        baseUrl: new URL('./', document.baseURI).href,
        rtcPort: port2,
        ...before,
      },
      [port2],
    );
    const sayNetwork = () => this.#post({ kind: 'network', isOnline: navigator.onLine }, []);
    const { signal } = this.#ended;
    window.addEventListener('online', sayNetwork, { signal });
    window.addEventListener('offline', sayNetwork, { signal });
    followMetered((isMetered) => this.#post({ kind: 'metered', isMetered }, []), signal);
  }

  /** Resolves when the engine has restored what was there, or with the reason why it cannot run here. */
  ready(): Promise<Result<null>> {
    return new Promise((resolve) => {
      this.#on('message', ({ data }: MessageEvent<WorkerReply>) => {
        if (data.kind === 'beat') return;
        this.#isReady = data.kind === 'ready';
        resolve(data.kind === 'ready' ? ok(null) : { ok: false, error: data.error });
      });
      this.#on('error', ({ message }: ErrorEvent) =>
        resolve(fail('unexpected', `The engine could not start: ${message}. Reload the page.`)),
      );
    });
  }

  /**
   * Calls back when the engine is of no more use, with what happened: it stopped beating, an exception ended one of its
   * tasks half-way, or nobody can read what it says. One that cannot even start is `ready`'s to tell.
   */
  watch(watchdog: Watchdog, onDead: (because: string) => void): void {
    this.#on('message', () => watchdog.beat());
    this.#on('error', ({ message }: ErrorEvent) => {
      if (this.#isReady) onDead(`failed (${message})`);
    });
    this.#on('messageerror', () => onDead('sent what could not be read'));
    const timer = setInterval(() => {
      if (watchdog.tick(performance.now())) onDead('stopped answering');
    }, TICK_MS);
    this.#ended.signal.addEventListener('abort', () => clearInterval(timer));
  }

  /** A fresh port that serves the commands of `origin`; they wait until the engine is ready. */
  connect(aliveLock?: string, origin: Origin = 'person'): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const message: WorkerMessage = { kind: 'connect', port: port1, origin };
    this.#post(aliveLock ? { ...message, aliveLock } : message, [port1]);
    return port2;
  }

  /** Ends the worker, whatever it does, and every connection it had. Nothing calls back any more. */
  end(): void {
    this.#ended.abort();
    this.#worker.terminate();
    this.#rtc.close();
  }

  #on<Kind extends 'message' | 'messageerror' | 'error'>(
    kind: Kind,
    listener: (event: WorkerEventMap[Kind]) => void,
  ): void {
    this.#worker.addEventListener(kind, listener, { signal: this.#ended.signal });
  }

  #post(message: WorkerMessage, transfer: Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }
}
