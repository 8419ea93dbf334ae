/**
 * All arithmetic between pieces, files, extents and bytes. A torrent is one line of `lengthBytes` bytes, cut into pieces
 * of `pieceLength` (the last may be shorter); extents are whole numbers of pieces; files are intervals of the line.
 */
import { pieceIndex, type PieceIndex } from '../../contract/ids.ts';

/** An extent is the largest multiple of the piece length that is at most this, and at least one piece. */
export const MAX_EXTENT_BYTES = 64 * 1024 * 1024;

export interface Span {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Pieces `first` to `last`, both included. */
export interface PieceRange {
  readonly first: number;
  readonly last: number;
}

export class PieceMap {
  readonly pieceCount: number;
  readonly extentLengthBytes: number;
  readonly extentCount: number;
  readonly piecesPerExtent: number;

  constructor(
    readonly lengthBytes: number,
    readonly pieceLength: number,
    maxExtentBytes = MAX_EXTENT_BYTES,
  ) {
    this.pieceCount = Math.ceil(lengthBytes / pieceLength);
    this.piecesPerExtent = Math.max(1, Math.floor(maxExtentBytes / pieceLength));
    this.extentLengthBytes = this.piecesPerExtent * pieceLength;
    this.extentCount = Math.ceil(this.pieceCount / this.piecesPerExtent);
  }

  pieceOffset(index: number): number {
    return index * this.pieceLength;
  }

  pieceLengthOf(index: number): number {
    return Math.min(this.pieceLength, this.lengthBytes - index * this.pieceLength);
  }

  /** The piece that holds the byte at `offsetBytes` of the line. */
  pieceAt(offsetBytes: number): PieceIndex {
    return pieceIndex(Math.floor(offsetBytes / this.pieceLength));
  }

  /** The pieces that hold any byte of the span, or `null` for an empty span. */
  piecesOf(span: Span): PieceRange | null {
    if (span.lengthBytes <= 0) return null;
    return {
      first: this.pieceAt(span.offsetBytes),
      last: this.pieceAt(span.offsetBytes + span.lengthBytes - 1),
    };
  }

  extentOf(index: number): number {
    return Math.floor(index / this.piecesPerExtent);
  }

  /** Where the piece begins within its extent, in bytes. */
  offsetInExtent(index: number): number {
    return (index % this.piecesPerExtent) * this.pieceLength;
  }

  extentLengthOf(extent: number): number {
    return Math.min(this.extentLengthBytes, this.lengthBytes - extent * this.extentLengthBytes);
  }

  piecesOfExtent(extent: number): PieceRange {
    const first = extent * this.piecesPerExtent;
    return { first, last: Math.min(first + this.piecesPerExtent, this.pieceCount) - 1 };
  }

  /** How many bytes of the span lie in the piece. */
  overlapBytes(index: number, span: Span): number {
    const start = Math.max(span.offsetBytes, this.pieceOffset(index));
    const end = Math.min(
      span.offsetBytes + span.lengthBytes,
      this.pieceOffset(index) + this.pieceLengthOf(index),
    );
    return Math.max(0, end - start);
  }
}
