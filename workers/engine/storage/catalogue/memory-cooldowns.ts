/** Failures are remembered until the engine ends, where nothing can be kept. */
import type { CooldownRecord, CooldownStore } from '../../model/cooldown-store.ts';

export class MemoryCooldowns implements CooldownStore {
  #records: readonly CooldownRecord[] = [];

  async read(): Promise<readonly CooldownRecord[]> {
    return this.#records;
  }

  async save(records: readonly CooldownRecord[]): Promise<void> {
    this.#records = structuredClone(records);
  }
}
