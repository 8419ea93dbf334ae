import { ok, type RillError } from '../../workers/contract/errors.ts';
import type { Settings } from '../../workers/contract/settings.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';

const MEBIBYTE = 1024 * 1024;

export type SizeField = 'writeQueueBytes' | 'readCacheBytes';

export const SIZE_FIELDS = [
  {
    field: 'writeQueueBytes',
    label: 'Write queue',
    hint: 'Verified data that may wait for the disk. 1\u00a0to\u00a0512\u00a0MiB.',
    minMiB: 1,
    maxMiB: 512,
  },
  {
    field: 'readCacheBytes',
    label: 'Read cache',
    hint: 'Stored data kept at hand for sharing and playing. 0\u00a0to\u00a0512\u00a0MiB.',
    minMiB: 0,
    maxMiB: 512,
  },
] as const satisfies readonly { field: SizeField; [fact: string]: unknown }[];

/** The settings of storage. Each change is sent at once; whether it is good is for the engine to say. */
export class StorageSettings {
  readonly #engine: Pick<EngineClient, 'call'>;
  #settings = $state.raw<Settings | null>(null);
  #error = $state.raw<RillError | null>(null);
  #saved = $state.raw<keyof Settings | null>(null);

  constructor(engine: Pick<EngineClient, 'call'>) {
    this.#engine = engine;
    void this.#load();
  }

  /** `null` until the engine has told them. */
  get current(): Settings | null {
    return this.#settings;
  }

  /** The setting that was changed last, when it was taken. */
  get saved(): keyof Settings | null {
    return this.#saved;
  }

  /** What is wrong with the setting, with its name as a person reads it. */
  errorOf(field: keyof Settings): string | null {
    if (this.#error?.field !== field) return null;
    const label = SIZE_FIELDS.find((size) => size.field === field)?.label ?? field;
    return this.#error.message.replace(field, label);
  }

  /** What went wrong and belongs to no setting. */
  get failure(): string | null {
    return this.#error && this.#error.field === undefined ? this.#error.message : null;
  }

  setVerifyOnResume(verifyOnResume: boolean): Promise<void> {
    return this.#change('verifyOnResume', { verifyOnResume });
  }

  /** @param mebibytes NaN for what is no number: the engine says what it should be. */
  setSize(field: SizeField, mebibytes: number): Promise<void> {
    return this.#change(field, { [field]: Math.round(mebibytes * MEBIBYTE) });
  }

  sizeMiB(field: SizeField): number {
    return (this.#settings?.[field] ?? 0) / MEBIBYTE;
  }

  async #load(): Promise<void> {
    const result = await this.#engine.call(async (engine) => ok(await engine.settings()));
    if (result.ok) this.#settings = result.value;
    else this.#error = result.error;
  }

  async #change(field: keyof Settings, patch: Partial<Settings>): Promise<void> {
    this.#saved = null;
    const result = await this.#engine.call((engine) => engine.changeSettings(patch));
    this.#error = result.ok ? null : result.error;
    if (!result.ok) return;
    this.#settings = result.value;
    this.#saved = field;
  }
}
