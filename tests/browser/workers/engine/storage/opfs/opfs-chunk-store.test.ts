/** What only files have; what every backend does is in chunk-stores.test.ts. */
import { afterAll, describe, expect, it } from 'vitest';
import { pieceIndex, type InfoHash } from '../../../../../../workers/contract/ids.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { freshHash, pieceBytes } from '../../../../../suites/chunk-store-harness.ts';
import {
  StorageWorker,
  listOpfs,
  openOpfs,
  readOpfs,
  toSpec,
  writeOpfs,
} from '../storage-worker.ts';
import { withQuota } from '../with-quota.ts';

const worker = new StorageWorker();
afterAll(() => worker.kill());

const at = pieceIndex;
/** Three extents of four pieces; the last piece and the last extent are short. */
const map = new PieceMap(1050, 100, 400);

async function sizesOf(infoHash: InfoHash, of = map): Promise<ReadonlyMap<number, number>> {
  const stamps = await worker.call('extentStamps', 'opfs', infoHash, toSpec(of));
  return new Map([...stamps.values()].map(({ extent, sizeBytes }) => [extent, sizeBytes]));
}

describe('extents in the origin-private file system', () => {
  it('are made by their first write, at their full length', async () => {
    const infoHash = freshHash();
    const store = await worker.open('opfs', 'bare', infoHash, map);
    await store.write(at(9), pieceBytes(map, 9));
    expect(await sizesOf(infoHash)).toEqual(new Map([[2, 250]]));
    await store.write(at(1), pieceBytes(map, 1));
    expect(await sizesOf(infoHash)).toEqual(
      new Map([
        [0, 400],
        [2, 250],
      ]),
    );
    await store.destroy();
    expect(await sizesOf(infoHash)).toEqual(new Map());
    expect(await listOpfs('torrents')).not.toContain(infoHash);
  });

  it('are told with the time of their last change, as the service worker sees it', async () => {
    const infoHash = freshHash();
    const store = await worker.open('opfs', 'bare', infoHash, map);
    await store.write(at(4), pieceBytes(map, 4));
    await store.flush();
    const file = await (await openOpfs(`torrents/${infoHash}/1`, false)).getFile();
    expect(file.lastModified).toBeGreaterThan(0);
    expect(await worker.call('extentStamps', 'opfs', infoHash, toSpec(map))).toEqual(
      new Map([[1, { extent: 1, sizeBytes: file.size, modifiedMs: file.lastModified }]]),
    );
    await store.destroy();
  });

  it('are made again when their folder was deleted behind the store, and are missing until then', async () => {
    const infoHash = freshHash();
    const before = await worker.open('opfs', 'bare', infoHash, map);
    await before.write(at(4), pieceBytes(map, 4));
    await before.close();
    const root = await navigator.storage.getDirectory();
    const torrents = await root.getDirectoryHandle('torrents');
    await torrents.removeEntry(infoHash, { recursive: true });

    const store = await worker.open('opfs', 'bare', infoHash, map);
    await expect(store.read(at(4), 0, 1)).rejects.toMatchObject({ isMissing: true });
    await store.write(at(5), pieceBytes(map, 5));
    expect(await store.read(at(5), 0, 100)).toEqual(pieceBytes(map, 5));
    expect(await sizesOf(infoHash)).toEqual(new Map([[1, 400]]));
    await store.destroy();
  });

  it('can be read by others while the engine holds them open', async () => {
    const infoHash = freshHash();
    const store = await worker.open('opfs', 'bare', infoHash, map);
    await store.write(at(4), pieceBytes(map, 4));
    await store.flush();
    const extent = await readOpfs(`torrents/${infoHash}/1`);
    expect(extent!.slice(0, 100)).toEqual(pieceBytes(map, 4));
    await store.destroy();
  });

  it('share 64 handles over all torrents', async () => {
    const one = new PieceMap(10 * 40, 10, 10);
    const stores = await Promise.all(
      [freshHash(), freshHash()].map((infoHash) => worker.open('opfs', 'bare', infoHash, one)),
    );
    const all = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(
      stores.flatMap((store) => all.map((i) => store.write(at(i), pieceBytes(one, i)))),
    );
    expect(await worker.call('liveHandles')).toBe(64);
    for (const store of stores) {
      for (const i of all) expect(await store.read(at(i), 0, 10)).toEqual(pieceBytes(one, i));
      await store.destroy();
    }
    expect(await worker.call('liveHandles')).toBe(0);
  });

  it('reject a read of what is cut short', async () => {
    const infoHash = freshHash();
    await writeOpfs(`torrents/${infoHash}/0`, new Uint8Array(150));
    const store = await worker.open('opfs', 'bare', infoHash, map);
    expect(await store.read(at(1), 0, 50)).toEqual(new Uint8Array(50));
    await expect(store.read(at(1), 0, 51)).rejects.toMatchObject({
      reason: { kind: 'storage-unavailable', message: expect.stringContaining('50 of 51') },
    });
    await store.write(at(1), pieceBytes(map, 1));
    expect(await store.read(at(1), 0, 100)).toEqual(pieceBytes(map, 1));
    expect(await sizesOf(infoHash)).toEqual(new Map([[0, 400]]));
    await store.destroy();
  });

  it('are taken over from a worker that dies holding them', async () => {
    const infoHash = freshHash();
    const dying = new StorageWorker();
    const old = await dying.open('opfs', 'bare', infoHash, map);
    await old.write(at(0), pieceBytes(map, 0));
    const store = await worker.open('opfs', 'bare', infoHash, map);
    const writing = store.write(at(1), pieceBytes(map, 1));
    // The old worker still answers, so it still holds the lock that the write waits for.
    expect(await old.read(at(0), 0, 100)).toEqual(pieceBytes(map, 0));
    dying.kill();
    await writing;
    expect(await store.read(at(0), 0, 100)).toEqual(pieceBytes(map, 0));
    expect(await store.read(at(1), 0, 100)).toEqual(pieceBytes(map, 1));
    await store.destroy();
  });

  it('that find no room leave nothing and say what was needed', async () => {
    const MIB = 1024 * 1024;
    const big = new PieceMap(256 * MIB, MIB);
    const infoHash = freshHash();
    const store = await worker.open('opfs', 'bare', infoHash, big);
    await withQuota(80 * MIB, async () => {
      // Only a persistent context has a quota (vitest.config.ts); without one this test would prove nothing.
      expect(await worker.call('takesFile', 81 * MIB)).toBe(false);
      await store.write(at(0), new Uint8Array(MIB).fill(1));
      await expect(store.write(at(64), new Uint8Array(MIB))).rejects.toMatchObject({
        reason: { kind: 'storage-full', neededBytes: 64 * MIB },
      });
      expect((await sizesOf(infoHash, big)).get(1) ?? 0).toBe(0);
      expect(await store.read(at(0), MIB - 1, 1)).toEqual(Uint8Array.of(1));
    });
    await store.write(at(64), new Uint8Array(MIB).fill(2));
    expect(await store.read(at(64), 0, 1)).toEqual(Uint8Array.of(2));
    await store.destroy();
  });
});
