/** The backends as the suite of chunk stores wants them (tests/suites/chunk-store-harness.ts), all in one worker. */
import { promisifyRequest } from 'idb-keyval';
import { pieceIndex, type InfoHash } from '../../../../../workers/contract/ids.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { openByteDatabase } from '../../../../../workers/engine/storage/idb/byte-database.ts';
import { freshHash, type ChunkStoreHarness } from '../../../../suites/chunk-store-harness.ts';
import type { Kind, Layer } from './storage.worker.ts';
import {
  TEST_DATABASE,
  toSpec,
  listOpfs,
  openOpfs,
  readOpfs,
  type StorageWorker,
} from './storage-worker.ts';
import { withIdbQuota, withQuota } from './with-quota.ts';

/** What is the same for every backend. */
function commonOf(
  worker: StorageWorker,
  kind: Kind,
  layer: Layer,
): Pick<ChunkStoreHarness, 'open' | 'openRuns' | 'extentStamps' | 'tearNextWrite'> {
  const open = (infoHash: InfoHash, map: PieceMap) => worker.open(kind, layer, infoHash, map);
  return {
    open,
    openRuns: layer === 'bare' ? open : { lacks: 'the queue takes one piece at a time' },
    extentStamps: (infoHash, map, only) =>
      worker.call('extentStamps', kind, infoHash, toSpec(map), only),
    tearNextWrite: () => worker.call('tearNextWrite', kind),
  };
}

export function opfsHarness(worker: StorageWorker, layer: Layer): ChunkStoreHarness {
  return {
    ...commonOf(worker, 'opfs', layer),
    withRoom: withQuota,
    storedBytes: async (infoHash) => {
      const folder = `torrents/${infoHash}`;
      const names = await listOpfs(folder);
      const found = await Promise.all(names.map((name) => readOpfs(`${folder}/${name}`)));
      return found.reduce((sum, file) => sum + (file?.length ?? 0), 0);
    },
    cutShort: async (infoHash, map, extent) => {
      const file = await openOpfs(`torrents/${infoHash}/${extent}`, false);
      const writable = await file.createWritable({ keepExistingData: true });
      await writable.truncate(map.extentLengthOf(extent) - 1);
      await writable.close();
    },
    viewExtent: async (infoHash, extent) =>
      (await openOpfs(`torrents/${infoHash}/${extent}`, false)).getFile(),
  };
}

export function idbHarness(worker: StorageWorker, layer: Layer): ChunkStoreHarness {
  const database = openByteDatabase(TEST_DATABASE);
  return {
    ...commonOf(worker, 'indexeddb', layer),
    withRoom: withIdbQuota,
    storedBytes: async (infoHash) => {
      const range = IDBKeyRange.bound([infoHash], [infoHash, []]);
      const found = await database('readonly', (records) =>
        promisifyRequest<Uint8Array[]>(records.getAll(range)),
      );
      return found.reduce((sum, { length }) => sum + length, 0);
    },
    cutShort: (infoHash, map, extent) =>
      database('readwrite', (records) => {
        const piece = map.piecesOfExtent(extent).last;
        records.put(new Uint8Array(map.pieceLengthOf(piece) - 1), [infoHash, piece, 0]);
        return promisifyRequest(records.transaction);
      }),
    viewExtent: { lacks: 'the service worker reads only files' },
  };
}

export function memoryHarness(worker: StorageWorker, layer: Layer): ChunkStoreHarness {
  const common = commonOf(worker, 'memory', layer);
  return {
    ...common,
    storedBytes: async (infoHash, map) => {
      const stamps = await common.extentStamps(infoHash, map);
      return [...stamps.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    },
    withRoom: async (roomBytes, act) => {
      const freeBytes = await worker.call('freeBytes', 'memory', Number.MAX_SAFE_INTEGER);
      const map = new PieceMap(freeBytes - roomBytes, freeBytes - roomBytes);
      const filler = await worker.open('memory', 'bare', freshHash(), map);
      await filler.write(pieceIndex(0), new Uint8Array(map.lengthBytes));
      try {
        await act();
      } finally {
        await filler.destroy();
      }
    },
    cutShort: { lacks: 'nobody else reaches the memory of the engine' },
    viewExtent: { lacks: 'nobody else reaches the memory of the engine' },
  };
}
