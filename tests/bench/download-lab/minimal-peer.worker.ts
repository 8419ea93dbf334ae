/**
 * The least that receives, hashes and stores a torrent: one channel in a worker, requests in flight, `crypto.subtle` for
 * each piece, one sync handle. No metadata, no second peer, no upload, no limits, no trust in anything but the hashes.
 */
import type { SyncHandle } from '../../../workers/engine/storage/opfs/sync-handle.ts';
import { openSync } from '../../../workers/engine/storage/opfs/torrent-folders.ts';
import type { MinimalJob } from './minimal-peer.ts';

const BLOCK = 16_384;
/** As many as Rill asks a peer for that is as near as this (protocol/pipeline.ts), asked for by halves. */
const PIPELINE = 48;
const PIECE_HEAD = 13;
const ID = { unchoke: 1, interested: 2, request: 6, piece: 7 } as const;

addEventListener('message', ({ data }: MessageEvent<MinimalJob>) => {
  void new MinimalPeer(data).run();
});

class MinimalPeer {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  readonly #pieces = new Map<number, { bytes: Uint8Array<ArrayBuffer>; missing: number }>();
  #nextAsk = 0;
  #inFlight = 0;
  #storedBytes = 0;
  /** What came and is not a whole message yet, without the handshake. */
  #held: Uint8Array = new Uint8Array(0);
  #toSkip = 68;
  #startedMs = 0;
  #handle!: SyncHandle;

  constructor(readonly job: MinimalJob) {
    const { channel } = job;
    channel.binaryType = 'arraybuffer';
    // Within the task that received it: handlers do not survive the transfer.
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) =>
      this.#receive(new Uint8Array(data));
    channel.onopen = () => channel.send(job.handshake);
  }

  async run(): Promise<void> {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle('minimal', { create: true });
    this.#handle = await openSync(file);
    this.#handle.truncate(this.job.lengthBytes);
  }

  #receive(bytes: Uint8Array): void {
    // A block's head and payload come apart, and the payload is used where it lies.
    if (!this.#toSkip && this.#held.length === PIECE_HEAD && this.#held[4] === ID.piece) {
      const head = new DataView(this.#held.buffer, this.#held.byteOffset);
      if (bytes.length === head.getUint32(0) - 9) {
        this.#held = new Uint8Array(0);
        return this.#block(head.getUint32(5), head.getUint32(9), bytes);
      }
    }
    this.#parse(this.#held.length ? joined(this.#held, bytes) : bytes);
  }

  #parse(bytes: Uint8Array): void {
    let at = Math.min(this.#toSkip, bytes.length);
    if (this.#toSkip && (this.#toSkip -= at) === 0) this.#greet();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (bytes.length - at >= 4 && bytes.length - at >= 4 + view.getUint32(at)) {
      const length = view.getUint32(at);
      if (bytes[at + 4] === ID.unchoke && length) this.#ask();
      if (bytes[at + 4] === ID.piece && length) {
        const payload = bytes.subarray(at + PIECE_HEAD, at + 4 + length);
        this.#block(view.getUint32(at + 5), view.getUint32(at + 9), payload);
      }
      at += 4 + length;
    }
    this.#held = bytes.slice(at);
  }

  #greet(): void {
    this.#startedMs = performance.now();
    this.job.channel.send(Uint8Array.of(0, 0, 0, 1, ID.interested));
  }

  #ask(): void {
    const { lengthBytes, pieceLength } = this.job;
    const count = Math.min(
      PIPELINE - this.#inFlight,
      Math.ceil(lengthBytes / BLOCK) - this.#nextAsk,
    );
    if (count <= 0) return;
    const messages = new DataView(new ArrayBuffer(17 * count));
    for (let n = 0; n < count; n++) {
      const from = this.#nextAsk++ * BLOCK;
      messages.setUint32(17 * n, 13);
      messages.setUint8(17 * n + 4, ID.request);
      messages.setUint32(17 * n + 5, Math.floor(from / pieceLength));
      messages.setUint32(17 * n + 9, from % pieceLength);
      messages.setUint32(17 * n + 13, Math.min(BLOCK, lengthBytes - from));
    }
    this.#inFlight += count;
    this.job.channel.send(messages);
  }

  #block(index: number, offset: number, payload: Uint8Array): void {
    let piece = this.#pieces.get(index);
    if (!piece) this.#pieces.set(index, (piece = this.#begin(index)));
    piece.bytes.set(payload, offset);
    piece.missing -= payload.length;
    if (piece.missing === 0) void this.#finish(index, piece.bytes);
    if (--this.#inFlight <= PIPELINE / 2) this.#ask();
  }

  #begin(index: number) {
    const { lengthBytes, pieceLength } = this.job;
    const missing = Math.min(pieceLength, lengthBytes - index * pieceLength);
    const bytes = (missing === pieceLength && this.#spare.pop()) || new Uint8Array(missing);
    return { bytes, missing };
  }

  async #finish(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { pieceLength, pieceHashes, lengthBytes } = this.job;
    this.#pieces.delete(index);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
    if (hash.some((byte, n) => byte !== pieceHashes[20 * index + n]))
      throw new Error('wrong piece');
    this.#handle.write(bytes, { at: index * pieceLength });
    this.#spare.push(bytes);
    this.#storedBytes += bytes.length;
    if (this.#storedBytes < lengthBytes) return;
    postMessage({ transferMs: performance.now() - this.#startedMs });
    this.#handle.close();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
