/**
 * The checkpoints in IndexedDB, two for each torrent. Invariant: a checkpoint never overwrites the newest one, so a torn
 * write costs one generation.
 */
import { delMany, getMany, set, type UseStore } from 'idb-keyval';
import type { InfoHash } from '../../../contract/ids.ts';
import type { ResumeRecord } from '../../model/catalogue.ts';
import { readResume } from '../../model/record-schema.ts';
import type { TableDeps } from './torrent-table.ts';

const KIND = 'resume';

/** Every method rejects with the browser's error. */
export class ResumeTable {
  readonly #deps: Pick<TableDeps, 'store' | 'aside' | 'log'>;

  constructor(deps: Pick<TableDeps, 'store' | 'aside' | 'log'>) {
    this.#deps = deps;
  }

  /** The newest that can be read, or `null`. */
  async newest(infoHash: InfoHash): Promise<ResumeRecord | null> {
    const { store, aside, log } = this.#deps;
    const keys = resumeKeys(infoHash);
    const stored = await getMany<unknown>(keys, store);
    let newest: ResumeRecord | null = null;
    for (const [i, key] of keys.entries()) {
      if (stored[i] === undefined) continue;
      const reading = readResume(infoHash, stored[i]);
      if (reading.kind !== 'read') {
        log('warning', `a checkpoint is ${reading.kind} and was left alone`, key);
        aside.note(KIND, key);
      } else if (!newest || reading.record.generation > newest.generation) newest = reading.record;
    }
    return newest;
  }

  async save(record: ResumeRecord): Promise<void> {
    const { store, aside } = this.#deps;
    const key = resumeKeys(record.infoHash)[record.generation % 2]!;
    await aside.makeWay(KIND, key, store);
    await set(key, record, store);
  }

  forget(infoHash: InfoHash): Promise<void> {
    return forgetResume(this.#deps.store, [infoHash]);
  }
}

/** Deletes all checkpoints of these torrents, in one step. */
export function forgetResume(store: UseStore, infoHashes: readonly InfoHash[]): Promise<void> {
  return delMany(infoHashes.flatMap(resumeKeys), store);
}

/** Where the two newest checkpoints are, by the parity of their generation. */
function resumeKeys(infoHash: InfoHash): [string, string] {
  return [`${infoHash}/0`, `${infoHash}/1`];
}
