/** What only memory does; what every backend does is in tests/suites, run in a browser. */
import { describe, expect, it, vi } from 'vitest';
import { pieceIndex } from '../../../../../../workers/contract/ids.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { MemoryBackend } from '../../../../../../workers/engine/storage/memory/memory-backend.ts';
import { SMALL, freshHash, pieceBytes } from '../../../../../suites/chunk-store-harness.ts';

const MIB = 1024 * 1024;
const at = pieceIndex;

function setUp(capBytes?: number) {
  const backend = new MemoryBackend(capBytes);
  const openFresh = (map = SMALL) => backend.openStore(freshHash(), map, () => {});
  return { backend, openFresh, free: () => backend.freeBytes(Number.MAX_SAFE_INTEGER) };
}

describe('memory backend', () => {
  it('copies what comes in: the caller uses its buffer again', async () => {
    const store = setUp().openFresh();
    const bytes = pieceBytes(SMALL, 0);
    await store.write(at(0), bytes);
    bytes.fill(0);
    expect(await store.read(at(0), 0, 100)).toEqual(pieceBytes(SMALL, 0));
  });

  it('copies what goes out: the reader may change or transfer it', async () => {
    const store = setUp().openFresh();
    await store.write(at(0), pieceBytes(SMALL, 0));
    (await store.read(at(0), 0, 100)).fill(0);
    const part = await store.read(at(0), 10, 20);
    expect(part).toEqual(pieceBytes(SMALL, 0).slice(10, 30));
    expect(part.buffer.byteLength).toBe(20);
  });

  it('holds at most its cap over all torrents, and says what to do beyond it', async () => {
    const { openFresh } = setUp(3 * MIB);
    const map = new PieceMap(4 * MIB, MIB);
    const [a, b] = [openFresh(map), openFresh(map)];
    await a.write(at(0), new Uint8Array(MIB));
    await b.writeRun(at(0), [new Uint8Array(MIB), new Uint8Array(MIB)]);
    await expect(
      a.writeRun(at(1), [new Uint8Array(MIB), new Uint8Array(MIB)]),
    ).rejects.toMatchObject({
      name: 'StorageError',
      reason: {
        kind: 'storage-full',
        neededBytes: 2 * MIB,
        message: expect.stringMatching(
          /2 MiB more.*memory.*at most 3 MiB.*remove.*normal window/is,
        ),
      },
    });
    await expect(a.read(at(1), 0, 1)).rejects.toMatchObject({ isMissing: true });
  });

  it('has room for a piece that is written again, also when it is full', async () => {
    const { openFresh, free } = setUp(200);
    const store = openFresh();
    await store.writeRun(at(0), [pieceBytes(SMALL, 0), pieceBytes(SMALL, 1)]);
    await store.write(at(1), pieceBytes(SMALL, 1, 1));
    expect(await store.read(at(1), 0, 100)).toEqual(pieceBytes(SMALL, 1, 1));
    expect(await free()).toBe(0);
  });

  it('has the room of a torrent again once it is removed, open or not', async () => {
    const { backend, free } = setUp(1000);
    const [a, b] = [freshHash(), freshHash()];
    const store = backend.openStore(a, SMALL, () => {});
    await store.write(at(0), pieceBytes(SMALL, 0));
    await backend.openStore(b, SMALL, () => {}).write(at(10), pieceBytes(SMALL, 10));
    expect(await free()).toBe(850);
    await store.destroy();
    expect(await free()).toBe(950);
    await backend.remove(b);
    await backend.remove(b);
    expect(await free()).toBe(1000);
  });

  it('never says that more is free than was asked about', async () => {
    const { backend } = setUp(1000);
    expect([await backend.freeBytes(10), await backend.freeBytes(2000)]).toEqual([10, 1000]);
  });

  it('keeps nothing of a run when the device has no memory for all of it', async () => {
    const { openFresh, free } = setUp();
    const store = openFresh();
    await store.write(at(0), pieceBytes(SMALL, 0));
    const before = await free();
    const { slice } = Uint8Array.prototype;
    const copying = vi
      .spyOn(Uint8Array.prototype, 'slice')
      .mockImplementationOnce(function (this: Uint8Array) {
        return slice.call(this);
      })
      .mockImplementationOnce(() => {
        throw new RangeError('Array buffer allocation failed');
      });
    const run = [pieceBytes(SMALL, 0, 1), pieceBytes(SMALL, 1)];
    await expect(store.writeRun(at(0), run)).rejects.toMatchObject({
      reason: { kind: 'storage-full', neededBytes: 200 },
      cause: { name: 'RangeError' },
    });
    copying.mockRestore();
    expect(await free()).toBe(before);
    expect(await store.read(at(0), 0, 100)).toEqual(pieceBytes(SMALL, 0));
    await expect(store.read(at(1), 0, 1)).rejects.toMatchObject({ isMissing: true });
  });

  it('tells its owner when a store is done', async () => {
    const onClosed = vi.fn();
    await new MemoryBackend().openStore(freshHash(), SMALL, onClosed).close();
    expect(onClosed).toHaveBeenCalledOnce();
  });

  it('loses nothing while it runs', async () => {
    expect(await setUp().backend.isIntact()).toBe(true);
  });
});
