/**
 * How a web seed (BEP 19) is used, as pure rules: how much is asked of it at once, what its answers mean, and how long it is
 * left alone after one that is of no use.
 *
 * Invariants:
 * - until a seed has begun to give what it was asked for, at the start and after each rest, it has one request at a time;
 * - each failure in a row makes it rest twice as long as the one before, up to an hour, and never for no time at all;
 * - a server that sends whole files is read from the start of a file only, never further than `MAX_SKIP_BYTES` in vain.
 */

export type WebSeedFailure =
  /** 4xx: it does not have the file, or does not give it. */
  | { readonly kind: 'refused'; readonly status: number }
  /** 429 and 503; `retryAfterMs` where it says when to come again (RFC 9110, 10.2.3). */
  | { readonly kind: 'busy'; readonly status: number; readonly retryAfterMs: number | null }
  /** Any other status. */
  | { readonly kind: 'broken'; readonly status: number }
  | { readonly kind: 'redirect' }
  /** Another file, or another part of it, than was asked for. */
  | { readonly kind: 'wrong-length' }
  | { readonly kind: 'whole-files' }
  /** No answer that a page may read: the network, the server, or no CORS. A page cannot tell these apart. */
  | { readonly kind: 'unreachable' }
  /** The answer ended early. */
  | { readonly kind: 'cut-off' }
  /** No byte came for `SILENCE_MS`. */
  | { readonly kind: 'silent' };

/** What is looked at of an answer before its body. Cross-origin, headers are `null` unless CORS shows them. */
export interface AnswerHead {
  readonly status: number;
  readonly isRedirect: boolean;
  /** In bytes. */
  readonly contentLength: number | null;
  readonly contentRange: string | null;
  readonly retryAfter: string | null;
}

export interface AskedRange {
  readonly startBytes: number;
  readonly lengthBytes: number;
  /** Of the file at this URL. */
  readonly fileLengthBytes: number;
}

/** The body is what was asked for, after `skipBytes`. */
export interface Acceptance {
  readonly kind: 'accepted';
  readonly skipBytes: number;
}

export const SILENCE_MS = 30_000;
const MAX_SKIP_BYTES = 256 * 1024;
/** Browsers keep six connections to a host; two are left for whatever else the page wants of it. */
const MAX_RANGES = 4;
/** Good ranges after which one more is asked for at once, where a failure had made it fewer. */
const RANGES_PER_STEP = 8;

export const MIN_RANGE_BYTES = 256 * 1024;
/** What was asked for and is not parsed yet waits in memory: 16 MiB of it showed in the engine, 4 are as fast. */
export const MAX_RANGE_BYTES = 1024 * 1024;
const MIN_PIPELINE_BYTES = 64 * 1024;
const MAX_PIPELINE_BYTES = MAX_RANGES * MAX_RANGE_BYTES;
/** So much of what it gives in a second is asked for ahead: a request costs a round trip before its first byte. */
const PIPELINE_S = 4;
/** While a reader waits, what it wants next must not stand behind four seconds of something else. */
const READER_PIPELINE_S = 1;

const SHORT_REST_MS = 5_000;
const LONGEST_SHORT_REST_MS = 15 * 60_000;
const LONG_REST_MS = 5 * 60_000;
const LONGEST_REST_MS = 60 * 60_000;

/**
 * How many bytes a web seed is asked for at once, over all its requests.
 * @param downloadedBytes what it has given so far over this connection
 */
export function pipelineBytes(
  downloadedBytes: number,
  downloadBps: number,
  hasReaders: boolean,
): number {
  if (downloadedBytes === 0) return MIN_RANGE_BYTES;
  // What it gives is not known yet; a slow one is asked for less once it is.
  const least =
    downloadedBytes < MAX_RANGES * MIN_RANGE_BYTES
      ? MAX_RANGES * MIN_RANGE_BYTES
      : MIN_PIPELINE_BYTES;
  const bytes = downloadBps * (hasReaders ? READER_PIPELINE_S : PIPELINE_S);
  return Math.min(MAX_PIPELINE_BYTES, Math.max(least, Math.ceil(bytes)));
}

/** What the head of an answer means. `nowMs` is for a `Retry-After` that names a date. */
export function judgeAnswer(
  head: AnswerHead,
  asked: AskedRange,
  nowMs: number,
): Acceptance | WebSeedFailure {
  const { status } = head;
  if (head.isRedirect) return { kind: 'redirect' };
  if (status === 206) return judgePart(head, asked);
  if (status === 200) return judgeWhole(head, asked);
  if (status === 429 || status === 503) {
    return { kind: 'busy', status, retryAfterMs: readRetryAfter(head.retryAfter, nowMs) };
  }
  // 416: the file is shorter than the torrent says.
  if (status === 416) return { kind: 'wrong-length' };
  if (status === 408 || status === 425 || status < 400 || status > 499) {
    return { kind: 'broken', status };
  }
  return { kind: 'refused', status };
}

function judgePart(
  { contentLength, contentRange }: AnswerHead,
  { startBytes, lengthBytes, fileLengthBytes }: AskedRange,
): Acceptance | WebSeedFailure {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(contentRange ?? '') ?? [];
  const isOther =
    (contentLength !== null && contentLength !== lengthBytes) ||
    (first !== undefined && Number(first) !== startBytes) ||
    (last !== undefined && Number(last) !== startBytes + lengthBytes - 1) ||
    (size !== undefined && size !== '*' && Number(size) !== fileLengthBytes);
  return isOther ? { kind: 'wrong-length' } : { kind: 'accepted', skipBytes: 0 };
}

