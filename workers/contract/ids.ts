/**
 * Branded identifiers: a plain string or number cannot be passed where one of these is meant.
 * Each brand is made in one place, after one check.
 */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** SHA-1 of the raw bytes of `info`, as 40 lower-case hex digits (BEP 3). */
export type InfoHash = Brand<string, 'InfoHash'>;
/** Index of a piece, from 0. */
export type PieceIndex = Brand<number, 'PieceIndex'>;
/** Index of a file in the torrent's own order, from 0. */
export type FileIndex = Brand<number, 'FileIndex'>;

/** Returns the info hash, or `null` when the text is not 40 hex digits. Upper case is accepted and lowered. */
export function toInfoHash(text: unknown): InfoHash | null {
  return typeof text === 'string' && /^[0-9a-f]{40}$/i.test(text)
    ? (text.toLowerCase() as InfoHash)
    : null;
}

/** Returns the file index, or `null` when the value is not a whole number from 0. */
export function toFileIndex(value: unknown): FileIndex | null {
  return isIndex(value) ? (value as FileIndex) : null;
}

/** Returns the piece index. The caller has checked the range; a broken invariant throws. */
export function pieceIndex(value: number): PieceIndex {
  if (!isIndex(value)) throw new RangeError(`not a piece index: ${value}`);
  return value as PieceIndex;
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
