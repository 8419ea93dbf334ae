import type { Result, RillError } from '../../workers/contract/errors.ts';
import type { RemoteEngine } from '../engine/connection.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';
import type { Later } from '../ui/later.ts';

const MIN_INTERVAL_MS = 1_000;

/** Keeps figures fresh while a person can see them: `ask` is asked with a snapshot, once a second at most. */
export class StatisticsWatch<T> {
  #newest = $state.raw<T | null>(null);
  #error = $state.raw<RillError | null>(null);
  readonly #engine: Pick<EngineClient, 'call' | 'onSnapshot'>;
  readonly #ask: (engine: RemoteEngine) => Promise<Result<T>>;
  readonly #later: Later;
  readonly #isHidden: () => boolean;
  readonly #stopWatching: () => void;
  #stopTimer: () => void = () => {};
  #isResting = false;
  #isStopped = false;

  constructor(
    engine: Pick<EngineClient, 'call' | 'onSnapshot'>,
    ask: (engine: RemoteEngine) => Promise<Result<T>>,
    later: Later,
    isHidden: () => boolean = () => document.hidden,
  ) {
    this.#engine = engine;
    this.#ask = ask;
    this.#later = later;
    this.#isHidden = isHidden;
    // The engine makes a snapshot every second, also when nothing moves.
    this.#stopWatching = engine.onSnapshot(() => this.refresh());
    this.refresh();
  }

  get newest(): T | null {
    return this.#newest;
  }

  /** Why there is nothing newer; what was there stays. */
  get error(): RillError | null {
    return this.#error;
  }

  refresh(): void {
    if (!this.#isResting && !this.#isHidden()) void this.#fetch();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopWatching();
    this.#stopTimer();
  }

  async #fetch(): Promise<void> {
    this.#isResting = true;
    const result = await this.#engine.call(this.#ask);
    if (this.#isStopped) return;
    if (result.ok) this.#newest = result.value;
    this.#error = result.ok ? null : result.error;
    this.#stopTimer = this.#later(MIN_INTERVAL_MS, () => (this.#isResting = false));
  }
}
