/**
 * Which bytes a request asks for: RFC 9110 sections 14.1.2 (byte ranges), 14.2 (Range) and 13.1.5 (If-Range). Pure.
 *
 * Only one range is answered as a part. A set of several is answered with the whole, which a server may always do
 * (14.2), never with one part alone as if it were the set.
 */
export type ByteRange =
  | { readonly kind: 'full' }
  /** `endByte` is one past the last byte; always `0 <= startByte < endByte <= lengthBytes`. */
  | { readonly kind: 'partial'; readonly startByte: number; readonly endByte: number }
  | { readonly kind: 'unsatisfiable' };

export interface RangeRequest {
  /** The `Range` header, or `null`. */
  readonly range: string | null;
  /** The `If-Range` header, or `null`. */
  readonly ifRange: string | null;
  /** The strong entity tag of what would be sent, with its quotes. */
  readonly etag: string;
}

const FULL: ByteRange = { kind: 'full' };
const UNSATISFIABLE: ByteRange = { kind: 'unsatisfiable' };

/** Decides what to send of `lengthBytes` bytes. A header that is not understood or not valid is as good as none. */
export function evaluateRange(lengthBytes: number, request: RangeRequest): ByteRange {
  if (request.range === null) return FULL;
  // We send no Last-Modified, so a date never matches; neither does a weak tag, since ours begins with a quote.
  if (request.ifRange !== null && request.ifRange !== request.etag) return FULL;

  const set = /^bytes=(.*)$/is.exec(request.range)?.[1];
  if (set === undefined) return FULL;
  const specs = set.split(',').map((spec) => spec.replace(/^[ \t]+|[ \t]+$/g, ''));
  const ranges = specs.filter((spec) => spec !== '').map((spec) => toRange(spec, lengthBytes));
  const [first] = ranges;
  if (first === undefined || ranges.includes(null)) return FULL;
  if (ranges.every((range) => range === UNSATISFIABLE)) return UNSATISFIABLE;
  return specs.length === 1 && first !== null ? first : FULL;
}

/**
 * One range-spec, or `null` when it is not valid. Positions over 2^53 lose digits and very long ones become Infinity;
 * both are only compared with the length and cut to it, so neither reaches an answer.
 */
function toRange(spec: string, lengthBytes: number): ByteRange | null {
  const match = /^([0-9]*)-([0-9]*)$/.exec(spec);
  if (!match || spec === '-') return null;
  const [, first = '', last = ''] = match;

  if (first === '') {
    const suffixBytes = Math.min(Number(last), lengthBytes);
    if (suffixBytes === 0) return UNSATISFIABLE;
    return { kind: 'partial', startByte: lengthBytes - suffixBytes, endByte: lengthBytes };
  }
  const startByte = Number(first);
  const lastByte = last === '' ? Infinity : Number(last);
  if (lastByte < startByte) return null;
  if (startByte >= lengthBytes) return UNSATISFIABLE;
  return { kind: 'partial', startByte, endByte: Math.min(lastByte, lengthBytes - 1) + 1 };
}
