/** What the real file system does not do on request: see tests/browser for the rest. */
import { describe, expect, it } from 'vitest';
import { pieceIndex, type InfoHash } from '../../../../../../workers/contract/ids.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { HandlePool } from '../../../../../../workers/engine/storage/opfs/handle-pool.ts';
import { OpfsChunkStore } from '../../../../../../workers/engine/storage/opfs/opfs-chunk-store.ts';
import { TorrentFolders } from '../../../../../../workers/engine/storage/opfs/torrent-folders.ts';
import { FakeClock, FakeFile, domError, settled } from '../fakes.ts';

const INFO_HASH = 'a'.repeat(40) as InfoHash;
/** Ten pieces, four to an extent, the last one short. */
const map = new PieceMap(95, 10, 40);
const at = pieceIndex;
const piece = (index: number, fill = index + 1) =>
  new Uint8Array(map.pieceLengthOf(index)).fill(fill);

function setUp() {
  const file = new FakeFile();
  const noRoot = () => Promise.reject(domError('SecurityError'));
  const pool = new HandlePool(async () => file.open());
  const folders = new TorrentFolders(noRoot, new FakeClock());
  return { file, store: new OpfsChunkStore({ pool, folders, infoHash: INFO_HASH, map }) };
}

describe('OPFS chunk store', () => {
  it('gives an extent its length before the first byte, and does so once', async () => {
    const { file, store } = setUp();
    await store.write(at(9), piece(9));
    await store.write(at(8), piece(8));
    expect(file.bytes.length).toBe(15);
    expect(file.calls).toEqual(['getSize', 'truncate', 'write', 'write']);
  });

  it('opens an extent ahead of its first write, and leaves saying what is wrong to that', async () => {
    const { file, store } = setUp();
    store.prepare(at(0));
    await settled();
    expect([file.openHandles, file.calls]).toEqual([1, []]);
    await store.write(at(0), piece(0));
    expect([file.openHandles, file.calls]).toEqual([1, ['getSize', 'truncate', 'write']]);
    await store.close();
    store.prepare(at(0));
    await expect(store.write(at(0), piece(0))).rejects.toMatchObject({ name: 'StorageError' });
    expect(file.openHandles).toBe(0);
  });

  it('writes a run in one write', async () => {
    const { file, store } = setUp();
    await store.writeRun(at(1), [piece(1), piece(2), piece(3)]);
    expect(file.calls.filter((call) => call === 'write')).toHaveLength(1);
    expect([9, 10, 20, 30, 39].map((i) => file.bytes[i])).toEqual([0, 2, 3, 4, 4]);
  });

  it('says that the disk is full, and how much was asked for, when the extent finds no room', async () => {
    const { file, store } = setUp();
    file.failWith = { call: 'truncate', error: domError('QuotaExceededError') };
    await expect(store.write(at(0), piece(0))).rejects.toMatchObject({
      name: 'StorageError',
      reason: { kind: 'storage-full', neededBytes: 40 },
      message: expect.stringMatching(/no room.*Remove a torrent/),
    });
    expect(file.bytes.length).toBe(0);
  });

  it('says so, too, when a write finds no room', async () => {
    const { file, store } = setUp();
    file.failWith = { call: 'write', error: domError('QuotaExceededError') };
    await expect(store.writeRun(at(0), [piece(0), piece(1)])).rejects.toMatchObject({
      reason: { kind: 'storage-full', neededBytes: 20 },
    });
  });

  it.each(['write', 'truncate', 'getSize'] as const)(
    'calls any other failure of %s unavailable and keeps the cause',
    async (call) => {
      const { file, store } = setUp();
      const error = domError('InvalidStateError');
      file.failWith = { call, error };
      await expect(store.write(at(0), piece(0))).rejects.toMatchObject({
        reason: { kind: 'storage-unavailable' },
        cause: error,
      });
    },
  );

  it('does not call a short write written', async () => {
    const { file, store } = setUp();
    file.limitBytes = 4;
    await expect(store.write(at(0), piece(0))).rejects.toMatchObject({
      reason: { kind: 'storage-unavailable', message: expect.stringContaining('4 of 10 bytes') },
    });
  });

  it('does not hand out a short read', async () => {
    const { file, store } = setUp();
    await store.write(at(0), piece(0));
    file.limitBytes = 4;
    await expect(store.read(at(0), 0, 5)).rejects.toMatchObject({
      reason: { kind: 'storage-unavailable' },
    });
  });

  it('reports a failed flush, and flushes again when asked again', async () => {
    const { file, store } = setUp();
    await store.write(at(0), piece(0));
    file.failWith = { call: 'flush', error: domError('InvalidStateError') };
    await expect(store.flush()).rejects.toMatchObject({ name: 'StorageError' });
    file.failWith = null;
    await store.flush();
    expect(file.flushes).toBe(1);
  });

  it('lets go of its handles even when the last flush fails', async () => {
    const { file, store } = setUp();
    await store.write(at(0), piece(0));
    file.failWith = { call: 'flush', error: domError('InvalidStateError') };
    await expect(store.close()).rejects.toMatchObject({ name: 'StorageError' });
    expect(file.openHandles).toBe(0);
  });

  it('says when the browser keeps the files of a destroyed torrent', async () => {
    const { file, store } = setUp();
    await store.write(at(0), piece(0));
    await expect(store.destroy()).rejects.toMatchObject({
      reason: { kind: 'storage-unavailable' },
    });
    expect(file.openHandles).toBe(0);
  });
});
