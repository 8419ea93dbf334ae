/**
 * How much room there really is: `estimate()` only says what it likes (browser-quota.ts), while a file truncated to a
 * length is refused at once when the length does not fit. Nothing is written, so trying costs no disk time.
 *
 * Chromium asks its quota for more than a file needs: for the next power of two MiB, and above 128 MiB for a multiple of
 * that. So one file finds as little as half of the room, another one finds as much of the rest, and so on.
 */
import type { SyncHandle } from './sync-handle.ts';
import { openSync, type OpenRoot } from './torrent-folders.ts';

const PROBE_FILE = 'rill-room';
/** Enough to find 128 MiB to the MiB, beside the one that finds the rest. */
const MAX_FILES = 9;
/** The answer is this exact, in bytes. */
const STEP_BYTES = 1024 * 1024;

/** Bytes that fit, at most `upToBytes`, down to the MiB unless all of it fits; 0 when it cannot be tried. Never rejects. */
export async function measureFreeBytes(openRoot: OpenRoot, upToBytes: number): Promise<number> {
  const files: FileSystemFileHandle[] = [];
  const handles: SyncHandle[] = [];
  let freeBytes = 0;
  try {
    const root = await openRoot();
    while (freeBytes < upToBytes && files.length < MAX_FILES) {
      files.push(await root.getFileHandle(`${PROBE_FILE}-${files.length}`, { create: true }));
      const handle = await openSync(files.at(-1)!);
      handles.push(handle);
      const foundBytes = largestThatFits(upToBytes - freeBytes, (bytes) => takes(handle, bytes));
      if (foundBytes === 0) break;
      freeBytes += foundBytes;
    }
    return freeBytes;
  } catch {
    return freeBytes;
  } finally {
    for (const handle of handles) handle.close();
    await removeAll(openRoot, files);
  }
}

/** By halving; `fits` holds up to some size and not beyond it. */
export function largestThatFits(upToBytes: number, fits: (bytes: number) => boolean): number {
  if (fits(upToBytes)) return upToBytes;
  let low = 0;
  let high = Math.ceil(upToBytes / STEP_BYTES);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle * STEP_BYTES)) low = middle;
    else high = middle;
  }
  return low * STEP_BYTES;
}

function takes(handle: SyncHandle, bytes: number): boolean {
  try {
    handle.truncate(bytes);
    return true;
  } catch {
    return false;
  }
}

async function removeAll(
  openRoot: OpenRoot,
  files: readonly FileSystemFileHandle[],
): Promise<void> {
  try {
    const root = await openRoot();
    for (const { name } of files) await root.removeEntry(name);
  } catch {
    // Another tab is trying at this moment, with the same files; it removes them.
  }
}
