/**
 * A chunk store that gives nothing it has not seen hash right since the engine started: pieces that came from peers were
 * hashed on arrival, restored ones are hashed whole before their first read.
 */
import type { PieceIndex } from '../../contract/ids.ts';
import { Bitfield } from '../model/bitfield.ts';
import { StorageError, type QueuedChunkStore } from '../model/chunk-store.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { isPieceIntact } from './piece-hash.ts';

export class VerifiedReads implements QueuedChunkStore {
  readonly #verified: Bitfield;
  /** Hashes under way: whoever asks for the same piece waits for the same one. */
  readonly #underWay = new Map<number, Promise<boolean>>();

  /** `onDamaged` is called by each read that finds a piece damaged, before it rejects. */
  constructor(
    readonly store: QueuedChunkStore,
    readonly meta: TorrentMeta,
    readonly map: PieceMap,
    readonly onDamaged: (index: number) => void,
  ) {
    this.#verified = new Bitfield(map.pieceCount);
  }

  async write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    await this.store.write(index, bytes);
    this.#verified.set(index);
  }

  /** Rejects with a missing-bytes StorageError when the piece is not what it should be. */
  async read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#verified.has(index) && !(await this.verify(index))) {
      this.onDamaged(index);
      const message = `Piece ${index} was damaged in storage. It is fetched again.`;
      throw new StorageError({ kind: 'storage-unavailable', message }, { isMissing: true });
    }
    return this.store.read(index, offsetBytes, lengthBytes);
  }

  /** Hashes the piece again whatever was known of it; rejects with StorageError when storage fails. */
  verify(index: number): Promise<boolean> {
    const running = this.#underWay.get(index);
    if (running) return running;
    const verifying = this.#verify(index).finally(() => this.#underWay.delete(index));
    this.#underWay.set(index, verifying);
    return verifying;
  }

  get isPressed(): boolean {
    return this.store.isPressed;
  }

  hasRoomFor(lengthBytes: number, inFlightBytes: number): boolean {
    return this.store.hasRoomFor(lengthBytes, inFlightBytes);
  }

  get onRelieved(): (() => void) | null {
    return this.store.onRelieved;
  }

  set onRelieved(listener: (() => void) | null) {
    this.store.onRelieved = listener;
  }

  get queuedPieces(): number {
    return this.store.queuedPieces;
  }

  get queuedBytes(): number {
    return this.store.queuedBytes;
  }

  get averageWriteMs(): number {
    return this.store.averageWriteMs;
  }

  flush(): Promise<void> {
    return this.store.flush();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  destroy(): Promise<void> {
    return this.store.destroy();
  }

  async #verify(index: number): Promise<boolean> {
    const isIntact = await isPieceIntact(this.store, this.meta, this.map, index);
    if (isIntact) this.#verified.set(index);
    else this.#verified.clear(index);
    return isIntact;
  }
}
