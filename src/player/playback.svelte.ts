import { errorOf } from '../engine/error-of.ts';
import type { Later } from '../ui/later.ts';
import { judge, retryDelayMs, type Probe } from './retry.ts';

export type PlaybackState =
  | { readonly kind: 'playing' }
  | { readonly kind: 'retrying'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string; readonly canSave: boolean };

export interface PlaybackDeps {
  readonly probe: () => Promise<Probe>;
  /** Whether something is known that keeps the rest from coming. */
  readonly isHindered: () => boolean;
  /** Loads the media again, at the place it was. */
  readonly reload: () => void;
  readonly later: Later;
}

/** Brings a media element back after a failure: asks the stream why, waits longer each time, and says so. */
export class Playback {
  readonly #deps: PlaybackDeps;
  #state = $state.raw<PlaybackState>({ kind: 'playing' });
  #attempt = 0;
  #stopTimer: () => void = () => {};
  #isStopped = false;

  constructor(deps: PlaybackDeps) {
    this.#deps = deps;
  }

  get state(): PlaybackState {
    return this.#state;
  }

  /** The element failed. */
  async failed(): Promise<void> {
    const probe = await this.#deps.probe();
    if (this.#isStopped) return;
    const verdict = judge(probe, this.#attempt, this.#deps.isHindered());
    if (verdict.kind === 'give-up') {
      this.#state = { kind: 'failed', message: verdict.message, canSave: verdict.canSave };
      return;
    }
    this.#state = { kind: 'retrying', message: verdict.message };
    this.#stopTimer();
    this.#stopTimer = this.#deps.later(retryDelayMs(this.#attempt), () => this.#deps.reload());
    this.#attempt += 1;
  }

  /** The element moves on: what was wrong is over. */
  advanced(): void {
    this.#attempt = 0;
    if (this.#state.kind !== 'playing') this.#state = { kind: 'playing' };
  }

  /** What kept the rest from coming is over: it is tried at once. */
  freed(): void {
    if (this.#state.kind === 'retrying') this.again();
  }

  /** The person asks to try again. */
  again(): void {
    this.#stopTimer();
    this.#attempt = 0;
    this.#state = { kind: 'retrying', message: 'Trying again…' };
    this.#deps.reload();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }
}

/** Asks the stream for its first byte, to learn why a media element failed: the element itself does not say. */
export async function probeStream(url: string): Promise<Probe> {
  try {
    const response = await fetch(url, {
      headers: { range: 'bytes=0-0' },
      signal: AbortSignal.timeout(8_000),
    });
    const { status } = response;
    if (status >= 400) return { status, error: await errorOf(response) };
    await response.body?.cancel();
    return { status, error: null };
  } catch {
    return null;
  }
}
