/**
 * The catalogue in memory, for browsers that keep nothing: everything is forgotten when the engine ends, together with the
 * bytes it speaks of. Records are copied when they come in, so what changes later is not what is kept.
 */
import type { InfoHash } from '../../../contract/ids.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../contract/settings.ts';
import type {
  Catalogue,
  LibraryState,
  ResumeRecord,
  TorrentRecord,
} from '../../model/catalogue.ts';
import type { StatisticsRecord } from '../../model/statistics-record.ts';

/** Nothing here ever rejects. */
export class MemoryCatalogue implements Catalogue {
  readonly #torrents = new Map<InfoHash, TorrentRecord>();
  readonly #resumes = new Map<InfoHash, ResumeRecord>();
  #settings = DEFAULT_SETTINGS;
  #statistics: StatisticsRecord | null = null;

  async torrents(): Promise<LibraryState> {
    const records = [...this.#torrents.values()];
    records.sort((a, b) => Date.parse(a.addedAt) - Date.parse(b.addedAt));
    return { records, notices: [] };
  }

  async saveTorrent(record: TorrentRecord): Promise<void> {
    this.#torrents.set(record.infoHash, structuredClone(record));
  }

  async removeTorrent(infoHash: InfoHash, progress: 'forget' | 'keep'): Promise<void> {
    this.#torrents.delete(infoHash);
    if (progress === 'forget') this.#resumes.delete(infoHash);
  }

  async resume(infoHash: InfoHash): Promise<ResumeRecord | null> {
    return this.#resumes.get(infoHash) ?? null;
  }

  async saveResume(record: ResumeRecord): Promise<void> {
    this.#resumes.set(record.infoHash, structuredClone(record));
  }

  async settings(): Promise<Settings> {
    return this.#settings;
  }

  async saveSettings(settings: Settings): Promise<void> {
    this.#settings = structuredClone(settings);
  }

  async statistics(): Promise<StatisticsRecord | null> {
    return this.#statistics;
  }

  async saveStatistics(record: StatisticsRecord): Promise<void> {
    this.#statistics = structuredClone(record);
  }

  /** A backup would be lost together with what it is for. */
  async backUp(): Promise<void> {}
}
