/** What only IndexedDB does; what every backend does is in chunk-stores.test.ts. */
import { promisifyRequest } from 'idb-keyval';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { pieceIndex, type InfoHash } from '../../../../../../workers/contract/ids.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { openByteDatabase } from '../../../../../../workers/engine/storage/idb/byte-database.ts';
import { IdbBackend } from '../../../../../../workers/engine/storage/idb/idb-backend.ts';
import { tryRecord } from '../../../../../../workers/engine/storage/idb/try-record.ts';
import {
  MISSING,
  freshHash,
  isSame,
  pieceBytes,
} from '../../../../../suites/chunk-store-harness.ts';
import { StorageWorker, TEST_DATABASE } from '../storage-worker.ts';
import { clearSiteData, withIdbQuota } from '../with-quota.ts';

const worker = new StorageWorker();
afterAll(() => worker.kill());

const KIB = 1024;
const MIB = 1024 * KIB;
const at = pieceIndex;
/** Two pieces of three chunks each, the last of them short. */
const map = new PieceMap(2 * 600 * KIB, 600 * KIB);
const database = openByteDatabase(TEST_DATABASE);

/** The length of each stored chunk of the torrent, under its piece and number. */
async function chunksOf(infoHash: InfoHash): Promise<[string, number][]> {
  const range = IDBKeyRange.bound([infoHash], [infoHash, []]);
  return database('readonly', async (records) => {
    const [keys, values] = await Promise.all([
      promisifyRequest(records.getAllKeys(range)),
      promisifyRequest<Uint8Array[]>(records.getAll(range)),
    ]);
    return keys.map((key, i) => [(key as unknown[]).slice(1).join('/'), values[i]!.length]);
  });
}

async function trialKeys(): Promise<IDBValidKey[]> {
  return database('readonly', (records) =>
    promisifyRequest(records.getAllKeys(IDBKeyRange.bound('trial', 'trial~'))),
  );
}

describe('a piece in IndexedDB', () => {
  it('is cut into chunks of 256 KiB, and stored without the buffer it came in', async () => {
    const infoHash = freshHash();
    const store = await worker.open('indexeddb', 'bare', infoHash, map);
    await store.write(at(1), pieceBytes(map, 1));
    expect(await chunksOf(infoHash)).toEqual([
      ['1/0', 256 * KIB],
      ['1/1', 256 * KIB],
      ['1/2', 88 * KIB],
    ]);
    await store.destroy();
  });

  it('is read by the chunks that hold the span, and no other', async () => {
    const infoHash = freshHash();
    const store = await worker.open('indexeddb', 'bare', infoHash, map);
    await store.write(at(0), pieceBytes(map, 0));
    await database('readwrite', (records) => {
      records.delete([infoHash, 0, 2]);
      return promisifyRequest(records.transaction);
    });
    const wanted = pieceBytes(map, 0);
    for (const [offset, length] of [
      [0, 512 * KIB],
      [256 * KIB - 1, 2],
      [256 * KIB, 256 * KIB],
      [512 * KIB - 1, 1],
    ] as const) {
      const read = await store.read(at(0), offset, length);
      expect(isSame(read, wanted.slice(offset, offset + length))).toBe(true);
    }
    await expect(store.read(at(0), 512 * KIB - 1, 2)).rejects.toMatchObject(MISSING);
    await store.destroy();
  });

  it('is on the disk when its write ends, and a flush waits for that', async () => {
    const putting = vi.spyOn(IDBObjectStore.prototype, 'put');
    const ended: string[] = [];
    const store = new IdbBackend(database).openStore(freshHash(), map, () => ended.push('closed'));
    const writing = store.write(at(0), pieceBytes(map, 0)).then(() => ended.push('written'));
    await store.flush();
    ended.push('flushed');
    await writing;
    const durabilities = putting.mock.contexts.map(
      (records) => (records as IDBObjectStore).transaction.durability,
    );
    putting.mockRestore();
    expect(durabilities).toEqual(['strict', 'strict', 'strict']);
    await store.destroy();
    expect(ended).toEqual(['written', 'flushed', 'closed']);
  });

  it('stays what it was when the run that should replace it is torn', async () => {
    const infoHash = freshHash();
    const store = await worker.open('indexeddb', 'bare', infoHash, map);
    await store.writeRun(at(0), [pieceBytes(map, 0), pieceBytes(map, 1)]);
    await worker.call('tearNextWrite', 'indexeddb');
    const torn = store.writeRun(at(0), [pieceBytes(map, 0, 1), pieceBytes(map, 1, 1)]);
    await expect(torn).rejects.toMatchObject({ name: 'StorageError' });
    for (const index of [0, 1]) {
      const read = await store.read(at(index), 0, 600 * KIB);
      expect(isSame(read, pieceBytes(map, index))).toBe(true);
    }
    await store.destroy();
  });

  it.each([
    ['whose file is gone', 'NotReadableError', 'Data lost due to missing file.', true],
    ['whose file is cut short', 'UnknownError', 'Failed to read large IndexedDB value', true],
    ['that cannot be read for now', 'UnknownError', 'Internal error.', false],
  ])('of which a chunk is a value %s: lost or not', async (_, name, message, isMissing) => {
    const failing = () => Promise.reject(new DOMException(message, name));
    const store = new IdbBackend(failing).openStore(freshHash(), map, () => {});
    await expect(store.read(at(0), 0, 10)).rejects.toMatchObject({
      name: 'StorageError',
      isMissing,
      cause: { message },
    });
  });

  it('can be written again after the browser took everything away', async () => {
    const infoHash = freshHash();
    const store = await worker.open('indexeddb', 'bare', infoHash, map);
    await store.write(at(0), pieceBytes(map, 0));
    await clearSiteData('indexeddb');
    await expect(store.read(at(0), 0, 1)).rejects.toMatchObject(MISSING);
    await store.write(at(0), pieceBytes(map, 0, 1));
    expect(isSame(await store.read(at(0), 0, 600 * KIB), pieceBytes(map, 0, 1))).toBe(true);
    await store.destroy();
  });
});

