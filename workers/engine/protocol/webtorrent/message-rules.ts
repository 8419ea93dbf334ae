/**
 * What each message of a peer must look like before anything reads it (BEP 3, 6, 10, 54): pure.
 *
 * bittorrent-protocol reads what is missing as 0 and numbers as signed, and checks nothing against the torrent. What is
 * wrong in a way that only a broken or hostile peer makes ends the connection; what we merely have no use for is passed
 * over, since other clients and later BEPs may send it in good faith.
 */
import type { PieceMap } from '../../model/piece-map.ts';
import { INFO_LIMITS } from '../../readers/torrent-info.ts';

/** Larger torrents are refused when they are read, so no honest peer names a piece past this. */
const MAX_PIECES = INFO_LIMITS.maxPieces;
/** As webtorrent, libtorrent and others: whoever asks for more at once is disconnected. */
const MAX_BLOCK_BYTES = 128 * 1024;
const BLOCK_HEAD_BYTES = 9;

export const MESSAGE = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  uninterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
} as const;

export interface MessageFacts {
  /** The torrent's pieces, or `null` while the metadata is not known. */
  readonly map: PieceMap | null;
  /** Both sides speak the fast extension (BEP 6). */
  readonly hasFast: boolean;
  /** The name under which we offered an extension with this number (BEP 10). */
  extensionName(number: number): string | undefined;
}

export type Verdict = 'read' | 'ignore' | { readonly violation: string };

/** Judges a whole message: its id and what follows, without the length before it. At least one byte. */
export function judgeMessage(message: Uint8Array, facts: MessageFacts): Verdict {
  switch (message[0]) {
    case MESSAGE.choke:
    case MESSAGE.unchoke:
    case MESSAGE.interested:
    case MESSAGE.uninterested:
      return message.length === 1 ? 'read' : 'ignore';
    case MESSAGE.have:
      return judgePieceNumber(message, facts);
    case MESSAGE.bitfield:
      return judgeBitfield(message.length - 1, facts);
    case MESSAGE.request:
      return judgeRequest(message, facts);
    case MESSAGE.piece:
      return message.length >= BLOCK_HEAD_BYTES ? 'read' : violation('a block without its head');
    case MESSAGE.cancel:
      return message.length === 13 ? 'read' : violation('a malformed cancel');
    case MESSAGE.suggest:
    case MESSAGE.haveAll:
    case MESSAGE.haveNone:
    case MESSAGE.reject:
    case MESSAGE.allowedFast:
      return judgeFast(message, facts);
    case MESSAGE.extended:
      return judgeExtended(message, facts);
    default:
      return 'ignore';
  }
}

/** BEP 6: without the extension the connection MUST be closed. */
function judgeFast(message: Uint8Array, facts: MessageFacts): Verdict {
  const id = message[0];
  if (!facts.hasFast) return violation('a message of an extension that was not agreed on');
  if (id === MESSAGE.reject) {
    return message.length === 13 ? 'read' : violation('a malformed reject');
  }
  if (id === MESSAGE.haveAll || id === MESSAGE.haveNone) {
    return message.length === 1 ? 'read' : violation('a malformed claim to have all or nothing');
  }
  const verdict = judgePieceNumber(message, facts);
  // We choose pieces by ourselves, so a suggestion is only checked.
  return verdict === 'read' && id === MESSAGE.suggest ? 'ignore' : verdict;
}

function judgePieceNumber(message: Uint8Array, { map }: MessageFacts): Verdict {
  if (message.length !== 5) return violation('a malformed piece number');
  const index = uint32(message, 1);
  return index < (map?.pieceCount ?? MAX_PIECES) ? 'read' : violation(`a piece number of ${index}`);
}

function judgeBitfield(lengthBytes: number, { map }: MessageFacts): Verdict {
  const isGood = map
    ? lengthBytes === Math.ceil(map.pieceCount / 8)
    : lengthBytes <= MAX_PIECES / 8;
  return isGood ? 'read' : violation(`a bitfield of ${lengthBytes} bytes`);
}

function judgeRequest(message: Uint8Array, { map }: MessageFacts): Verdict {
  if (message.length !== 13) return violation('a malformed request');
  const index = uint32(message, 1);
  const offset = uint32(message, 5);
  const length = uint32(message, 9);
  if (length === 0 || length > MAX_BLOCK_BYTES) return violation(`a request of ${length} bytes`);
  const isWithin =
    index < (map?.pieceCount ?? MAX_PIECES) &&
    (map === null || offset + length <= map.pieceLengthOf(index));
  return isWithin ? 'read' : violation('a request past the end');
}

function judgeExtended(message: Uint8Array, { map, extensionName }: MessageFacts): Verdict {
  if (message.length < 2) return 'ignore';
  if (message[1] === 0) return 'read';
  switch (extensionName(message[1]!)) {
    // Read by our own code, which bounds and scans it (metadata-extension.ts).
    case 'ut_metadata':
      return 'read';
    // lt_donthave takes the first four bytes of anything, and fails requests of whatever piece they name.
    case 'lt_donthave':
      return message.length === 6 && uint32(message, 2) < (map?.pieceCount ?? MAX_PIECES)
        ? 'read'
        : 'ignore';
    default:
      return 'ignore';
  }
}

function violation(what: string): Verdict {
  return { violation: what };
}

export function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}
