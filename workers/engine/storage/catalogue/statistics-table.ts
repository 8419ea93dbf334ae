/**
 * The statistics in IndexedDB: one record. What cannot be read is put aside before another takes its place, and counting
 * begins anew: no backup has figures that change all the time.
 */
import { get, set } from 'idb-keyval';
import type { StatisticsRecord } from '../../model/statistics-record.ts';
import { readStatistics } from '../../model/record-schema.ts';
import type { TableDeps } from './torrent-table.ts';

const KIND = 'statistics';
const KEY = 'statistics';

/** Every method rejects with the browser's error. */
export class StatisticsTable {
  readonly #deps: Pick<TableDeps, 'store' | 'aside' | 'log'>;

  constructor(deps: Pick<TableDeps, 'store' | 'aside' | 'log'>) {
    this.#deps = deps;
  }

  /** `null` when there is none that can be read. */
  async read(): Promise<StatisticsRecord | null> {
    const { store, aside, log } = this.#deps;
    const stored: unknown = await get(KEY, store);
    if (stored === undefined) return null;
    const reading = readStatistics(stored);
    if (reading.kind === 'read') return reading.record;
    log('warning', `the kept statistics are ${reading.kind}; counting begins anew`, reading);
    aside.note(KIND, KEY);
    return null;
  }

  async save(record: StatisticsRecord): Promise<void> {
    const { store, aside } = this.#deps;
    await aside.makeWay(KIND, KEY, store);
    await set(KEY, record, store);
  }
}
