/** Where backups are kept: a few small files, in the best place that works here. */
import type { Deps } from '../../model/deps.ts';
import type { OpenRoot } from '../opfs/torrent-folders.ts';
import { storageUnavailable } from '../storage-errors.ts';
import { IdbBackupFiles } from './idb-backup-files.ts';
import type { OpenStore } from './open-databases.ts';
import { OpfsBackupFiles } from './opfs-backup-files.ts';

/** Every method rejects with the browser's error. */
export interface BackupFiles {
  names(): Promise<readonly string[]>;
  /** The bytes, or `null` when there is no such file. */
  read(name: string): Promise<Uint8Array | null>;
  /** Replaces the file in one step: a crash leaves the old one or the new one. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** A missing file is no error. */
  remove(name: string): Promise<void>;
}

export interface BackupPlaces {
  readonly log: Deps['log'];
  readonly openRoot: OpenRoot;
  readonly openStore: OpenStore;
  /** Of the database, where files are refused. */
  readonly database: string;
}

/** No place: nothing is there, and nothing can be written. */
const NOWHERE: BackupFiles = {
  names: async () => [],
  read: async () => null,
  write: async () => {
    throw storageUnavailable('This browser has no place for backups of the library.');
  },
  remove: async () => {},
};

/**
 * The origin-private file system, whose files outlive a damaged IndexedDB; where it is refused (private windows) or
 * cannot replace a file in one step (Safari before 26), a database of its own. Never rejects.
 */
export async function openBackupFiles(places: BackupPlaces): Promise<BackupFiles> {
  const candidates: (() => BackupFiles)[] = [
    () => new OpfsBackupFiles(places.openRoot),
    () => new IdbBackupFiles(places.openStore(places.database, 'files')),
  ];
  for (const create of candidates) {
    try {
      const files = create();
      await files.names();
      return files;
    } catch (error) {
      places.log('warning', 'backups of the library cannot be kept in the best place', error);
    }
  }
  return NOWHERE;
}
