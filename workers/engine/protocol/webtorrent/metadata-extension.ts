/**
 * ut_metadata (BEP 9), both ways, in place of webtorrent's, which decodes what peers send before it is bounded or hashed.
 * Each peer is asked once for the whole of `info`; the first whose bytes hash to the info hash wins, and who sent others
 * is dropped. A peer that rejects is not asked again: others are.
 *
 * Invariant: what peers of one torrent have sent of metadata takes `MAX_HELD_BYTES` at most, however many they are.
 */
import type Wire from 'bittorrent-protocol';
import type { WireExtension } from 'bittorrent-protocol';
import { asDictionary, decodeBencode, scanBencode } from '../../readers/bencode.ts';

const METADATA_PIECE_BYTES = 16 * 1024;
export const MAX_METADATA_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 256;
/** How often one peer is given each piece, on average: a request of 40 bytes makes us hold 16 KiB until it reads them. */
const MAX_GIFTS = 2;
/** After so many rejects a peer that goes on asking is not answered any more. */
const MAX_REJECTS = 300;
/** Four liars of the largest size; beyond that the peer that has been silent for longest gives way. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

const REQUEST = 0;
const DATA = 1;
const REJECT = 2;

export interface MetadataSource {
  /** The raw bytes of `info`, once known: given to peers that ask. */
  readonly infoBytes: Uint8Array | null;
  readonly infoHash: string;
  /** Bytes whose SHA-1 is the info hash. */
  onMetadata(infoBytes: Uint8Array): void;
}

/** Makes the extension class that `wire.use` wants, one for all wires of a torrent. */
export function metadataExtension(source: MetadataSource): new (wire: Wire) => WireExtension {
  /** Who holds pieces, and how many bytes of them; longest silent first. */
  const held = new Map<UtMetadata, number>();
  let heldBytes = 0;

  class UtMetadata implements WireExtension {
    #pieces: (Uint8Array | undefined)[] = [];
    #sizeBytes = 0;
    #given = 0;
    #rejected = 0;

    constructor(readonly wire: Wire) {
      wire.extendedHandshake['reqq'] = 250;
      wire.extendedHandshake['v'] = 'Rill';
      if (source.infoBytes) wire.extendedHandshake['metadata_size'] = source.infoBytes.length;
      wire.once('close', () => this.#forget());
    }

    onExtendedHandshake(handshake: Record<string, unknown>): void {
      const size = handshake['metadata_size'];
      // A later handshake (BEP 10 allows it) asks for nothing again: it would be many requests for a few bytes.
      if (source.infoBytes || this.#sizeBytes > 0 || typeof size !== 'number') return;
      if (!Number.isSafeInteger(size) || size <= 0 || size > MAX_METADATA_BYTES) return;
      this.#sizeBytes = size;
      this.#askForAll();
    }

    onMessage(bytes: Uint8Array): void {
      const end = scanBencode(bytes.subarray(0, MAX_HEADER_BYTES));
      if (!end.ok) return;
      const header = decodeBencode(bytes.subarray(0, end.value));
      const fields = header.ok ? asDictionary(header.value.value) : null;
      const piece = fields?.get('piece');
      if (typeof piece !== 'number' || piece < 0) return;
      if (fields?.get('msg_type') === REQUEST) this.#answer(piece);
      else if (fields?.get('msg_type') === DATA) this.#take(piece, bytes.subarray(end.value));
    }

    #askForAll(): void {
      const count = Math.ceil(this.#sizeBytes / METADATA_PIECE_BYTES);
      this.#pieces = new Array<Uint8Array | undefined>(count).fill(undefined);
      for (let piece = 0; piece < count; piece++) this.#send({ msg_type: REQUEST, piece });
    }

    #answer(piece: number): void {
      const info = source.infoBytes;
      const start = piece * METADATA_PIECE_BYTES;
      const isGreedy =
        info && this.#given >= MAX_GIFTS * Math.ceil(info.length / METADATA_PIECE_BYTES);
      if (!info || start >= info.length || isGreedy) {
        if (++this.#rejected <= MAX_REJECTS) this.#send({ msg_type: REJECT, piece });
        return;
      }
      this.#given++;
      this.#send(
        { msg_type: DATA, piece, total_size: info.length },
        info.subarray(start, start + METADATA_PIECE_BYTES),
      );
    }

    #take(piece: number, data: Uint8Array): void {
      if (source.infoBytes || piece >= this.#pieces.length || this.#pieces[piece]) return;
      const start = piece * METADATA_PIECE_BYTES;
      if (data.length !== Math.min(METADATA_PIECE_BYTES, this.#sizeBytes - start)) return;
      this.#pieces[piece] = data.slice();
      this.#hold(data.length);
      if (this.#pieces.every((part) => part)) void this.#check();
    }

    #hold(lengthBytes: number): void {
      const ownBytes = held.get(this) ?? 0;
      held.delete(this);
      held.set(this, ownBytes + lengthBytes);
      heldBytes += lengthBytes;
      const [silent] = held.keys();
      if (heldBytes <= MAX_HELD_BYTES || !silent) return;
      silent.#forget();
      silent.wire.destroy();
    }

    #forget(): void {
      heldBytes -= held.get(this) ?? 0;
      held.delete(this);
      this.#pieces = [];
    }

    async #check(): Promise<void> {
      const info = new Uint8Array(this.#sizeBytes);
      this.#pieces.forEach((part, i) => info.set(part!, i * METADATA_PIECE_BYTES));
      this.#forget();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', info));
      const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      // It sent us something else: nothing it says is of use.
      if (hex !== source.infoHash) return void this.wire.destroy();
      for (const other of [...held.keys()]) other.#forget();
      source.onMetadata(info);
    }

    #send(header: Record<string, number>, data?: Uint8Array): void {
      const keys = Object.keys(header).sort();
      const text = `d${keys.map((key) => `${key.length}:${key}i${header[key]}e`).join('')}e`;
      const head = new TextEncoder().encode(text);
      const message = new Uint8Array(head.length + (data?.length ?? 0));
      message.set(head);
      if (data) message.set(data, head.length);
      try {
        this.wire.extended('ut_metadata', message);
      } catch {
        // The peer did not name the extension in its handshake: there is nobody to send this to.
      }
    }
  }
  Object.defineProperty(UtMetadata.prototype, 'name', { value: 'ut_metadata' });
  return UtMetadata;
}
