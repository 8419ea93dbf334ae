import { ok, type RillError } from '../../workers/contract/errors.ts';
import type { Settings } from '../../workers/contract/settings.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';

/** The engine's settings as a page edits them. Each change is sent at once; whether it is good is for the engine to say. */
export class EngineSettings {
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
  errorOf(field: keyof Settings, label: string): string | null {
    return this.#error?.field === field ? this.#error.message.replace(field, label) : null;
  }

  /** What went wrong and belongs to no setting. */
  get failure(): string | null {
    return this.#error && this.#error.field === undefined ? this.#error.message : null;
  }

  /** NaN for what is no number: the engine says what it should be. */
  async set<Field extends keyof Settings>(field: Field, value: Settings[Field]): Promise<void> {
    this.#saved = null;
    const result = await this.#engine.call((engine) => engine.changeSettings({ [field]: value }));
    this.#error = result.ok ? null : result.error;
    if (!result.ok) return;
    this.#settings = result.value;
    this.#saved = field;
  }

  async #load(): Promise<void> {
    const result = await this.#engine.call(async (engine) => ok(await engine.settings()));
    if (result.ok) this.#settings = result.value;
    else this.#error = result.error;
  }
}
