/**
 * How much may be under way at once, over all torrents of the engine: pieces, and bytes where pieces are large, so that
 * memory does not depend on what somebody chose as a piece length.
 */
import { PieceBuffers } from './piece-buffers.ts';

/** A torrent of 16 MiB pieces would otherwise hold 320 MiB in twenty of them. */
const MAX_IN_FLIGHT_BYTES = 24 * 1024 * 1024;
/** However large pieces are, one may end while another begins. */
const MIN_PIECES = 2;

export class InFlightLimits {
  inFlightPieces = 0;
  inFlightBytes = 0;
  readonly buffers = new PieceBuffers();

  constructor(
    public maxInFlightPieces: number,
    readonly maxInFlightBytes = MAX_IN_FLIGHT_BYTES,
  ) {}

  /** Whether one more piece may begin; `extra` pieces are let in beyond the limit. */
  mayStart(lengthBytes: number, extra: number): boolean {
    if (this.inFlightPieces >= this.maxInFlightPieces + extra) return false;
    if (this.inFlightPieces < MIN_PIECES + extra) return true;
    return this.inFlightBytes + lengthBytes <= this.maxInFlightBytes + extra * lengthBytes;
  }

  began(lengthBytes: number): void {
    this.inFlightPieces++;
    this.inFlightBytes += lengthBytes;
  }

  ended(lengthBytes: number): void {
    this.inFlightPieces--;
    this.inFlightBytes -= lengthBytes;
  }
}
