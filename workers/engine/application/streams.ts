/** Every stream that is being read: opens a reader for a range of a file, and forgets it when it ends. */
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { StreamHead, StreamRequest } from '../../contract/stream.ts';
import { readerError } from './obstacles.ts';
import { StreamReader } from './stream-reader.ts';
import type { TorrentTask } from './torrent.ts';

export class Streams {
  /** Of which torrent a reader is. */
  readonly #tasks = new Map<StreamReader, TorrentTask>();
  /** Grows, so that a later reader is the more urgent one (block-scheduler.ts). */
  #nextId = 1;

  /** `onRead`: so many readers of the torrent more or fewer; 0 when somebody asks in vain for now. */
  constructor(readonly onRead: (task: TorrentTask, change: -1 | 0 | 1) => void) {}

  /** Whether somebody reads of it: plays it, or saves it, however slowly. */
  isRead(task: TorrentTask): boolean {
    return [...this.#tasks.values()].includes(task);
  }

  open(task: TorrentTask, request: StreamRequest, port: MessagePort): Result<StreamHead> {
    const { fileIndex, startByte, endByte } = request;
    if (task.isHeld) return fail('unknown-torrent', 'This torrent is not confirmed yet.');
    if (task.phase.kind === 'failed') return { ok: false, error: task.phase.error };
    if (task.phase.kind !== 'open') {
      const notComing = readerError(task.obstacle, task.trouble);
      if (notComing) return { ok: false, error: notComing };
      this.onRead(task, 0);
      const message = 'The torrent is still finding out what is inside. Try again soon.';
      return fail('engine-starting', message, { retryAfterS: 2 });
    }
    const { plan } = task.phase.stored;
    const file = plan.meta.files[fileIndex];
    if (!file || file.isPad) {
      return fail('unknown-file', `This torrent has no file number ${fileIndex}.`);
    }
    if (startByte > endByte || endByte > file.lengthBytes) {
      return fail('bad-request', 'The range lies outside the file.', { field: 'endByte' });
    }
    const id = this.#nextId++;
    const reader = new StreamReader(
      id,
      {
        plan,
        waitForPiece: (index, signal) => task.waitForPiece(index, signal),
        hurry: (readerId, range) => {
          // It says so before each chunk, and when it ends.
          task.used();
          task.hurry(readerId, range);
        },
      },
      file.offsetBytes + startByte,
      file.offsetBytes + endByte,
      port,
      () => {
        this.#tasks.delete(reader);
        this.onRead(task, -1);
      },
    );
    this.#tasks.set(reader, task);
    this.onRead(task, 1);
    task.used();
    return ok({ path: file.path, lengthBytes: file.lengthBytes });
  }
}
