import type { EngineClient } from './engine-client.svelte.ts';

/** Well below the shortest time after which a torrent counts as unused. */
const PERIOD_MS = 20_000;

/**
 * Tells the engine, now and then while something moves on, that a person plays it or saves it: what is finished comes from the
 * service worker, and the engine does not see it used.
 */
export class UseBeat {
  readonly #engine: Pick<EngineClient, 'call'>;
  readonly #infoHash: string;
  readonly #nowMs: () => number;
  #toldMs = -Infinity;

  constructor(
    engine: Pick<EngineClient, 'call'>,
    infoHash: string,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#engine = engine;
    this.#infoHash = infoHash;
    this.#nowMs = nowMs;
  }

  /** It moves on. What cannot be told now is told with the next beat. */
  advanced(): void {
    if (this.#nowMs() - this.#toldMs < PERIOD_MS) return;
    this.#toldMs = this.#nowMs();
    void this.#engine.call((engine) => engine.played(this.#infoHash));
  }
}
