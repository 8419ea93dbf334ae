/** How much room there is, and whether everything was taken away: tried out, because the browser does not say. */
import { afterAll, describe, expect, it } from 'vitest';
import { pieceIndex } from '../../../../../../workers/contract/ids.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { MAX_HANDLES } from '../../../../../../workers/engine/storage/opfs/handle-pool.ts';
import { freshHash } from '../../../../../suites/chunk-store-harness.ts';
import { listOpfs, StorageWorker } from '../storage-worker.ts';
import { clearSiteData, withQuota } from '../with-quota.ts';

const worker = new StorageWorker();
afterAll(() => worker.kill());

const MIB = 1024 * 1024;

describe('free bytes of the origin-private file system', () => {
  it('are what fits under the quota, to the MiB', async () => {
    await withQuota(80 * MIB, async () => {
      const freeBytes = await worker.call('freeBytes', 'opfs', 200 * MIB);
      expect(freeBytes).toBeLessThanOrEqual(80 * MIB);
      expect(freeBytes).toBeGreaterThanOrEqual(78 * MIB);
      expect(freeBytes % MIB).toBe(0);
      const store = await worker.open('opfs', 'bare', freshHash(), new PieceMap(72 * MIB, MIB));
      for (const first of [0, 64]) await store.write(pieceIndex(first), new Uint8Array(MIB));
      const next = await worker.open('opfs', 'bare', freshHash(), new PieceMap(9 * MIB, MIB));
      await expect(next.write(pieceIndex(0), new Uint8Array(MIB))).rejects.toMatchObject({
        reason: { kind: 'storage-full' },
      });
      const leftBytes = await worker.call('freeBytes', 'opfs', 200 * MIB);
      expect(leftBytes).toBeLessThanOrEqual(8 * MIB);
      expect(leftBytes).toBeGreaterThanOrEqual(6 * MIB);
      for (const each of [store, next]) await each.destroy();
    });
  });

  it('are never more than was asked about, to the byte when all of it fits', async () => {
    expect(await worker.call('freeBytes', 'opfs', 10 * MIB + 1)).toBe(10 * MIB + 1);
    expect(await worker.call('freeBytes', 'opfs', 0)).toBe(0);
  });

  it('are the same for all who ask at once', async () => {
    await withQuota(20 * MIB, async () => {
      const asked = [200 * MIB, 200 * MIB, 10 * MIB];
      const found = await Promise.all(
        asked.map((bytes) => worker.call('freeBytes', 'opfs', bytes)),
      );
      expect(found[0]).toBeGreaterThanOrEqual(18 * MIB);
      expect(found).toEqual([found[0], found[0], 10 * MIB]);
    });
  });

  it('are tried out without a trace', async () => {
    const { usage: before } = await navigator.storage.estimate();
    await worker.call('freeBytes', 'opfs', 50 * MIB);
    expect((await listOpfs('')).filter((name) => name.startsWith('rill-room'))).toEqual([]);
    expect((await navigator.storage.estimate()).usage).toBe(before);
  });
});

describe('a loss of everything in the origin-private file system', () => {
  it('is told once', async () => {
    expect(await worker.call('isIntact', 'opfs')).toBe(true);
    expect(await worker.call('isIntact', 'opfs')).toBe(true);
    await clearSiteData('file_systems');
    expect(await worker.call('isIntact', 'opfs')).toBe(false);
    expect(await worker.call('isIntact', 'opfs')).toBe(true);
  });

  it('does not stop the engine when it makes room for another handle', async () => {
    // One extent more than handles are kept open, of one byte each.
    const map = new PieceMap(MAX_HANDLES + 1, 1, 1);
    const store = await worker.open('opfs', 'bare', freshHash(), map);
    for (let i = 0; i < MAX_HANDLES; i++) await store.write(pieceIndex(i), new Uint8Array(1));
    await clearSiteData('file_systems');
    await store.write(pieceIndex(MAX_HANDLES), Uint8Array.of(7));
    expect(await store.read(pieceIndex(MAX_HANDLES), 0, 1)).toEqual(Uint8Array.of(7));
    await store.destroy();
  });

  it('is not told by an engine that starts after it', async () => {
    await clearSiteData('file_systems');
    const fresh = new StorageWorker();
    expect(await fresh.call('isIntact', 'opfs')).toBe(true);
    fresh.kill();
  });
});
