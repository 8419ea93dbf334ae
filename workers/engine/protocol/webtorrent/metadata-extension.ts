/**
 * ut_metadata (BEP 9), both ways, in place of webtorrent's, which decodes what peers send before it is bounded or hashed. What
 * is asked of whom is metadata-exchange.ts's; here are the messages of one wire, and what we give to who asks.
 */
import type Wire from 'bittorrent-protocol';
import type { WireExtension } from 'bittorrent-protocol';
import { asDictionary, decodeBencode, scanBencode } from '../../readers/bencode.ts';
import { METADATA_PIECE_BYTES } from '../metadata-collection.ts';
import type { MetadataExchange, MetadataPeer } from '../metadata-exchange.ts';

const MAX_HEADER_BYTES = 256;
/** How often one peer is given each piece, on average: a request of 40 bytes makes us hold 16 KiB until it reads them. */
const MAX_GIFTS = 2;
/** After so many rejects a peer that goes on asking is not answered any more. */
const MAX_REJECTS = 300;

const REQUEST = 0;
const DATA = 1;
const REJECT = 2;

/** The peer at the other end of one wire. */
export interface MetadataWire extends MetadataPeer {
  readonly wire: Wire;
}

export interface MetadataSource {
  /** The raw bytes of `info`, once known: given to peers that ask. */
  readonly infoBytes: Uint8Array | null;
  /** Where they come from until then; `null` where they are known from the start. */
  readonly exchange: MetadataExchange<MetadataWire> | null;
}

/** Makes the extension class that `wire.use` wants, one for all wires of a torrent. */
export function metadataExtension(source: MetadataSource): new (wire: Wire) => WireExtension {
  class UtMetadata implements WireExtension, MetadataWire {
    #given = 0;
    #rejected = 0;

    constructor(readonly wire: Wire) {
      wire.extendedHandshake['reqq'] = 250;
      wire.extendedHandshake['v'] = 'Rill';
      if (source.infoBytes) wire.extendedHandshake['metadata_size'] = source.infoBytes.length;
      wire.once('close', () => source.exchange?.leave(this));
    }

    onExtendedHandshake(handshake: Record<string, unknown>): void {
      const sizeBytes = handshake['metadata_size'];
      if (typeof sizeBytes === 'number' && !source.infoBytes)
        source.exchange?.join(this, sizeBytes);
    }

    onMessage(bytes: Uint8Array): void {
      const end = scanBencode(bytes.subarray(0, MAX_HEADER_BYTES));
      if (!end.ok) return;
      const header = decodeBencode(bytes.subarray(0, end.value));
      const fields = header.ok ? asDictionary(header.value.value) : null;
      const piece = fields?.get('piece');
      if (typeof piece !== 'number' || piece < 0) return;
      const type = fields?.get('msg_type');
      if (type === REQUEST) this.#answer(piece);
      else if (type === DATA) source.exchange?.put(this, piece, bytes.subarray(end.value));
      else if (type === REJECT) source.exchange?.rejected(this, piece);
    }

    ask(piece: number): void {
      this.#send({ msg_type: REQUEST, piece });
    }

    close(): void {
      this.wire.destroy();
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
