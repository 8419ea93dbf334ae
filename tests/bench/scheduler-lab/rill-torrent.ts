/** Rill's torrent of zeros, with nothing around it. */
import { toInfoHash } from '../../../workers/contract/ids.ts';
import { Bitfield } from '../../../workers/engine/model/bitfield.ts';
import type { QueuedChunkStore } from '../../../workers/engine/model/chunk-store.ts';
import { PieceMap } from '../../../workers/engine/model/piece-map.ts';
import { BanList } from '../../../workers/engine/protocol/ban-list.ts';
import { InFlightLimits } from '../../../workers/engine/protocol/in-flight-limits.ts';
import { RateLimits } from '../../../workers/engine/protocol/rate-limits.ts';
import { RillClient } from '../../../workers/engine/protocol/webtorrent/client.ts';
import { RillTorrent } from '../../../workers/engine/protocol/webtorrent/torrent.ts';
import { DEFAULT_SETTINGS } from '../../../workers/contract/settings.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { INFO_HASH, LENGTH_BYTES, PIECE_COUNT, PIECE_LENGTH } from './zero-torrent.ts';

const store: QueuedChunkStore = {
  write: () => Promise.resolve(),
  read: () => Promise.reject(new Error('nothing is kept')),
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
  destroy: () => Promise.resolve(),
  isPressed: false,
  hasRoomFor: () => true,
  onRelieved: null,
  queuedPieces: 0,
  queuedBytes: 0,
  averageWriteMs: 0,
};

export function makeRillTorrent(pieceHash: Uint8Array): RillTorrent {
  const random = seededRandom(3);
  const clock = new FakeClock();
  const torrent = new RillTorrent(INFO_HASH, new RillClient(), {
    events: {
      metadata: () => undefined,
      piece: () => undefined,
      hashFailure: (index) => fail(`piece ${index} is wrong`),
      storageFailed: ({ message }) => fail(message),
      warning: fail,
    },
    limits: new InFlightLimits(DEFAULT_SETTINGS.maxInFlightPieces),
    uploadSlots: () => DEFAULT_SETTINGS.uploadSlots,
    rates: new RateLimits(clock).join(),
    bans: new BanList(() => clock.now()),
    deps: { clock, random, log: () => undefined },
    onPeersChanged: () => undefined,
    onPeersDead: () => undefined,
  });
  const pieceHashes = new Uint8Array(PIECE_COUNT * 20);
  for (let n = 0; n < PIECE_COUNT; n++) pieceHashes.set(pieceHash, n * 20);
  const have = new Bitfield(PIECE_COUNT);
  const wanted = new Bitfield(PIECE_COUNT, new Uint8Array(have.bytes.length).fill(255));
  const meta = {
    infoHash: toInfoHash(INFO_HASH)!,
    name: 'zeros',
    rawName: 'zeros',
    isPrivate: false,
    isMultiFile: false,
    pieceLength: PIECE_LENGTH,
    lengthBytes: LENGTH_BYTES,
    pieceHashes,
    files: [],
    infoBytes: new Uint8Array(1),
  };
  torrent.begin({ meta, map: new PieceMap(LENGTH_BYTES, PIECE_LENGTH), store, have }, wanted);
  return torrent;
}

function fail(reason: string): never {
  throw new Error(reason);
}
