/**
 * Padding (BEP 47): stretches of a torrent's line that are zero bytes and belong to no file that anybody sees.
 *
 * Invariant: nothing of it is ever asked of a peer: a block that is nothing else is known, and so is a whole piece. What is
 * more than padding is asked for, and stored, whole: a stored piece hashes without anything beside it.
 */
import { Bitfield } from './bitfield.ts';
import type { PieceMap, Span } from './piece-map.ts';
import type { TorrentMeta } from './torrent-meta.ts';

export class Padding {
  /** In order, none empty, none touching the next. */
  readonly #spans: readonly Span[];

  constructor(
    files: TorrentMeta['files'],
    readonly map: PieceMap,
  ) {
    const spans: Span[] = [];
    for (const { offsetBytes, lengthBytes, isPad } of files) {
      if (!isPad || lengthBytes === 0) continue;
      const last = spans.at(-1);
      const isTouching = last && last.offsetBytes + last.lengthBytes === offsetBytes;
      if (!isTouching) spans.push({ offsetBytes, lengthBytes });
      else spans[spans.length - 1] = { ...last, lengthBytes: last.lengthBytes + lengthBytes };
    }
    this.#spans = spans;
  }

  /** Whether every byte of the stretch of the piece is padding. */
  covers(index: number, offsetBytes: number, lengthBytes: number): boolean {
    const start = this.map.pieceOffset(index) + offsetBytes;
    const span = this.#lastFrom(start);
    return span !== undefined && span.offsetBytes + span.lengthBytes >= start + lengthBytes;
  }

  /**
   * The pieces that are nothing but padding. One whose hash says otherwise is not among them: its torrent was made by
   * somebody who does not keep to BEP 47, and it is fetched like any other.
   */
  async wholePieces(pieceHashes: Uint8Array): Promise<Bitfield> {
    const { map } = this;
    const pieces = new Bitfield(map.pieceCount);
    const hashes = new Map<number, Uint8Array>();
    for (const span of this.#spans) {
      const { first, last } = map.piecesOf(span)!;
      for (let i = first; i <= last; i++) {
        const lengthBytes = map.pieceLengthOf(i);
        if (!this.covers(i, 0, lengthBytes)) continue;
        const hash = hashes.get(lengthBytes) ?? (await hashOfZeros(lengthBytes));
        hashes.set(lengthBytes, hash);
        if (hash.every((byte, at) => byte === pieceHashes[20 * i + at])) pieces.set(i);
      }
    }
    return pieces;
  }

  /** The last stretch that begins at or before the byte, by halving. */
  #lastFrom(offsetBytes: number): Span | undefined {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#spans[middle]!.offsetBytes <= offsetBytes) low = middle + 1;
      else high = middle;
    }
    return this.#spans[low - 1];
  }
}

async function hashOfZeros(lengthBytes: number): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-1', new Uint8Array(lengthBytes)));
}
