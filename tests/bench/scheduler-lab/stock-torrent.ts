/** webtorrent's own torrent of zeros: its constructor and its `_onMetadata`, without link parser and trackers. */
import WebTorrent from 'webtorrent';
import Torrent from 'webtorrent/lib/torrent.js';
import { INFO_HASH, LENGTH_BYTES, PIECE_COUNT, PIECE_LENGTH } from './zero-torrent.ts';

/** `sequential` is what webtorrent does unless told otherwise, `rarest` is the policy that Rill has. */
export type Strategy = 'sequential' | 'rarest';

/** Keeps nothing. */
class NoStore {
  readonly close = (done: () => void) => done();
  readonly destroy = (done: () => void) => done();

  constructor(readonly chunkLength: number) {}

  get(_index: number, _options: object, done: (error: Error) => void): void {
    done(new Error('nothing is kept'));
  }

  put(_index: number, _bytes: Uint8Array, done: () => void): void {
    queueMicrotask(done);
  }
}

/** What parse-torrent would have made. */
const parsed = (pieceHash: string) => ({
  infoHash: INFO_HASH,
  name: 'zeros',
  announce: [],
  urlList: [],
  files: [{ name: 'zeros', path: 'zeros', length: LENGTH_BYTES, offset: 0 }],
  length: LENGTH_BYTES,
  pieceLength: PIECE_LENGTH,
  lastPieceLength: PIECE_LENGTH,
  pieces: new Array<string>(PIECE_COUNT).fill(pieceHash),
  torrentFile: new Uint8Array(1),
});

class StockTorrent extends Torrent {
  _processParsedTorrent(from: object): void {
    Object.assign(this, from);
  }

  _startDiscovery(): void {
    this.discovery = { complete: () => undefined, destroy: (done) => done() };
  }
}

export async function makeStockTorrent(pieceHash: Uint8Array, strategy: Strategy) {
  const hex = [...pieceHash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const client = new WebTorrent({
    dht: false,
    lsd: false,
    utPex: false,
    natUpnp: false,
    natPmp: false,
  });
  const torrent = new StockTorrent(null, client, {
    strategy,
    store: NoStore,
    storeCacheSlots: 0,
    // Else it would look for every piece in the store.
    bitfield: new Uint8Array(PIECE_COUNT / 8),
  });
  const ready = new Promise<void>((resolve) => torrent.once('ready', resolve));
  torrent.on('error', (error: Error) => {
    throw error;
  });
  torrent.on('warning', (error: Error) => {
    throw error;
  });
  await (torrent as unknown as { _onMetadata(from: object): Promise<void> })._onMetadata(
    parsed(hex),
  );
  await ready;
  return torrent;
}
