import type { TorrentChange } from '../../workers/contract/engine.ts';
import type { RillError } from '../../workers/contract/errors.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';

/** What a person sets for one torrent. Each change is sent at once; whether it is good is for the engine to say. */
export class OwnSettings {
  readonly #engine: Pick<EngineClient, 'call'>;
  readonly #infoHash: string;
  #error = $state.raw<RillError | null>(null);

  constructor(engine: Pick<EngineClient, 'call'>, infoHash: string) {
    this.#engine = engine;
    this.#infoHash = infoHash;
  }

  /** What is wrong with the field that was changed last (`limits.uploadBps`, `addTrackers`), in the words of a person. */
  errorOf(field: string): string | null {
    if (this.#error?.field !== field) return null;
    const { message } = this.#error;
    const words = message.startsWith(field)
      ? message.slice(field.length).replace(/^:? /, '')
      : message;
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  /** What went wrong and belongs to no field. */
  get failure(): string | null {
    return this.#error && this.#error.field === undefined ? this.#error.message : null;
  }

  /** Returns whether the engine took it. */
  async change(change: TorrentChange): Promise<boolean> {
    const result = await this.#engine.call((engine) => engine.change(this.#infoHash, change));
    this.#error = result.ok ? null : result.error;
    return result.ok;
  }

  async reannounce(): Promise<void> {
    const result = await this.#engine.call((engine) => engine.reannounce(this.#infoHash));
    this.#error = result.ok ? null : result.error;
  }
}
