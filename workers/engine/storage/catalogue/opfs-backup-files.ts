/** Backups as files of `backups/` in the origin-private file system. */
import type { OpenRoot } from '../opfs/torrent-folders.ts';
import { errorName } from '../storage-errors.ts';
import type { BackupFiles } from './backup-files.ts';

const FOLDER = 'backups';

export class OpfsBackupFiles implements BackupFiles {
  readonly #openRoot: OpenRoot;

  /** Throws where a file cannot be replaced in one step. */
  constructor(openRoot: OpenRoot) {
    if (!('createWritable' in FileSystemFileHandle.prototype)) {
      throw new TypeError('This browser has no writable file streams.');
    }
    this.#openRoot = openRoot;
  }

  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const name of (await this.#folder()).keys()) names.push(name);
    return names;
  }

  async read(name: string): Promise<Uint8Array | null> {
    const folder = await this.#folder();
    try {
      const file = await (await folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    } catch (error) {
      if (errorName(error) === 'NotFoundError') return null;
      throw error;
    }
  }

  /** The stream works on a copy that takes the file's place when it is closed. */
  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const folder = await this.#folder();
    const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
    try {
      await writable.write(bytes);
      await writable.close();
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await (await this.#folder()).removeEntry(name);
    } catch (error) {
      if (errorName(error) !== 'NotFoundError') throw error;
    }
  }

  async #folder(): Promise<FileSystemDirectoryHandle> {
    return (await this.#openRoot()).getDirectoryHandle(FOLDER, { create: true });
  }
}
