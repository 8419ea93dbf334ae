/**
 * The files of a torrent as files in a folder the person chose.
 *
 * Invariant: everything goes into a new folder of its own, so nothing that was there before is written to or taken away.
 */
import type { TorrentFile } from '../../workers/contract/snapshot.ts';
import { safeElement, safePaths } from '../../workers/contract/safe-paths.ts';
import type { SaveFile } from './save-job.svelte.ts';

type PlannedFile = Pick<TorrentFile, 'index' | 'path' | 'lengthBytes'>;

/** Makes the torrent's own folder in `parent` and returns its files, none of them made yet. */
export async function planFolder(
  parent: FileSystemDirectoryHandle,
  torrent: { readonly infoHash: string; readonly name: string },
  files: readonly PlannedFile[],
): Promise<readonly SaveFile[]> {
  const paths = safePaths(files.map(({ path }) => path));
  const root = commonFolder(paths);
  const folder = await newFolder(parent, root ?? safeElement(torrent.name));
  return files.map(({ index, lengthBytes }, at) => {
    const elements = (paths[at] ?? '').split('/').slice(root === null ? 0 : 1);
    const name = elements.pop() ?? '';
    return {
      infoHash: torrent.infoHash,
      index,
      name,
      lengthBytes,
      open: async () => openFile(await openFolder(folder, elements), name),
      discard: async () => removeFile(await openFolder(folder, elements), name),
    };
  });
}

/** The folder around everything, if there is one. */
function commonFolder(paths: readonly string[]): string | null {
  const [first = ''] = paths;
  const slash = first.indexOf('/');
  const root = first.slice(0, slash);
  return slash > 0 && paths.every((path) => path.startsWith(`${root}/`)) ? root : null;
}

async function newFolder(
  parent: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemDirectoryHandle> {
  let free = name;
  for (let number = 2; await isTaken(parent, free); number++) free = `${name} (${number})`;
  return parent.getDirectoryHandle(free, { create: true });
}

async function isTaken(parent: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await parent.getDirectoryHandle(name);
    return true;
  } catch (cause) {
    // A file of that name is a TypeMismatchError.
    return !(cause instanceof DOMException && cause.name === 'NotFoundError');
  }
}

async function openFolder(
  root: FileSystemDirectoryHandle,
  elements: readonly string[],
): Promise<FileSystemDirectoryHandle> {
  let folder = root;
  for (const element of elements)
    folder = await folder.getDirectoryHandle(element, { create: true });
  return folder;
}

/** Chromium refuses names that a desktop would act on (`.lnk`, `.url`): such a file is saved with `_` after its name. */
const inert = (name: string) => `${name}_`;

async function openFile(
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemFileHandle> {
  try {
    return await folder.getFileHandle(name, { create: true });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    return folder.getFileHandle(inert(name), { create: true });
  }
}

async function removeFile(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await folder.removeEntry(name).catch(() => folder.removeEntry(inert(name)));
}
