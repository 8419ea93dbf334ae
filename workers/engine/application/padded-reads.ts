/** Verified reads of a torrent with padding (BEP 47): pieces that are nothing else are never stored, and read as zeros. */
import type { PieceIndex } from '../../contract/ids.ts';
import type { Bitfield } from '../model/bitfield.ts';
import type { QueuedChunkStore } from '../model/chunk-store.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { VerifiedReads } from './verified-reads.ts';

export class PaddedReads extends VerifiedReads {
  constructor(
    store: QueuedChunkStore,
    meta: TorrentMeta,
    map: PieceMap,
    /** The pieces that are nothing but padding. */
    readonly padding: Bitfield,
    onDamaged: (index: number) => void,
  ) {
    super(store, meta, map, onDamaged);
  }

  override read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.padding.has(index)) return Promise.resolve(new Uint8Array(lengthBytes));
    return super.read(index, offsetBytes, lengthBytes);
  }

  override verify(index: number): Promise<boolean> {
    return this.padding.has(index) ? Promise.resolve(true) : super.verify(index);
  }
}
