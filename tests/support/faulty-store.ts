/**
 * A chunk store around a chunk store whose writes meet faults: each write passes the faults in their order and reaches the
 * inner store only if none of them stops it. Reads, flushes and the end are the inner store's own.
 */
import type { PieceIndex } from '../../workers/contract/ids.ts';
import { StorageError, type ChunkStore } from '../../workers/engine/model/chunk-store.ts';
import type { Clock } from '../../workers/engine/model/deps.ts';
import { isRunStore, type RunStore } from '../../workers/engine/storage/run-store.ts';

/** A write on its way: one piece, or a run of them. */
export interface Write {
  /** Counts the writes that the store was asked for, from 1. */
  readonly ordinal: number;
  readonly first: number;
  readonly pieces: readonly Uint8Array[];
  readonly lengthBytes: number;
}

/** What happens to a write: `pass` hands it (or what is left of it) on to the next fault or the inner store. */
export type Fault = (write: Write, pass: (write: Write) => Promise<void>) => Promise<void>;

export class FaultyStore implements RunStore {
  readonly #inner: ChunkStore;
  readonly #faults: readonly Fault[];
  #writes = 0;

  constructor(inner: ChunkStore, ...faults: readonly Fault[]) {
    this.#inner = inner;
    this.#faults = faults;
  }

  write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    return this.writeRun(index, [bytes]);
  }

  writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    const lengthBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return this.#meet(0, { ordinal: ++this.#writes, first, pieces, lengthBytes });
  }

  read(index: PieceIndex, offsetBytes: number, lengthBytes: number) {
    return this.#inner.read(index, offsetBytes, lengthBytes);
  }

  flush(): Promise<void> {
    return this.#inner.flush();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }

  #meet(number: number, write: Write): Promise<void> {
    const fault = this.#faults[number];
    return fault ? fault(write, (rest) => this.#meet(number + 1, rest)) : this.#store(write);
  }

  async #store({ first, pieces }: Write): Promise<void> {
    const inner = this.#inner;
    if (isRunStore(inner)) return inner.writeRun(first as PieceIndex, pieces);
    for (const [i, piece] of pieces.entries()) await inner.write((first + i) as PieceIndex, piece);
  }
}

/** Only the writes with these numbers, from 1, meet the fault. */
export function atWrites(ordinals: readonly number[], fault: Fault): Fault {
  return (write, pass) => (ordinals.includes(write.ordinal) ? fault(write, pass) : pass(write));
}

/** Every write waits `delayMs` before it goes on. */
export function slow(clock: Pick<Clock, 'after'>, delayMs: number): Fault {
  return async (write, pass) => {
    await new Promise<void>((resolve) => clock.after(delayMs, resolve));
    return pass(write);
  };
}

/** The write is refused and nothing of it is stored. */
export function failing(error: Error = brokenDisk()): Fault {
  return async () => {
    throw error;
  };
}

/**
 * The write stops half-way: whole pieces up to its middle are stored, the piece that holds the middle has its own bytes
 * before it and zeroes after, and the whole write is refused.
 */
export function torn(error: Error = brokenDisk()): Fault {
  return async (write, pass) => {
    const pieces: Uint8Array[] = [];
    let leftBytes = write.lengthBytes >> 1;
    for (const piece of write.pieces) {
      if (leftBytes <= 0) break;
      const part = new Uint8Array(piece.length);
      part.set(piece.subarray(0, leftBytes));
      pieces.push(part);
      leftBytes -= piece.length;
    }
    if (pieces.length > 0) await pass({ ...write, pieces });
    throw error;
  };
}

/** A disk with so much room: what does not fit is refused as `storage-full`. Rewriting a piece takes room again. */
export class Quota {
  constructor(public freeBytes: number) {}

  readonly fault: Fault = async (write, pass) => {
    const neededBytes = write.lengthBytes;
    if (neededBytes > this.freeBytes) {
      const message = `There is no room for ${neededBytes} bytes more. Remove something, then resume.`;
      throw new StorageError({ kind: 'storage-full', message, neededBytes });
    }
    this.freeBytes -= neededBytes;
    return pass(write);
  };
}

function brokenDisk(): StorageError {
  const message = 'The disk of a test failed. Check the disk, then resume.';
  return new StorageError({ kind: 'storage-unavailable', message });
}
