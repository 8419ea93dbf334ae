/** A disk and a source of bytes that fail when a test says so. */
import type { SaveBytes } from '../../../../src/save/save-bytes.ts';

/** A file on a fake disk: what `close` has put there, and the writes that were made on the way. */
export class FakeFile {
  content: Uint8Array | null = null;
  /** Writes that were made, over all writables. */
  writes = 0;
  aborts = 0;
  /** Throws in place of a write, by its number from 1. */
  failWrite: (write: number) => Error | null = () => null;

  readonly handle = {
    kind: 'file',
    getFile: async () => new Blob([new Uint8Array(this.content ?? [])]),
    createWritable: async () => this.#writable(),
  } as unknown as FileSystemFileHandle;

  #writable() {
    const parts: Uint8Array[] = [];
    let isBroken = false;
    return {
      write: async (data: Blob | Uint8Array) => {
        const bytes =
          data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data.slice();
        const failure = this.failWrite(++this.writes);
        isBroken ||= failure !== null;
        if (isBroken) throw failure ?? new TypeError('the stream is errored');
        parts.push(bytes);
      },
      close: async () => {
        if (isBroken) throw new TypeError('the stream is errored');
        this.content = Uint8Array.from(parts.flatMap((part) => [...part]));
      },
      abort: async () => {
        this.aborts += 1;
      },
    };
  }
}

export const contentOf = (lengthBytes: number) =>
  Uint8Array.from({ length: lengthBytes }, (_, i) => (i * 7 + 3) % 256);

/** One answer of the source: bytes and then its end, a break after so many bytes, or a status with no bytes. */
export type Answer = {
  readonly breakAfter?: number;
  readonly status?: number;
  readonly endAfter?: number;
};

/** Streams `content` in chunks of 100 bytes; `answers` says how each request goes, the rest go well. */
export function fakeBytes(content: Uint8Array, answers: Answer[] = [], stored: Blob | null = null) {
  const asked: number[] = [];
  const bytes: SaveBytes = {
    stored: async () => stored,
    async stream(_, startByte, signal) {
      asked.push(startByte);
      const { breakAfter, status, endAfter } = answers.shift() ?? {};
      if (status === 0) throw new TypeError('Failed to fetch');
      if (status !== undefined) {
        return Response.json({ error: { kind: 'x', message: `said ${status}` } }, { status });
      }
      let sent = 0;
      const body = new ReadableStream({
        pull(controller) {
          if (signal.aborted) return controller.error(signal.reason);
          if (breakAfter !== undefined && sent >= breakAfter) {
            return controller.error(new TypeError('network error'));
          }
          const rest = content.subarray(startByte + sent, startByte + sent + 100);
          if (rest.length === 0 || (endAfter !== undefined && sent >= endAfter)) {
            return controller.close();
          }
          sent += rest.length;
          controller.enqueue(rest);
        },
      });
      const headers = {
        'Content-Range': `bytes ${startByte}-${content.length - 1}/${content.length}`,
      };
      return new Response(body, { status: 206, headers });
    },
  };
  return { bytes, asked };
}
