/** Whether bytes can be kept here: seen by doing it once, because what browsers say of themselves differs. */
import { fail, ok, type Result } from '../../../contract/errors.ts';
import { describeError, errorName } from '../storage-errors.ts';
import { openSync, type OpenRoot } from './torrent-folders.ts';

const PROBE_FILE = 'rill-probe';

/**
 * Writes and deletes one byte through a sync access handle. Fails with `storage-unavailable` and the reason, or
 * `storage-full`; leaves nothing behind.
 */
export async function probeOpfs(openRoot: OpenRoot): Promise<Result<null>> {
  let root: FileSystemDirectoryHandle;
  try {
    root = await openRoot();
  } catch (error) {
    return unavailable(
      'This browser keeps no files here, as private windows do. Use a normal window to keep downloads.',
      error,
    );
  }
  try {
    const handle = await openSync(await root.getFileHandle(PROBE_FILE, { create: true }));
    try {
      handle.write(new Uint8Array(1), { at: 0 });
    } finally {
      handle.close();
    }
    return ok(null);
  } catch (error) {
    return judge(error);
  } finally {
    // Fails while another tab is probing; that tab removes it.
    await root.removeEntry(PROBE_FILE).catch(() => {});
  }
}

function judge(error: unknown): Result<null> {
  switch (errorName(error)) {
    // Another tab is probing at this moment, with a handle of the kind that was asked for; or it has just finished.
    case 'NoModificationAllowedError':
    case 'NotFoundError':
      return ok(null);
    case 'QuotaExceededError':
      return fail('storage-full', 'The disk is full. Free space on it, then reload the page.', {
        neededBytes: 1,
      });
    case 'TypeError':
      return unavailable('This browser is too old to write files from a worker. Update it.', error);
    default:
      return unavailable(
        'This browser refuses to write files here. Use a normal window, and check that the disk works.',
        error,
      );
  }
}

function unavailable(message: string, error: unknown): Result<null> {
  return fail('storage-unavailable', `${message} (${describeError(error)})`);
}
