/**
 * Copies one file of a torrent to a file on the person's disk, and goes on where it was when its source broke.
 *
 * Invariants: bytes 0 to `writtenBytes` of the source are in the open writable and nothing else; the file on the disk
 * changes only when all of it is there (`close` moves the browser's swap file into place), so a copy that fails or is
 * cancelled leaves what was there before.
 */
import type { FileId, SaveBytes } from './save-bytes.ts';
import { batchesOf, refusalOf } from './stream-answer.ts';

export type CopyEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  /** May go on: `run` again. */
  | { readonly kind: 'source-broke'; readonly message: string }
  /** Asking again does not help. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The writable is lost: `run` begins anew. */
  | { readonly kind: 'disk-failed'; readonly message: string };

export interface CopyFile extends FileId {
  readonly lengthBytes: number;
}

/** Stored bytes are copied fastest in large slices (measured in Chromium); smaller ones would show progress oftener. */
const SLICE_BYTES = 32 * 1024 * 1024;

class DiskFailure extends Error {}

export class FileCopy {
  readonly #bytes: SaveBytes;
  readonly #file: CopyFile;
  readonly #handle: FileSystemFileHandle;
  #writable: FileSystemWritableFileStream | null = null;
  #writtenBytes = 0;
  #mayBeStored = true;

  constructor(bytes: SaveBytes, file: CopyFile, handle: FileSystemFileHandle) {
    this.#bytes = bytes;
    this.#file = file;
    this.#handle = handle;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Copies until it is done or something stops it. `onProgress` is called after each write. */
  async run(signal: AbortSignal, onProgress: () => void): Promise<CopyEnd> {
    try {
      const writable = await this.#open();
      const stored = this.#mayBeStored ? await this.#bytes.stored(this.#file) : null;
      // What was not on the shelf is not asked for again: a stream that broke goes on at once.
      this.#mayBeStored = stored !== null;
      if (stored?.size === this.#file.lengthBytes) {
        await this.#copyStored(stored, writable, signal, onProgress);
      } else {
        const broke = await this.#copyStream(writable, signal, onProgress);
        if (broke) return broke;
      }
      signal.throwIfAborted();
      await onDisk(writable.close());
      this.#writable = null;
      return { kind: 'done' };
    } catch (cause) {
      return this.#ended(cause, signal);
    }
  }

  /** Gives the copy up; the file on the disk is as it was. */
  async abort(): Promise<void> {
    const writable = this.#writable;
    this.#writable = null;
    this.#writtenBytes = 0;
    await writable?.abort().catch(() => {});
  }

  async #open(): Promise<FileSystemWritableFileStream> {
    if (this.#writable) return this.#writable;
    this.#writtenBytes = 0;
    this.#writable = await onDisk(this.#handle.createWritable());
    return this.#writable;
  }

  async #copyStored(
    stored: Blob,
    writable: FileSystemWritableFileStream,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<void> {
    while (this.#writtenBytes < stored.size) {
      signal.throwIfAborted();
      const slice = stored.slice(this.#writtenBytes, this.#writtenBytes + SLICE_BYTES);
      await onDisk(writable.write(slice));
      this.#writtenBytes += slice.size;
      onProgress();
    }
  }

  async #copyStream(
    writable: FileSystemWritableFileStream,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<CopyEnd | null> {
    const { lengthBytes } = this.#file;
    if (this.#writtenBytes === lengthBytes) return null;
    const response = await this.#bytes.stream(this.#file, this.#writtenBytes, signal);
    const refusal = await refusalOf(response, this.#writtenBytes);
    if (refusal) return refusal;
    for await (const bytes of batchesOf(response, lengthBytes - this.#writtenBytes)) {
      await onDisk(writable.write(bytes));
      this.#writtenBytes += bytes.byteLength;
      onProgress();
    }
    return this.#writtenBytes === lengthBytes
      ? null
      : { kind: 'source-broke', message: 'The file ended before all of it came.' };
  }

  async #ended(cause: unknown, signal: AbortSignal): Promise<CopyEnd> {
    if (signal.aborted) {
      await this.abort();
      return { kind: 'cancelled' };
    }
    if (!(cause instanceof DiskFailure)) {
      return { kind: 'source-broke', message: 'The connection to Rill’s storage broke.' };
    }
    await this.abort();
    const { name } = cause.cause instanceof Error ? cause.cause : cause;
    // Stored bytes that were touched while they were copied fail here too, and take the writable with them.
    if (name === 'NotReadableError' && this.#mayBeStored) {
      this.#mayBeStored = false;
      return { kind: 'source-broke', message: 'The stored file changed while it was read.' };
    }
    return { kind: 'disk-failed', message: diskMessage(name) };
  }
}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new DiskFailure('the disk refused', { cause });
  }
}

function diskMessage(name: string): string {
  switch (name) {
    case 'QuotaExceededError':
      return 'The disk is full. Make room there, then try again.';
    case 'NotAllowedError':
      return 'The browser may not write there. Allow it, or save to another place.';
    case 'NotFoundError':
      return 'The place it was saved to is gone. Put it back, or save to another place.';
    case 'NoModificationAllowedError':
      return 'Another program is using that file. Close it there, then try again.';
    default:
      return `Writing to the disk failed (${name}). Look at the disk, then try again.`;
  }
}
