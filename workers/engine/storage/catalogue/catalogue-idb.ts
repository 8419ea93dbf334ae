/**
 * The catalogue in IndexedDB, with backups beside it; this folder is the one that knows idb-keyval, whose `createStore`
 * makes one object store per database, so each kind of record has a database.
 *
 * Invariants:
 * - Every torrent that a backup names is in the library: it gets into a backup after its record was saved, and is
 *   struck from every backup before its record is deleted. So an empty library whose newest backup names torrents has
 *   lost them and gets them back, and a removed torrent never comes back, wherever a crash falls: before the record is
 *   deleted the torrent is still there, after it no backup names it.
 * - A removal is reported only when both are done. One whose backups cannot be struck is refused, and nothing is lost.
 * - No value that cannot be read is lost (aside.ts), no start changes what a newer Rill wrote (torrent-table.ts).
 * - Bytes are copied when they are handed in, so what changes later is not what is stored.
 */
import type { InfoHash } from '../../../contract/ids.ts';
import type { Settings } from '../../../contract/settings.ts';
import type {
  Catalogue,
  LibraryState,
  ResumeRecord,
  TorrentRecord,
} from '../../model/catalogue.ts';
import type { Deps } from '../../model/deps.ts';
import type { StatisticsRecord } from '../../model/statistics-record.ts';
import type { OpenRoot } from '../opfs/torrent-folders.ts';
import { toStorageError } from '../storage-errors.ts';
import type { LibraryNotice } from './notices.ts';
import { openIdbStore, type OpenStore } from './open-databases.ts';
import { openTables, type Tables } from './tables.ts';
import { rebuild } from './rebuild.ts';

export interface IdbCatalogueDeps extends Pick<Deps, 'log' | 'clock'> {
  /** Of the origin-private file system, where backups are kept when it is there. */
  readonly openRoot: OpenRoot;
  readonly openStore?: OpenStore;
}

/** Opens with its first use. Every method but `backUp` rejects with StorageError when IndexedDB fails. */
export class IdbCatalogue implements Catalogue {
  readonly #deps: Required<IdbCatalogueDeps>;
  readonly #prefix: string;
  #opening: Promise<Tables> | null = null;
  /** What changes or reads the backups runs one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Not yet told. */
  #notices: LibraryNotice[] = [];

  /** `prefix` begins the names of the databases. */
  constructor(deps: IdbCatalogueDeps, prefix = 'rill') {
    this.#deps = { openStore: openIdbStore, ...deps };
    this.#prefix = prefix;
  }

  torrents(): Promise<LibraryState> {
    return this.#do('reading the library', ({ torrents, settings }) =>
      this.#inTurn(async () => {
        // For what has to be said of the settings: this is where a person hears of it.
        await settings.read();
        const records = await torrents.readAll();
        const notices = this.#notices;
        this.#notices = [];
        return { records, notices };
      }),
    );
  }

  saveTorrent(record: TorrentRecord): Promise<void> {
    const infoBytes = record.infoBytes && new Uint8Array(record.infoBytes);
    const copy = { ...record, infoBytes };
    const save = ({ torrents }: Tables) => torrents.save(copy);
    return this.#do('saving a torrent', save, infoBytes?.length);
  }

  removeTorrent(infoHash: InfoHash, progress: 'forget' | 'keep'): Promise<void> {
    return this.#do('forgetting a torrent', ({ databases, backups, torrents, resume }) =>
      this.#inTurn(async () => {
        await backups.strike(infoHash, databases.isSecond);
        // Before the record: a checkpoint that outlived its bytes would be believed if the torrent came back.
        if (progress === 'forget') await resume.forget(infoHash);
        await torrents.remove(infoHash);
      }),
    );
  }

  resume(infoHash: InfoHash): Promise<ResumeRecord | null> {
    return this.#do('reading a checkpoint', ({ resume }) => resume.newest(infoHash));
  }

  saveResume(record: ResumeRecord): Promise<void> {
    const copy = { ...record, have: new Uint8Array(record.have) };
    return this.#do('saving a checkpoint', ({ resume }) => resume.save(copy), copy.have.length);
  }

  settings(): Promise<Settings> {
    return this.#do('reading the settings', ({ settings }) => this.#inTurn(() => settings.read()));
  }

  saveSettings(saved: Settings): Promise<void> {
    return this.#do('saving the settings', ({ settings }) => settings.save(saved));
  }

  statistics(): Promise<StatisticsRecord | null> {
    return this.#do('reading the statistics', ({ statistics }) => statistics.read());
  }

  saveStatistics(record: StatisticsRecord): Promise<void> {
    return this.#do('saving the statistics', ({ statistics }) => statistics.save(record));
  }

  async backUp(): Promise<void> {
    try {
      const tables = await this.#open();
      await this.#inTurn(() => this.#keep(tables));
    } catch (error) {
      this.#deps.log('warning', 'the library could not be backed up', error);
    }
  }

  async #keep({ databases, backups, torrents, settings }: Tables): Promise<void> {
    const state = {
      at: new Date(this.#deps.clock.now()).toISOString(),
      names: databases.names,
      settings: await settings.saved(),
      torrents: await torrents.entries(),
    };
    await backups.keep(state, databases.isSecond, (infoHash) => torrents.infoBytes(infoHash));
  }

  #open(): Promise<Tables> {
    this.#opening ??= this.#openAndRebuild().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #openAndRebuild(): Promise<Tables> {
    const deps = { ...this.#deps, tell: this.#tell };
    const tables = await openTables(this.#prefix, deps);
    if (await rebuild({ ...deps, ...tables })) {
      await this.#keep(tables).catch((error: unknown) => {
        this.#deps.log('warning', 'the library could not be backed up', error);
      });
    }
    return tables;
  }

  readonly #tell = (notice: LibraryNotice): void => {
    const isToldTwice = this.#notices.some(({ message }) => message === notice.message);
    if (!isToldTwice) this.#notices.push(notice);
  };

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #do<T>(doing: string, run: (tables: Tables) => Promise<T>, neededBytes = 0): Promise<T> {
    try {
      return await run(await this.#open());
    } catch (error) {
      throw toStorageError(error, doing, neededBytes);
    }
  }
}