describe('free bytes of IndexedDB', () => {
  it('are never more than was asked about', async () => {
    expect(await worker.call('freeBytes', 'indexeddb', 10 * MIB + 1)).toBe(10 * MIB + 1);
    expect(await worker.call('freeBytes', 'indexeddb', 0)).toBe(0);
  });

  it.each([
    ['what the browser says is left', { usage: 5 * MIB, quota: 12 * MIB }, 7 * MIB],
    ['none when it says that more is used than there is', { usage: 5 * MIB, quota: MIB }, 0],
    ['all that was asked about when it says nothing', {}, 100 * MIB],
  ])('are %s', async (_, said, freeBytes) => {
    // Chromium itself says usage + 10 GiB, whatever its quota is.
    const { estimate } = navigator.storage;
    Object.assign(navigator.storage, { estimate: () => Promise.resolve(said) });
    try {
      expect(await new IdbBackend(database).freeBytes(100 * MIB)).toBe(freeBytes);
    } finally {
      Object.assign(navigator.storage, { estimate });
    }
  });

  it('are none when a record of 1 MiB finds no room, whatever the browser says', async () => {
    await withIdbQuota(512 * KIB, async () => {
      expect(await worker.call('freeBytes', 'indexeddb', 100 * MIB)).toBe(0);
      expect(await worker.call('tryRecord', MIB)).toMatchObject({
        ok: false,
        error: { kind: 'storage-full', neededBytes: MIB },
      });
    });
  });

  it('are tried out without a trace', async () => {
    await worker.call('freeBytes', 'indexeddb', MIB);
    expect(await trialKeys()).toEqual([]);
  });
});

describe('the probe of IndexedDB', () => {
  it('succeeds where a record is kept, also in two tabs at once', async () => {
    const results = await Promise.all([worker.call('tryRecord', 1), worker.call('tryRecord', 1)]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect(await trialKeys()).toEqual([]);
  });

  it('says what to do where IndexedDB is refused', async () => {
    const refused = () => Promise.reject(new DOMException('blocked', 'SecurityError'));
    expect(await new IdbBackend(refused).freeBytes(MIB)).toBe(0);
    expect(await tryRecord(refused, 1)).toMatchObject({
      error: { kind: 'storage-unavailable', message: expect.stringContaining('Allow this site') },
    });
  });
});

describe('a loss of everything in IndexedDB', () => {
  it('is told once', async () => {
    expect(await worker.call('isIntact', 'indexeddb')).toBe(true);
    expect(await worker.call('isIntact', 'indexeddb')).toBe(true);
    await clearSiteData('indexeddb');
    expect(await worker.call('isIntact', 'indexeddb')).toBe(false);
    expect(await worker.call('isIntact', 'indexeddb')).toBe(true);
  });

  it('is not told when IndexedDB only fails', async () => {
    const backend = new IdbBackend(() => Promise.reject(new DOMException('no', 'UnknownError')));
    expect([await backend.isIntact(), await backend.isIntact()]).toEqual([true, true]);
  });
});
