/**
 * Reads the body of an answer through one buffer again and again, where the browser can: a fresh one for each chunk, of up to
 * 2 MiB, is garbage that V8 lets gather (docs/decisions/0005).
 */

const BUFFER_BYTES = 64 * 1024;

export class BodyReader {
  readonly #into: ReadableStreamBYOBReader | null;
  readonly #plain: ReadableStreamDefaultReader<Uint8Array> | null;
  #buffer = new ArrayBuffer(BUFFER_BYTES);

  constructor(body: ReadableStream<Uint8Array>) {
    this.#into = byobReader(body);
    this.#plain = this.#into ? null : body.getReader();
  }

  /** The next bytes, good until the next call; `null` at the end. Rejects when the body is cut off. */
  async read(): Promise<Uint8Array | null> {
    if (this.#plain) {
      const { done, value } = await this.#plain.read();
      return done ? null : value;
    }
    const { done, value } = await this.#into!.read(new Uint8Array(this.#buffer));
    if (value) this.#buffer = value.buffer;
    return done || !value ? null : value;
  }

  /** Ends the transfer. */
  cancel(): void {
    void (this.#into ?? this.#plain)!.cancel().catch(() => undefined);
  }
}

/** `null` where the body is no stream of bytes. */
function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}
