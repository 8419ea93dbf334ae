import type { RillError } from '../../workers/contract/errors.ts';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';
import type { Later } from '../ui/later.ts';

const MIN_INTERVAL_MS = 1_000;

/** Keeps one torrent's detail fresh: asked for again when a snapshot arrives, once a second at most. */
export class DetailWatch {
  #detail = $state.raw<TorrentDetail | null>(null);
  #error = $state.raw<RillError | null>(null);
  readonly #engine: Pick<EngineClient, 'call' | 'onSnapshot'>;
  readonly #infoHash: string;
  readonly #later: Later;
  readonly #stopWatching: () => void;
  #stopTimer: () => void = () => {};
  #isResting = false;
  #isStale = false;
  #isStopped = false;

  constructor(engine: Pick<EngineClient, 'call' | 'onSnapshot'>, infoHash: string, later: Later) {
    this.#engine = engine;
    this.#infoHash = infoHash;
    this.#later = later;
    this.#stopWatching = engine.onSnapshot(() => this.refresh());
    this.refresh();
  }

  get detail(): TorrentDetail | null {
    return this.#detail;
  }

  /** Why there is no detail; the last one stays while a later question fails. */
  get error(): RillError | null {
    return this.#error;
  }

  refresh(): void {
    if (this.#isResting) this.#isStale = true;
    else void this.#fetch();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopWatching();
    this.#stopTimer();
  }

  async #fetch(): Promise<void> {
    this.#isResting = true;
    this.#isStale = false;
    const result = await this.#engine.call((engine) => engine.torrent(this.#infoHash));
    if (this.#isStopped) return;
    if (result.ok) this.#detail = result.value;
    this.#error = result.ok ? null : result.error;
    if (!result.ok && result.error.kind === 'unknown-torrent') this.#detail = null;
    this.#stopTimer = this.#later(MIN_INTERVAL_MS, () => {
      this.#isResting = false;
      if (this.#isStale) void this.#fetch();
    });
  }
}
