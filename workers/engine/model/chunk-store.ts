/**
 * The port to the bytes of one torrent. Backends and the layers around them (write queue, fault injector) all have this
 * shape, so one wraps another. Pieces are whole and verified when they arrive here.
 */
import type { PieceIndex } from '../../contract/ids.ts';
import type { RillError } from '../../contract/errors.ts';

export interface ChunkStore {
  /**
   * Stores a whole verified piece; `bytes` belongs to the store from then on. Resolves when a read would find it.
   * Rejects with StorageError; then nothing of the piece is stored.
   */
  write(index: PieceIndex, bytes: Uint8Array): Promise<void>;
  /**
   * Reads `lengthBytes` bytes from `offsetBytes` within the piece. Rejects with StorageError when they are not there. With
   * `into`, at least as long, the answer may be its beginning; a store that has a buffer of its own answers with that.
   */
  read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Resolves when everything written so far would survive a crash of the browser. */
  flush(): Promise<void>;
  /** Flushes and lets go of every handle; nothing may be called afterwards. */
  close(): Promise<void>;
  /** Closes and deletes every byte of the torrent. */
  destroy(): Promise<void>;
}

/** A chunk store whose writes wait in a bounded queue. */
export interface QueuedChunkStore extends ChunkStore {
  /** True while the queue is over its high-water mark: no new piece may be started. */
  readonly isPressed: boolean;
  /**
   * Whether a piece of `lengthBytes` may be started while `inFlightBytes` of other pieces are under way: if all of them
   * came at once, what waits would still be within the limit. A piece larger than the limit may come alone.
   */
  hasRoomFor(lengthBytes: number, inFlightBytes: number): boolean;
  /** Called each time the pressure ends. */
  onRelieved: (() => void) | null;
  readonly queuedPieces: number;
  readonly queuedBytes: number;
  /** Mean time of the newest writes to the backend, in milliseconds; 0 before the first. */
  readonly averageWriteMs: number;
}

/** The only error a chunk store rejects with. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** The bytes that were to be read are not there (any more): not a failure of storage, but a loss. */
  readonly isMissing: boolean;
  constructor(
    readonly reason: RillError & { readonly kind: 'storage-full' | 'storage-unavailable' },
    options?: ErrorOptions & { readonly isMissing?: boolean },
  ) {
    super(reason.message, options);
    this.isMissing = options?.isMissing ?? false;
  }
}
