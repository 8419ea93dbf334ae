/**
 * The reader's end of contract/stream.ts: one `pull` asks for one chunk, and nothing comes that was not asked for.
 * After `cancel`, or after the end or an error, the port is closed.
 */
import { fail, type RillError } from '../contract/errors.ts';
import type { StreamCommand, StreamEvent } from '../contract/stream.ts';
import { withDeadline } from './deadline.ts';

/** A stream that delivers nothing for this long is given up; the player asks again. */
export const STALL_MS = 60_000;

export class BytePull {
  /** Those that may still say something. */
  static readonly #open = new Set<BytePull>();
  readonly #port: MessagePort;
  #resolve: ((event: StreamEvent) => void) | null = null;
  /** An end or error that came with no pull to answer. */
  #ending: StreamEvent | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
    BytePull.#open.add(this);
    port.addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = toStreamEvent(event.data);
      if (message) this.#receive(message);
    });
    port.addEventListener('close', () => this.#receive(broken('The engine went away.')));
    port.start();
  }

  /** Another engine runs now: where the browser does not tell of a port whose other end is gone, its readers ask again too. */
  static breakAll(): void {
    for (const pull of [...BytePull.#open]) pull.#receive(broken('The engine went away.'));
  }

  /** The next chunk, or how the stream ends. One call at a time. */
  async next(): Promise<StreamEvent> {
    if (this.#ending) return this.#ending;
    const answered = new Promise<StreamEvent>((resolve) => {
      this.#resolve = resolve;
    });
    this.#say({ kind: 'pull' });
    const event = await withDeadline(answered, STALL_MS, () =>
      broken('No data arrived for a minute.'),
    );
    this.#resolve = null;
    if (event.kind !== 'chunk') this.#finish(event);
    return event;
  }

  /** Tells the engine that no more is wanted. May be called at any time, and twice. */
  cancel(): void {
    this.#finish({ kind: 'end' });
  }

  #receive(event: StreamEvent): void {
    if (this.#resolve) this.#resolve(event);
    else if (event.kind !== 'chunk') this.#ending ??= event;
    if (this.#ending) BytePull.#open.delete(this);
  }

  #finish(ending: StreamEvent): void {
    this.#ending ??= ending;
    this.#resolve?.(this.#ending);
    this.#say({ kind: 'cancel' });
    this.#port.close();
    BytePull.#open.delete(this);
  }

  #say(command: StreamCommand): void {
    this.#port.postMessage(command);
  }
}

/**
 * A response body of exactly `lengthBytes`: `first`, then one pull for each chunk that is taken. At most one chunk
 * waits here. Content-Length is not enforced for service worker responses, so too much or too little is an error.
 */
export function bodyOf(
  pull: BytePull,
  first: ArrayBuffer,
  lengthBytes: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let remainingBytes = lengthBytes;
  let pending: StreamEvent | null = { kind: 'chunk', bytes: first };
  return new ReadableStream({
    async pull(controller) {
      const event: StreamEvent = pending ?? (await pull.next());
      pending = null;
      if (event.kind === 'error') return controller.error(new Error(event.error.message));
      remainingBytes -= event.kind === 'chunk' ? event.bytes.byteLength : 0;
      if (remainingBytes < 0 || (event.kind === 'end' && remainingBytes > 0)) {
        pull.cancel();
        return controller.error(new Error('The engine sent another number of bytes than it said.'));
      }
      if (event.kind === 'chunk') controller.enqueue(new Uint8Array(event.bytes));
      if (remainingBytes === 0) {
        pull.cancel();
        controller.close();
      }
    },
    cancel: () => pull.cancel(),
  });
}

function broken(reason: string): { readonly kind: 'error'; readonly error: RillError } {
  const { error } = fail('engine-starting', `${reason} Try again.`, { retryAfterS: 2 });
  return { kind: 'error', error };
}

function toStreamEvent(data: unknown): StreamEvent | null {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return null;
  if (data.kind === 'end') return { kind: 'end' };
  if (data.kind === 'chunk' && 'bytes' in data && data.bytes instanceof ArrayBuffer) {
    return { kind: 'chunk', bytes: data.bytes };
  }
  return data.kind === 'error' && 'error' in data
    ? { kind: 'error', error: toError(data.error) }
    : null;
}

function toError(value: unknown): RillError {
  const isError =
    typeof value === 'object' && value !== null && 'kind' in value && 'message' in value;
  return isError ? (value as RillError) : broken('The stream failed.').error;
}
