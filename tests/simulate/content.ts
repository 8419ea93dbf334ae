/** The torrent of a simulated swarm, and the store that a member keeps it in: a list of what it has of the one true content. */
import type { QueuedChunkStore } from '../../workers/engine/model/chunk-store.ts';
import { PieceMap } from '../../workers/engine/model/piece-map.ts';
import type { TorrentMeta } from '../../workers/engine/model/torrent-meta.ts';
import { readTorrentFile } from '../../workers/engine/readers/torrent-file.ts';
import { makeTorrent } from '../support/torrents.ts';
import type { SimClock } from './sim-clock.ts';

export interface Content {
  readonly meta: TorrentMeta;
  readonly map: PieceMap;
  readonly bytes: Uint8Array;
}

export async function makeContent(
  seed: number,
  pieceLength: number,
  lengthBytes: number,
): Promise<Content> {
  const made = makeTorrent({ name: `swarm ${seed}`, files: lengthBytes, pieceLength, seed });
  const read = await readTorrentFile(made.torrentBytes);
  if (!read.ok) throw new Error(read.error.message);
  const { meta } = read.value;
  return { meta, map: new PieceMap(meta.lengthBytes, meta.pieceLength), bytes: made.content };
}

/** The block as it should be: not a copy. */
export function trueBlock({ map, bytes }: Content, index: number, offset: number, length: number) {
  const start = map.pieceOffset(index) + offset;
  return bytes.subarray(start, start + length);
}

/**
 * Takes its time over every write. What it is given must be the true content: it says so when it is not, and keeps nothing,
 * so fifty members cost no more memory than one.
 */
export function checkedStore(
  content: Content,
  clock: SimClock,
  writeMs: () => number,
  onWrong: (index: number) => void,
): QueuedChunkStore {
  return {
    isPressed: false,
    onRelieved: null,
    queuedPieces: 0,
    queuedBytes: 0,
    averageWriteMs: 0,
    hasRoomFor: () => true,
    write(index, bytes) {
      if (Buffer.compare(bytes, trueBlock(content, index, 0, bytes.length)) !== 0) onWrong(index);
      return new Promise((resolve) => clock.plan(writeMs(), resolve));
    },
    read: async (index, offset, length) => trueBlock(content, index, offset, length).slice(),
    flush: async () => undefined,
    close: async () => undefined,
    destroy: async () => undefined,
  };
}