function judgeWhole(
  { contentLength }: AnswerHead,
  { startBytes, fileLengthBytes }: AskedRange,
): Acceptance | WebSeedFailure {
  if (contentLength !== null && contentLength !== fileLengthBytes) return { kind: 'wrong-length' };
  if (startBytes > MAX_SKIP_BYTES) return { kind: 'whole-files' };
  return { kind: 'accepted', skipBytes: startBytes };
}

/** `Retry-After` in milliseconds from now: seconds, or an HTTP date. `null` when it is neither. */
function readRetryAfter(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const atMs = /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

/** How long a seed rests, in milliseconds. `failuresBefore`: how many came in a row before this one; `random`: 0 to 1. */
export function restMs(failure: WebSeedFailure, failuresBefore: number, random: number): number {
  const jitter = 1 + random / 2;
  const grown = (firstMs: number, mostMs: number) =>
    Math.min(mostMs, firstMs * 2 ** failuresBefore) * jitter;
  switch (failure.kind) {
    case 'busy': {
      const ownMs = grown(SHORT_REST_MS, LONGEST_SHORT_REST_MS);
      if (failure.retryAfterMs === null) return ownMs;
      // Not before it says; and not all who were told the same at the same moment.
      const saidMs = Math.min(LONGEST_REST_MS, Math.max(1_000, failure.retryAfterMs));
      return saidMs + random * Math.min(saidMs, SHORT_REST_MS);
    }
    case 'broken':
    case 'unreachable':
    case 'cut-off':
    case 'silent':
      return grown(SHORT_REST_MS, LONGEST_SHORT_REST_MS);
    case 'refused':
    case 'redirect':
    case 'wrong-length':
      return grown(LONG_REST_MS, LONGEST_REST_MS);
    case 'whole-files':
      return LONGEST_REST_MS * jitter;
  }
}

export interface Rest {
  readonly restMs: number;
  /** The first failure after something good, or one of another kind than the last: worth telling a person. */
  readonly isNews: boolean;
}

/** What is remembered of one web seed for as long as the torrent is in the swarm, over pauses too. */
export class WebSeedHealth {
  #failuresInRow = 0;
  #lastFailure: WebSeedFailure['kind'] | null = null;
  #restsUntilMs = 0;
  #isProven = false;
  #maxRanges = MAX_RANGES;
  #goodRanges = 0;

  constructor(readonly random: () => number) {}

  /** How many requests it may have at once. */
  get maxRanges(): number {
    return this.#isProven ? this.#maxRanges : 1;
  }

  /** It failed, and has given nothing since. */
  get isFailing(): boolean {
    return this.#failuresInRow > 0 && !this.#isProven;
  }

  /** Milliseconds until it is asked again; 0 when it may be now. */
  restingMs(nowMs: number): number {
    return Math.max(0, this.#restsUntilMs - nowMs);
  }

  /** Bytes that were asked for have begun to come. */
  answered(): void {
    this.#isProven = true;
  }

  /** A whole range came. */
  gave(): void {
    this.#failuresInRow = 0;
    this.#lastFailure = null;
    this.#goodRanges++;
    if (this.#goodRanges % RANGES_PER_STEP === 0) {
      this.#maxRanges = Math.min(MAX_RANGES, this.#maxRanges + 1);
    }
  }

  failed(failure: WebSeedFailure, nowMs: number): Rest {
    const rest = restMs(failure, this.#failuresInRow, this.random());
    const isNews = this.#lastFailure !== failure.kind;
    this.#failuresInRow++;
    this.#lastFailure = failure.kind;
    this.#restsUntilMs = nowMs + rest;
    this.#isProven = false;
    // Perhaps it was too much for it.
    this.#maxRanges = Math.max(1, Math.floor(this.#maxRanges / 2));
    return { restMs: rest, isNews };
  }

  /** The network is back, or the machine slept: a rest that may have been the network's fault is over. */
  wake(): void {
    const mayBeNetwork = ['unreachable', 'cut-off', 'silent'] as const;
    if (mayBeNetwork.some((kind) => kind === this.#lastFailure)) this.#restsUntilMs = 0;
  }
}

/** For a person: which seed, what is wrong with it, and when it is asked again. */
export function explainFailure(host: string, failure: WebSeedFailure, rest: number): string {
  return `The web seed ${host} ${whatIsWrong(failure)}. It is tried again in ${duration(rest)}, and more rarely if that goes on.`;
}

function whatIsWrong(failure: WebSeedFailure): string {
  switch (failure.kind) {
    case 'refused':
      return failure.status === 404 || failure.status === 410
        ? `does not have this file (it answered ${failure.status})`
        : `does not give this file to us (it answered ${failure.status})`;
    case 'busy':
      return `asks to be left alone for now (it answered ${failure.status})`;
    case 'broken':
      return `has a problem of its own (it answered ${failure.status})`;
    case 'redirect':
      return 'sends us to another address, which Rill does not follow';
    case 'wrong-length':
      return 'has a file of another size than this torrent';
    case 'whole-files':
      return 'sends whole files only and no parts of them, so Rill leaves it alone';
    case 'unreachable':
      return 'cannot be reached, or does not allow web pages to read from it (CORS)';
    case 'cut-off':
      return 'ended the transfer early';
    case 'silent':
      return `sent nothing for ${SILENCE_MS / 1_000} seconds`;
  }
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 90) return `${seconds} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}
