/**
 * What a wire receives, without garbage. bittorrent-protocol joins each message into a fresh buffer; at 12 MB/s that is as
 * much again in buffers that wait for a full collection, which comes when 64 MiB have gathered (docs/decisions/0005).
 *
 * Invariants: received bytes lie in one buffer that is used again, so what parses them copies what it keeps; a received
 * buffer is freed as soon as its bytes are out of it, if it is ours alone. A web seed is a wire of this same process: but for
 * payload it hands over bittorrent-protocol's own constants, which every other wire sends too.
 */
import type Wire from 'bittorrent-protocol';
import { uint32 } from './message-rules.ts';

const FIRST_CAPACITY_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;
/** Length, id, index and offset before the payload of a PIECE message (BEP 3). */
const HEAD_BYTES = 13;
const PIECE_ID = 7;

/** Call while the wire's handshake is being read, after it is guarded. */
export function reuseReceiveBuffer(wire: Wire): void {
  let held = new Uint8Array(FIRST_CAPACITY_BYTES);
  let heldBytes = 0;
  let head: Uint8Array | null = null;

  const onBitField = wire._onBitField.bind(wire);
  wire._onBitField = (bytes) => onBitField(bytes.slice());
  const onExtended = wire._onExtended.bind(wire);
  wire._onExtended = (extension, bytes) => onExtended(extension, bytes.slice());

  function hold(bytes: Uint8Array): void {
    if (heldBytes + bytes.length > held.length) {
      const larger = new Uint8Array(Math.max(2 * held.length, heldBytes + bytes.length));
      larger.set(held.subarray(0, heldBytes));
      held = larger;
    }
    held.set(bytes, heldBytes);
    heldBytes += bytes.length;
  }

  /** The first bytes of a message that is a block, and none of its payload. */
  function isHead(bytes: Uint8Array): boolean {
    if (bytes.length !== HEAD_BYTES || bytes[4] !== PIECE_ID || heldBytes > 0) return false;
    return wire._parser === wire._onMessageLength;
  }

  function parse(): void {
    let at = 0;
    while (heldBytes - at >= wire._parserSize) {
      const part = held.subarray(at, (at += wire._parserSize));
      wire._parser(part);
    }
    held.copyWithin(0, at, heldBytes);
    heldBytes -= at;
  }

  /** Most clients send a block as its head and its payload apart: the one waits as it came, the other is used where it lies. */
  function take(bytes: Uint8Array): void {
    const begun = head;
    head = null;
    if (begun && bytes.length === uint32(begun, 0) - (HEAD_BYTES - LENGTH_BYTES)) {
      wire._onPiece(uint32(begun, 5), uint32(begun, 9), bytes);
      return free(bytes);
    }
    if (begun) hold(begun);
    else if (isHead(bytes)) {
      head = bytes;
      return;
    }
    hold(bytes);
    parse();
    if (wire.type === 'webrtc') free(bytes);
  }

  wire._write = (bytes, callback) => {
    // What the wire had gathered by itself before we took over.
    if (wire._buffer.length > 0) {
      for (const left of wire._buffer.splice(0)) hold(left);
      wire._bufferSize = 0;
    }
    take(bytes);
    callback(null);
  };
}

/** Smaller ones are no burden until they are collected, and half of all messages are the heads of blocks. */
const WORTH_FREEING_BYTES = 1_024;

/** Gives the memory back at once, when no other view can hold a part of it. Browsers without `transfer` collect it. */
function free(bytes: Uint8Array): void {
  if (bytes.byteLength < WORTH_FREEING_BYTES) return;
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) buffer.transfer?.(0);
}
