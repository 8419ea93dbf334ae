/**
 * What a block that comes does to its wire: the request it answers is over, who made it has the bytes, and they are counted.
 * bittorrent-protocol ends a timer, reads a clock and tells two lists of listeners besides. Between two blocks the processor does
 * other things, so all of it is cold each time, and costs more than the block's copy (docs/decisions/0011).
 */
import type Wire from 'bittorrent-protocol';

/**
 * Puts this in the place of what the wire does. Call while its handshake is being read, before anything that wraps it.
 * @param counted told of each block that was asked for, after who asked for it
 */
export function takeBlocks(wire: Wire, counted: (lengthBytes: number) => void): void {
  wire._onPiece = (piece, offset, block) => {
    const at = requestFor(wire, piece, offset, block.length);
    if (at < 0) return;
    const request = wire.requests[at]!;
    if (at === 0) wire.requests.shift();
    else wire.requests.splice(at, 1);
    request.callback(null, block);
    wire.downloaded += block.length;
    counted(block.length);
  };
  // A timer that is never set (whoever keeps us waiting is snub.ts's), and a line of text for a log that no worker can turn on.
  wire._resetTimeout = () => undefined;
  wire._debug = () => undefined;
}

/** Where in `wire.requests` that block is asked for, or -1. */
export function requestFor(wire: Wire, piece: number, offset: number, length: number): number {
  const { requests } = wire;
  // They keep their order, and blocks mostly come in it: it is the first.
  for (let at = 0; at < requests.length; at++) {
    const request = requests[at]!;
    if (request.offset === offset && request.piece === piece && request.length === length)
      return at;
  }
  return -1;
}
