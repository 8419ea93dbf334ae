/** What the leading tab has and the others have not: the engine worker, and the host of its peer connections. */
import type { Origin } from '../../workers/contract/cooldown.ts';
import type { WorkerMessage, WorkerReply } from '../../workers/contract/engine.ts';
import { fail, type Result, ok } from '../../workers/contract/errors.ts';
import { BUILD_VERSION } from '../../workers/contract/version.ts';
import { followMetered } from './metered.ts';
import { RtcHost, type RtcHostOptions } from './rtc-host.ts';
import engineUrl from '../../workers/engine.worker.ts?worker&url';

export class EngineHost {
  readonly rtc: RtcHost;
  readonly #worker: Worker;

  constructor(options: RtcHostOptions = { canTransfer: true }) {
    const url = new URL(engineUrl, import.meta.url).href;
    this.#worker = new Worker(url, { type: 'module', name: 'rill-engine' });
    const { port1, port2 } = new MessageChannel();
    this.rtc = new RtcHost(port1, options);
    const baseUrl = new URL('./', document.baseURI).href;
    this.#post({ kind: 'start', buildVersion: BUILD_VERSION, baseUrl, rtcPort: port2 }, [port2]);
    const sayNetwork = () => this.#post({ kind: 'network', isOnline: navigator.onLine }, []);
    window.addEventListener('online', sayNetwork);
    window.addEventListener('offline', sayNetwork);
    followMetered((isMetered) => this.#post({ kind: 'metered', isMetered }, []));
  }

  /** Resolves when the engine has restored what was there, or with the reason why it cannot run here. */
  ready(): Promise<Result<null>> {
    return new Promise((resolve) => {
      this.#worker.addEventListener('message', ({ data }: MessageEvent<WorkerReply>) =>
        resolve(data.kind === 'ready' ? ok(null) : { ok: false, error: data.error }),
      );
      this.#worker.addEventListener('error', ({ message }) =>
        resolve(fail('unexpected', `The engine could not start: ${message}. Reload the page.`)),
      );
    });
  }

  /** A fresh port that serves the commands of `origin`; they wait until the engine is ready. */
  connect(aliveLock?: string, origin: Origin = 'person'): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const message: WorkerMessage = { kind: 'connect', port: port1, origin };
    this.#post(aliveLock ? { ...message, aliveLock } : message, [port1]);
    return port2;
  }

  #post(message: WorkerMessage, transfer: Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }
}
