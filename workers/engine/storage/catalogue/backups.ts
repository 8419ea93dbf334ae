/**
 * The last five states of the library: `<number>.json` each, the highest number the newest, and `<infoHash>.info` once
 * for all of them.
 *
 * Invariants: a state names no torrent whose info bytes are not written yet; info bytes that no state names are removed;
 * a torrent that was struck is in no state, whatever fails on the way: a state that cannot be rewritten or read goes.
 */
import type { InfoHash } from '../../../contract/ids.ts';
import type { TorrentRecord } from '../../model/catalogue.ts';
import type { Deps } from '../../model/deps.ts';
import {
  decodeBackup,
  encodeBackup,
  fingerprint,
  parseFile,
  type Backup,
  type BackupFile,
  type TorrentEntry,
} from './backup.ts';
import type { BackupFiles } from './backup-files.ts';

const KEPT = 5;
/** Of the torrents that were removed while the usual databases did not open, the newest. */
const MAX_REMOVED = 1000;
/** Info bytes of so many torrents are in memory and written at once. */
const INFO_AT_ONCE = 8;
const STATE_FILE = /^(\d{1,12})\.json$/;
const INFO_FILE = /^([0-9a-f]{40})\.info$/;

/** A torrent as a backup had it, and when. */
export interface Found {
  readonly record: TorrentRecord;
  readonly at: string;
}

/** Every method rejects with the browser's error. They follow one another, never overlap: the caller sees to it. */
export class Backups {
  readonly #files: BackupFiles;
  readonly #log: Deps['log'];
  /** Of the newest state, once it is known. */
  #newestPrint: string | null = null;

  constructor(files: BackupFiles, log: Deps['log']) {
    this.#files = files;
    this.#log = log;
  }

  /** The newest state that can be read, of those that `has` holds for, or `null`. */
  async newest(has: (backup: Backup) => boolean = () => true): Promise<Backup | null> {
    for (const number of await this.#numbers()) {
      const backup = await this.#read(number, decodeBackup);
      if (backup && has(backup)) return backup;
    }
    return null;
  }

  /** The torrent as the newest state that names it has it, or `null`. */
  async find(infoHash: string): Promise<Found | null> {
    const entryOf = ({ torrents }: Backup) => torrents.find((entry) => entry.infoHash === infoHash);
    const backup = await this.newest((state) => entryOf(state) !== undefined);
    const entry = backup && entryOf(backup);
    return entry ? { record: await this.toRecord(entry), at: backup.at } : null;
  }

  /** The whole record; without its info bytes when they are gone, as a magnet's would be. */
  async toRecord({ hasInfo, ...entry }: TorrentEntry): Promise<TorrentRecord> {
    const infoBytes = hasInfo ? await this.#files.read(infoFile(entry.infoHash)) : null;
    return { ...entry, infoBytes: infoBytes?.length ? infoBytes : null };
  }

  /**
   * Writes the state unless the newest one is the same. With `isRemembering` what was said to be removed is still said,
   * but for what is there again. `infoOf` gives the info bytes of a torrent that has some.
   */
  async keep(
    state: Omit<Backup, 'removed'>,
    isRemembering: boolean,
    infoOf: (infoHash: InfoHash) => Promise<Uint8Array | null>,
  ): Promise<void> {
    const print = fingerprint(state);
    if (print === this.#newestPrint) return;
    const [newest = 0] = await this.#numbers();
    const before = newest > 0 ? await this.#read(newest, decodeBackup) : null;
    if (!before || fingerprint(before) !== print) {
      const present = new Set(state.torrents.map((entry) => entry.infoHash));
      const removed = isRemembering ? (before?.removed ?? []) : [];
      const next = { ...state, removed: removed.filter((infoHash) => !present.has(infoHash)) };
      await this.#keepInfo(next, infoOf);
      await this.#files.write(stateFile(newest + 1), encodeBackup(next));
      await this.#tidy();
    }
    this.#newestPrint = print;
  }

  /**
   * Takes the torrent out of every state; with `isRemembered` each says that it was removed. The oldest first, so that on
   * a full disk those that had to go make room for the newest.
   */
  async strike(infoHash: InfoHash, isRemembered: boolean): Promise<void> {
    this.#newestPrint = null;
    const numbers = await this.#numbers();
    for (const number of numbers.toReversed()) {
      const backup = await this.#read(number, parseFile);
      const isNamed = backup?.torrents.some((entry) => entry.infoHash === infoHash);
      if (!backup) await this.#files.remove(stateFile(number));
      else if (isNamed || isRemembered) {
        await this.#rewrite(number, without(backup, infoHash, isRemembered));
      }
    }
    await this.#files.remove(infoFile(infoHash));
  }

  /** Newest first. */
  async #numbers(): Promise<number[]> {
    const names = await this.#files.names();
    const numbers = names.flatMap((name) => STATE_FILE.exec(name)?.slice(1).map(Number) ?? []);
    return numbers.toSorted((a, b) => b - a);
  }

  async #read<T>(number: number, decode: (bytes: Uint8Array) => T | null): Promise<T | null> {
    const bytes = await this.#files.read(stateFile(number));
    const backup = bytes && decode(bytes);
    if (!backup) this.#log('warning', 'a backup of the library cannot be read', stateFile(number));
    return backup;
  }

  async #rewrite(number: number, backup: BackupFile): Promise<void> {
    try {
      await this.#files.write(stateFile(number), encodeBackup(backup));
    } catch (error) {
      this.#log('warning', 'a backup that names a removed torrent was deleted', error);
      await this.#files.remove(stateFile(number));
    }
  }

  async #keepInfo(
    state: Pick<Backup, 'torrents'>,
    infoOf: (infoHash: InfoHash) => Promise<Uint8Array | null>,
  ): Promise<void> {
    const names = new Set(await this.#files.names());
    const missing = state.torrents.filter(
      ({ infoHash, hasInfo }) => hasInfo && !names.has(infoFile(infoHash)),
    );
    for (let i = 0; i < missing.length; i += INFO_AT_ONCE) {
      const writing = missing.slice(i, i + INFO_AT_ONCE).map(async ({ infoHash }) => {
        const infoBytes = await infoOf(infoHash);
        if (infoBytes) await this.#files.write(infoFile(infoHash), new Uint8Array(infoBytes));
      });
      // Settled, so that nothing is still being written when this rejects.
      const results = await Promise.allSettled(writing);
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    }
  }

  /** Drops what is older than the newest five, and then the info bytes that nobody names. */
  async #tidy(): Promise<void> {
    const numbers = await this.#numbers();
    for (const number of numbers.slice(KEPT)) await this.#files.remove(stateFile(number));
    const named = new Set<string>();
    for (const number of numbers.slice(0, KEPT)) {
      const backup = await this.#read(number, parseFile);
      for (const { infoHash } of backup?.torrents ?? []) named.add(infoHash);
    }
    for (const name of await this.#files.names()) {
      const infoHash = INFO_FILE.exec(name)?.[1];
      if (infoHash && !named.has(infoHash)) await this.#files.remove(name);
    }
  }
}

function without(backup: BackupFile, infoHash: InfoHash, isRemembered: boolean): BackupFile {
  return {
    ...backup,
    torrents: backup.torrents.filter((entry) => entry.infoHash !== infoHash),
    removed: isRemembered ? [...backup.removed, infoHash].slice(-MAX_REMOVED) : backup.removed,
  };
}

function stateFile(number: number): string {
  return `${number}.json`;
}

function infoFile(infoHash: string): string {
  return `${infoHash}.info`;
}
