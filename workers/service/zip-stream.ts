/**
 * A zip that is made while it is read, and the only file that imports client-zip.
 *
 * Invariants: nothing is read that the reader of the zip has not room for, and no entry is open after the zip was read to
 * its end, failed or was cancelled. A chunk is good until BUFFERS - 2 more were asked for, and then written over: a service
 * worker's answer copies each chunk out before it asks for the next, and a fresh buffer for each made the worker grow by
 * 120 MiB between two collections of garbage.
 */
import { makeZip, predictLength } from 'client-zip';

export interface ZipEntry {
  readonly path: string;
  readonly lengthBytes: number;
  /** Milliseconds since 1970. A zip cannot say what was before 1980. */
  readonly modifiedMs: number;
  /** Begins to read; exactly `lengthBytes` bytes. Called when the zip comes to it, and once. */
  open(): Promise<ReadableStream<Uint8Array>>;
}

/** client-zip 2.5 writes the zip64 record for sizes only: with more entries the count in its directory is wrong. */
export const MAX_ZIP_ENTRIES = 65_535;

/** As much as the pipe from a service worker's stream to its reader holds (Chromium): such a chunk leaves at once. */
const CHUNK_BYTES = 64 * 1024;
/** One is being filled, one waits in client-zip, one is with the reader of the zip; the rest is a margin. */
const BUFFERS = 8;

const YEAR_1980_MS = Date.UTC(1980, 0, 2);

/** The exact length in bytes of `zipStream` for the same entries. */
export function zipLengthBytes(entries: readonly ZipEntry[]): bigint {
  return predictLength(entries.map(({ path, lengthBytes }) => ({ name: path, size: lengthBytes })));
}

export function zipStream(entries: readonly ZipEntry[]): ReadableStream<Uint8Array> {
  const buffers = Array.from({ length: BUFFERS }, () => new ArrayBuffer(CHUNK_BYTES));
  let turn = 0;
  let open: ReadableStreamBYOBReader | ReadableStreamDefaultReader | null = null;

  async function* filled(reader: ReadableStreamBYOBReader) {
    for (; ; turn = (turn + 1) % BUFFERS) {
      const { done, value } = await reader.read(new Uint8Array(buffers[turn]!));
      if (value) buffers[turn] = value.buffer;
      if (done) return;
      yield value;
    }
  }
  async function* contentOf(entry: ZipEntry) {
    const stream = await entry.open();
    const reader = byobReaderOf(stream);
    if (reader) {
      open = reader;
      return yield* filled(reader);
    }
    const chunks = stream.getReader();
    open = chunks;
    for (let it = await chunks.read(); !it.done; it = await chunks.read()) yield it.value;
  }
  async function* inputs() {
    for (const entry of entries) {
      yield {
        name: entry.path,
        size: entry.lengthBytes,
        lastModified: Math.max(entry.modifiedMs, YEAR_1980_MS),
        input: contentOf(entry),
      };
    }
  }
  const zip = makeZip(inputs(), { buffersAreUTF8: true }).getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await zip.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        // client-zip ends its generator but does not let go of the entry it is in.
        await open?.cancel(reason);
        // What it rejects with is the reason itself, thrown into its generator.
        await zip.cancel(reason).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

/** A reader that fills the buffers it is given; null for a stream that has only buffers of its own. */
function byobReaderOf(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}
