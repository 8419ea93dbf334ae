/**
 * One HTTP request for a range of a file. A simple one to CORS: `Range` of the form `bytes=a-b` is safelisted (Fetch standard;
 * Chromium 99, Firefox 117, Safari 16), any other header would force a preflight that most hosts refuse (FACTS.md).
 *
 * Invariants: no redirect is followed, since where it leads passed no host policy; nothing is read of an answer that is
 * not what was asked for; a body that stops coming is given up after `SILENCE_MS`.
 */
import type { Clock } from '../model/deps.ts';
import { BodyReader } from './body-reader.ts';
import {
  judgeAnswer,
  SILENCE_MS,
  type AnswerHead,
  type AskedRange,
  type WebSeedFailure,
} from './web-seed-policy.ts';

export interface FetchHost {
  readonly clock: Clock;
  /** Ends the request; it is also used here, when nothing comes. */
  readonly abort: AbortController;
  /** The next bytes of the range, in order; they are good only for the time of the call. */
  onBytes(bytes: Uint8Array): void;
}

export interface RangeRequest extends AskedRange {
  readonly url: string;
}

/** `null` when all bytes came, or when `abort` ended it; else why they did not. Never rejects. */
export async function fetchRange(
  request: RangeRequest,
  host: FetchHost,
): Promise<WebSeedFailure | null> {
  const silence = new Silence(host.clock, () => host.abort.abort());
  let failure: WebSeedFailure = { kind: 'unreachable' };
  try {
    const response = await ask(request, host.abort.signal);
    silence.broken();
    failure = { kind: 'cut-off' };
    const verdict = judgeAnswer(headOf(response), request, host.clock.now());
    if (verdict.kind === 'accepted') return await read(response, request, verdict.skipBytes);
    void response.body?.cancel().catch(() => undefined);
    return verdict;
  } catch {
    if (silence.isOver) return { kind: 'silent' };
    return host.abort.signal.aborted ? null : failure;
  } finally {
    silence.end();
  }

  async function read(
    response: Response,
    { lengthBytes }: AskedRange,
    skipBytes: number,
  ): Promise<WebSeedFailure | null> {
    const isPart = response.status === 206;
    const reader = new BodyReader(response.body!);
    let at = -skipBytes;
    // A part is read to its end, which keeps the connection for the next; a whole file only as far as it is of use.
    while (isPart || at < lengthBytes) {
      const value = await reader.read();
      if (!value) break;
      silence.broken();
      if (isPart && at + value.length > lengthBytes) {
        reader.cancel();
        return { kind: 'wrong-length' };
      }
      const useful = value.subarray(Math.max(0, -at), Math.max(0, lengthBytes - at));
      at += value.length;
      if (useful.length) host.onBytes(useful);
    }
    if (!isPart) reader.cancel();
    return at < lengthBytes ? { kind: 'cut-off' } : null;
  }
}

function ask(
  { url, startBytes, lengthBytes }: RangeRequest,
  signal: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    headers: { Range: `bytes=${startBytes}-${startBytes + lengthBytes - 1}` },
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    redirect: 'manual',
    signal,
  });
}

function headOf({ status, type, headers }: Response): AnswerHead {
  const contentLength = headers.get('content-length');
  return {
    status,
    // Browsers hide the status of a redirect that is not followed; Node does not.
    isRedirect: type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status),
    contentLength: /^\d+$/.test(contentLength ?? '') ? Number(contentLength) : null,
    contentRange: headers.get('content-range'),
    retryAfter: headers.get('retry-after'),
  };
}

/** Looks for bytes that do not come; one that does costs no timer. */
class Silence {
  isOver = false;
  #heardMs: number;
  #disarm: () => void;

  constructor(
    readonly clock: Clock,
    readonly onOver: () => void,
  ) {
    this.#heardMs = clock.now();
    this.#disarm = clock.after(SILENCE_MS, () => this.#look());
  }

  broken(): void {
    this.#heardMs = this.clock.now();
  }

  end(): void {
    this.#disarm();
  }

  #look(): void {
    const leftMs = this.#heardMs + SILENCE_MS - this.clock.now();
    if (leftMs > 0) {
      this.#disarm = this.clock.after(leftMs, () => this.#look());
      return;
    }
    this.isOver = true;
    this.onOver();
  }
}
