/**
 * Limits on what a peer may make us hold or decode, put around a wire before it parses anything after the handshake.
 * bittorrent-protocol has none of its own: a length prefix may claim 4 GiB, a bitfield any size, and an extension
 * handshake goes to a decoder that does not end on some inputs (FACTS.md). The figures are those of other engines.
 */
import type Wire from 'bittorrent-protocol';
import { scanBencode } from '../../readers/bencode.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_PIECES = 2_097_152;
const MAX_HANDSHAKE_BYTES = 64 * 1024;
const MAX_QUEUED_REQUESTS = 512;

export interface WireLimits {
  /** Number of pieces, or `null` while the metadata is not known. */
  pieceCount(): number | null;
  /** The peer broke a rule; the connection ends. */
  onViolation(reason: string): void;
}

/** Web seeds answer whole pieces from our own code and are not guarded by message length. */
export function guardWire(wire: Wire, limits: WireLimits): void {
  const violated = (reason: string) => {
    // `destroy` ends the stream only later: until then nothing more of what is buffered may be parsed.
    wire._parse(Number.MAX_VALUE, () => undefined);
    limits.onViolation(reason);
    wire.destroy();
  };
  const onMessageLength = wire._onMessageLength.bind(wire);
  wire._onMessageLength = (bytes) => {
    const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    if (length > MAX_MESSAGE_BYTES && wire.type !== 'webSeed')
      violated(`a message of ${length} bytes`);
    else onMessageLength(bytes);
  };
  const onBitField = wire._onBitField.bind(wire);
  wire._onBitField = (bytes) => {
    const count = limits.pieceCount();
    const isGood =
      count === null ? bytes.length <= MAX_PIECES / 8 : bytes.length === Math.ceil(count / 8);
    if (isGood) onBitField(bytes);
    else violated(`a bitfield of ${bytes.length} bytes`);
  };
  const onHave = wire._onHave.bind(wire);
  wire._onHave = (index) => {
    // bittorrent-protocol reads numbers as signed: what claims 4 billion arrives as less than 0.
    if (index >= 0 && index < (limits.pieceCount() ?? MAX_PIECES)) onHave(index);
    else violated(`a piece number of ${index}`);
  };
  const onRequest = wire._onRequest.bind(wire);
  wire._onRequest = (index, offset, length) => {
    if (index < 0 || offset < 0 || length < 0) violated('a malformed request');
    else if (wire.peerRequests.length < MAX_QUEUED_REQUESTS) onRequest(index, offset, length);
    else violated('too many requests at once');
  };
  const onExtended = wire._onExtended.bind(wire);
  wire._onExtended = (extension, bytes) => {
    if (extension === 0 && !isGoodHandshake(bytes)) violated('a malformed extension handshake');
    else onExtended(extension, bytes);
  };
}

function isGoodHandshake(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_HANDSHAKE_BYTES) return false;
  return scanBencode(bytes, { maxBytes: MAX_HANDSHAKE_BYTES, maxDepth: 10, maxTokens: 2_000 }).ok;
}
