/**
 * The one door to the origin-private file system: `torrents/<infoHash>/<k>` for extent k, `shelf.json` beside them.
 * Only info hashes and numbers become names here, never anything a torrent says.
 *
 * Invariant: a folder's handle is kept only to open extents sooner; one that leads nowhere (the folder was deleted, the
 * data cleared) is looked up anew before anything is said to be missing.
 */
import { SHELF_ROOT, type ExtentStamp } from '../../../contract/shelf.ts';
import type { Clock } from '../../model/deps.ts';
import { retryWhileLocked } from './retry-while-locked.ts';
import { errorName } from '../storage-errors.ts';
import type { ExtentId, SyncHandle } from './sync-handle.ts';

/** What only a dedicated worker's file handles can do. */
interface SyncFile extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncHandle>;
}

export type OpenRoot = () => Promise<FileSystemDirectoryHandle>;

export class TorrentFolders {
  readonly #openRoot: OpenRoot;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  /** By info hash: three of the five calls that open an extent only lead to its folder. */
  readonly #kept = new Map<string, FileSystemDirectoryHandle>();

  constructor(openRoot: OpenRoot, clock: Pick<Clock, 'now' | 'after'>) {
    this.#openRoot = openRoot;
    this.#clock = clock;
  }

  /**
   * Opens an extent exclusively, asking again while another tab holds it. Rejects with the browser's error:
   * `NotFoundError` when it is missing and not to be created.
   */
  readonly openExtent = async (
    id: ExtentId,
    mayCreate: boolean,
    signal?: AbortSignal,
  ): Promise<SyncHandle> => {
    const file = await this.#extentFile(id, mayCreate);
    return retryWhileLocked(() => openSync(file), this.#clock, signal);
  };

  /** The torrent's folder; rejects with `NotFoundError` when it is missing and not to be created. */
  async folder(infoHash: string, mayCreate: boolean): Promise<FileSystemDirectoryHandle> {
    const root = await this.#openRoot();
    const torrents = await root.getDirectoryHandle(SHELF_ROOT, { create: mayCreate });
    return torrents.getDirectoryHandle(infoHash, { create: mayCreate });
  }

  /** The extents that exist, or those of `only` that do, by index. */
  async extentStamps(
    infoHash: string,
    only?: readonly number[],
  ): Promise<Map<number, ExtentStamp>> {
    const folder = await orMissing(this.folder(infoHash, false));
    if (!folder) return new Map();
    const found = only ? await namedExtents(folder, only) : await allExtents(folder);
    const stamps = await Promise.all(
      found.map(async ([extent, handle]): Promise<[number, ExtentStamp]> => {
        const { size, lastModified } = await handle.getFile();
        return [extent, { extent, sizeBytes: size, modifiedMs: lastModified }];
      }),
    );
    return new Map(stamps);
  }

  /**
   * Makes the extent's file, empty, if it is not there. In Chromium `close()` of a handle whose file was taken away by "clear
   * site data" never returns, and this thread stands still with it; it does return once there is a file of that name again.
   */
  readonly makeClosable = (id: ExtentId): Promise<unknown> => this.#extentFile(id, true);

  /** Deletes the torrent's folder and all in it; a missing one is no error. */
  async remove(infoHash: string): Promise<void> {
    this.#kept.delete(infoHash);
    const root = await this.#openRoot();
    const torrents = await orMissing(root.getDirectoryHandle(SHELF_ROOT));
    if (!torrents) return;
    const remove = () => orMissing(torrents.removeEntry(infoHash, { recursive: true }));
    await retryWhileLocked(remove, this.#clock);
  }

  async #extentFile(
    { infoHash, extent }: ExtentId,
    create: boolean,
  ): Promise<FileSystemFileHandle> {
    const kept = this.#kept.get(infoHash);
    if (kept) {
      const file = await orMissing(kept.getFileHandle(String(extent), { create }));
      if (file) return file;
      this.#kept.delete(infoHash);
    }
    const folder = await this.folder(infoHash, create);
    this.#kept.set(infoHash, folder);
    return folder.getFileHandle(String(extent), { create });
  }
}

/** Opens a sync access handle; rejects with a TypeError where the browser has none. */
export function openSync(file: FileSystemFileHandle): Promise<SyncHandle> {
  return (file as SyncFile).createSyncAccessHandle();
}

type FoundExtent = readonly [extent: number, handle: FileSystemFileHandle];

/** The listing brings the handles with it: asking for each by its name would take twice as long. */
async function allExtents(folder: FileSystemDirectoryHandle): Promise<FoundExtent[]> {
  const extents: FoundExtent[] = [];
  for await (const [name, handle] of folder.entries()) {
    if (!/^(0|[1-9]\d*)$/.test(name) || handle.kind !== 'file') continue;
    extents.push([Number(name), handle as FileSystemFileHandle]);
  }
  return extents;
}

async function namedExtents(
  folder: FileSystemDirectoryHandle,
  extents: readonly number[],
): Promise<FoundExtent[]> {
  const found = extents.map(async (extent): Promise<FoundExtent | null> => {
    const handle = await orMissing(folder.getFileHandle(String(extent)));
    return handle && [extent, handle];
  });
  return (await Promise.all(found)).filter((one) => one !== null);
}

async function orMissing<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (errorName(error) === 'NotFoundError') return null;
    throw error;
  }
}
