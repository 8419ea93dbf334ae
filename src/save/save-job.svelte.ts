/**
 * One save: one file, or the files of a torrent one after the other.
 *
 *   running ──► waiting ──► running …        the source broke: again by itself, a few times, from the byte reached
 *      │           └─► failed ──► running    the person tries again: what is there is not copied twice
 *      ├─► failed                            the disk, or a file that is gone
 *      ├─► done
 *      └─► cancelled                         from any of the first three
 */
import { retryDelayMs } from '../player/retry.ts';
import type { Later } from '../ui/later.ts';
import { FileCopy, type CopyEnd } from './file-copy.ts';
import type { FileId, SaveBytes } from './save-bytes.ts';

export type SaveState =
  | { readonly kind: 'running' }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' };

export interface SaveFile extends FileId {
  readonly name: string;
  readonly lengthBytes: number;
  /** The file on the disk, made if need be. */
  open(): Promise<FileSystemFileHandle>;
  /** Takes away what `open` made; called when the file was not finished. */
  discard(): Promise<void>;
}

export interface SavePlan {
  /** The name of the file or of the torrent. */
  readonly title: string;
  readonly files: readonly SaveFile[];
  /** Files of the torrent that are not finished and so not in `files`. */
  readonly leftOut: number;
}

/** In a row, without a byte in between; then the person is asked. */
const ATTEMPTS = 5;

export class SaveJob {
  readonly plan: SavePlan;
  readonly totalBytes: number;
  readonly #bytes: SaveBytes;
  readonly #later: Later;
  readonly #onEnd: (job: SaveJob) => void;
  readonly #onAdvance: () => void;
  #state = $state.raw<SaveState>({ kind: 'running' });
  #savedFiles = $state.raw(0);
  #savedBytes = $state.raw(0);
  #copiedBytes = $state.raw(0);
  #current: { readonly file: SaveFile; readonly copy: FileCopy } | null = null;
  readonly #abort = new AbortController();

  /** `onAdvance`: something was copied, or is tried. */
  constructor(
    plan: SavePlan,
    bytes: SaveBytes,
    later: Later,
    onEnd: (job: SaveJob) => void,
    onAdvance: () => void = () => {},
  ) {
    this.plan = plan;
    this.totalBytes = plan.files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    this.#bytes = bytes;
    this.#later = later;
    this.#onEnd = onEnd;
    this.#onAdvance = onAdvance;
  }

  get state(): SaveState {
    return this.#state;
  }

  /** Files that are complete on the disk. */
  get savedFiles(): number {
    return this.#savedFiles;
  }

  /** Bytes of those, and of the one that is being copied. */
  get doneBytes(): number {
    return this.#savedBytes + this.#copiedBytes;
  }

  get isEnded(): boolean {
    return this.#state.kind === 'done' || this.#state.kind === 'cancelled';
  }

  /** Starts, or tries again after a failure: files that are there in full are passed over. */
  async run(): Promise<void> {
    const isAgain = this.#state.kind === 'failed';
    this.#state = { kind: 'running' };
    this.#savedFiles = 0;
    this.#savedBytes = 0;
    for (const file of this.plan.files) {
      const end = await this.#save(file, isAgain);
      if (end.kind !== 'done') return this.#end(end);
      this.#savedFiles += 1;
      this.#savedBytes += file.lengthBytes;
      this.#copiedBytes = 0;
    }
    return this.#end({ kind: 'done' });
  }

  /** Stops; the file that is not complete is given up, those that are stay. */
  cancel(): void {
    this.#abort.abort();
    // While it runs, the copy notices by itself.
    if (this.#state.kind === 'failed') void this.#end({ kind: 'cancelled' });
  }

  async #save(file: SaveFile, isAgain: boolean): Promise<CopyEnd> {
    try {
      if (this.#abort.signal.aborted) return { kind: 'cancelled' };
      if (this.#current?.file !== file) {
        const handle = await file.open();
        if (isAgain && (await handle.getFile()).size === file.lengthBytes) return { kind: 'done' };
        this.#current = { file, copy: new FileCopy(this.#bytes, file, handle) };
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.name : String(cause);
      const message = `“${file.name}” could not be made on the disk (${reason}). Look at the place you chose, then try again.`;
      return { kind: 'disk-failed', message };
    }
    const end = await this.#copyPatiently(this.#current.copy);
    if (end.kind === 'done') this.#current = null;
    return end;
  }

  async #copyPatiently(copy: FileCopy): Promise<CopyEnd> {
    for (let attempt = 0; ; attempt++) {
      this.#onAdvance();
      const before = copy.writtenBytes;
      const end = await copy.run(this.#abort.signal, () => {
        this.#copiedBytes = copy.writtenBytes;
        this.#onAdvance();
      });
      if (end.kind !== 'source-broke') return end;
      if (copy.writtenBytes > before) attempt = 0;
      if (attempt >= ATTEMPTS - 1) return end;
      this.#state = { kind: 'waiting', message: `${end.message} Trying again…` };
      if (!(await this.#wait(retryDelayMs(attempt)))) return { kind: 'cancelled' };
      this.#state = { kind: 'running' };
    }
  }

  /** Resolves with whether the time is over; otherwise the job was cancelled. */
  #wait(ms: number): Promise<boolean> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const stop = this.#later(ms, () => resolve(true));
      const cancelled = () => {
        stop();
        resolve(false);
      };
      if (signal.aborted) cancelled();
      else signal.addEventListener('abort', cancelled, { once: true });
    });
  }

  async #end(end: CopyEnd): Promise<void> {
    if (end.kind === 'cancelled') await this.#giveUp();
    if (this.isEnded) return;
    this.#state =
      end.kind === 'done' || end.kind === 'cancelled'
        ? { kind: end.kind }
        : { kind: 'failed', message: end.message };
    this.#onEnd(this);
  }

  async #giveUp(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    if (!current) return;
    await current.copy.abort();
    await current.file.discard().catch(() => {});
  }
}
