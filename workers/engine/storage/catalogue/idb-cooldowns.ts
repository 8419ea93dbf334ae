/**
 * Failures in IndexedDB: one small record, each entry of it checked. It is no part of the library and in no backup: what is lost
 * of it costs one try too early. So a database that fails, or does not open, is logged and waited for no longer.
 */
import { get, set, type UseStore } from 'idb-keyval';
import {
  readCooldowns,
  type CooldownRecord,
  type CooldownStore,
} from '../../model/cooldown-store.ts';
import type { Deps } from '../../model/deps.ts';
import { openIdbStore, type OpenStore } from './open-databases.ts';

const KEY = 'cooldowns';
const VERSION = 1;
/** The engine starts without it then. */
const PATIENCE_MS = 3_000;

export interface IdbCooldownsDeps {
  readonly log: Deps['log'];
  readonly clock: Pick<Deps['clock'], 'after'>;
  readonly openStore?: OpenStore;
}

export class IdbCooldowns implements CooldownStore {
  readonly #deps: IdbCooldownsDeps;
  readonly #store: UseStore;
  /** Writes follow one another: the last list is the one that stays. */
  #turn: Promise<void> = Promise.resolve();

  /** `prefix` begins the name of the database. */
  constructor(deps: IdbCooldownsDeps, prefix = 'rill') {
    this.#deps = deps;
    this.#store = (deps.openStore ?? openIdbStore)(`${prefix}-cooldowns`, 'cooldowns');
  }

  async read(): Promise<readonly CooldownRecord[]> {
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#deps.clock.after(PATIENCE_MS, () => late.resolve(undefined));
    try {
      const stored: unknown = await Promise.race([get(KEY, this.#store), late.promise]);
      return readCooldowns(cooldownsOf(stored));
    } catch (error) {
      this.#deps.log('warning', 'the failures of before could not be read', error);
      return [];
    } finally {
      cancel();
    }
  }

  save(records: readonly CooldownRecord[]): Promise<void> {
    this.#turn = this.#turn
      .then(() => set(KEY, { version: VERSION, cooldowns: records }, this.#store))
      .catch((error: unknown) => {
        this.#deps.log('warning', 'failures could not be saved', error);
      });
    return this.#turn;
  }
}

/** Those of another version are of no use. */
function cooldownsOf(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return null;
  if (!('version' in stored) || stored.version !== VERSION) return null;
  return 'cooldowns' in stored ? stored.cooldowns : null;
}
