import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pieceIndex } from '../../../workers/contract/ids.ts';
import type { ChunkStore } from '../../../workers/engine/model/chunk-store.ts';
import { MemoryBackend } from '../../../workers/engine/storage/memory/memory-backend.ts';
import { SMALL, freshHash, pieceBytes } from '../../suites/chunk-store-harness.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { FaultyStore, Quota, atWrites, failing, slow, torn } from '../../support/faulty-store.ts';

const at = pieceIndex;
const UNAVAILABLE = { reason: { kind: 'storage-unavailable' } };
const MISSING = { isMissing: true };
let inner: ChunkStore;

beforeEach(() => {
  inner = new MemoryBackend().openStore(freshHash(), SMALL, () => {});
});

const readPiece = (store: ChunkStore, index: number) =>
  store.read(at(index), 0, SMALL.pieceLengthOf(index));

describe('faulty store', () => {
  it('without faults is the store within', async () => {
    const store = new FaultyStore(inner);
    await store.write(at(10), pieceBytes(SMALL, 10));
    await store.writeRun(at(0), [pieceBytes(SMALL, 0), pieceBytes(SMALL, 1)]);
    for (const i of [0, 1, 10]) expect(await readPiece(store, i)).toEqual(pieceBytes(SMALL, i));
    await store.close();
    await expect(inner.flush()).rejects.toMatchObject(UNAVAILABLE);
  });

  it('hands a run piece by piece to a store that takes no runs', async () => {
    const single: ChunkStore = { ...inner, write: vi.fn(async () => {}) };
    await new FaultyStore(single).writeRun(at(4), [pieceBytes(SMALL, 4), pieceBytes(SMALL, 5)]);
    expect(vi.mocked(single.write).mock.calls.map(([index]) => index)).toEqual([4, 5]);
  });

  it('refuses the writes it is told to, and stores nothing of them', async () => {
    const store = new FaultyStore(inner, atWrites([2], failing()));
    await store.write(at(0), pieceBytes(SMALL, 0));
    await expect(store.write(at(1), pieceBytes(SMALL, 1))).rejects.toMatchObject(UNAVAILABLE);
    await expect(readPiece(store, 1)).rejects.toMatchObject(MISSING);
    await store.write(at(1), pieceBytes(SMALL, 1));
    expect(await readPiece(store, 1)).toEqual(pieceBytes(SMALL, 1));
  });

  it('tears a piece: its first half is there, the write is refused', async () => {
    const store = new FaultyStore(inner, torn());
    await expect(store.write(at(3), pieceBytes(SMALL, 3))).rejects.toMatchObject(UNAVAILABLE);
    const half = new Uint8Array(100);
    half.set(pieceBytes(SMALL, 3).subarray(0, 50));
    expect(await readPiece(store, 3)).toEqual(half);
  });

  it('tears a run: the pieces before its middle are there, those after it are not', async () => {
    const store = new FaultyStore(inner, torn());
    const run = [0, 1, 2].map((index) => pieceBytes(SMALL, index));
    await expect(store.writeRun(at(0), run)).rejects.toMatchObject(UNAVAILABLE);
    expect(await readPiece(store, 0)).toEqual(run[0]);
    expect((await readPiece(store, 1)).subarray(0, 50)).toEqual(run[1]!.subarray(0, 50));
    await expect(readPiece(store, 2)).rejects.toMatchObject(MISSING);
  });

  it('is slow by the clock it is given', async () => {
    const clock = new FakeClock();
    const store = new FaultyStore(inner, slow(clock, 250));
    const written = vi.fn();
    void store.write(at(0), pieceBytes(SMALL, 0)).then(written);
    clock.advance(249);
    await settled();
    expect(written).not.toHaveBeenCalled();
    clock.advance(1);
    await settled();
    expect(written).toHaveBeenCalledOnce();
  });

  it('has the room of its quota, which a test may change', async () => {
    const quota = new Quota(150);
    const store = new FaultyStore(inner, quota.fault);
    await store.write(at(0), pieceBytes(SMALL, 0));
    await expect(store.write(at(1), pieceBytes(SMALL, 1))).rejects.toMatchObject({
      reason: { kind: 'storage-full', neededBytes: 100 },
    });
    quota.freeBytes = 100;
    await store.write(at(1), pieceBytes(SMALL, 1));
    expect(quota.freeBytes).toBe(0);
  });

  it('lets a write meet several faults in their order', async () => {
    const quota = new Quota(1000);
    const store = new FaultyStore(inner, failing(), quota.fault);
    await expect(store.write(at(0), pieceBytes(SMALL, 0))).rejects.toMatchObject(UNAVAILABLE);
    expect(quota.freeBytes).toBe(1000);
  });
});
