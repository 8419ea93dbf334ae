import { afterEach, describe, expect, it, vi } from 'vitest';
import { pieceIndex } from '../../../../../../workers/contract/ids.ts';
import { StorageError } from '../../../../../../workers/engine/model/chunk-store.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { BatchWriter } from '../../../../../../workers/engine/storage/queue/batch-writer.ts';
import { WriteBudget } from '../../../../../../workers/engine/storage/queue/write-budget.ts';
import { WriteQueue } from '../../../../../../workers/engine/storage/queue/write-queue.ts';
import { FakeClock, FakeRunStore, FakeStore, settled } from '../fakes.ts';

const PIECE = 256 * 1024;
/** 40 pieces, the last one short, 10 to an extent. */
const map = new PieceMap(40 * PIECE - 1, PIECE, 10 * PIECE);
const piece = (index: number, fill = index) => new Uint8Array(map.pieceLengthOf(index)).fill(fill);
const full = () => new StorageError({ kind: 'storage-full', message: 'full', neededBytes: PIECE });

function setUp(store: FakeStore = new FakeRunStore(), budget = new WriteBudget(100 * PIECE)) {
  const clock = new FakeClock();
  const queue = new WriteQueue(store, { map, budget, clock });
  const write = (index: number, fill?: number) =>
    queue.write(pieceIndex(index), piece(index, fill));
  const writes = () => store.writes.map(({ first, pieces }) => [first, pieces.length]);
  return { store, budget, clock, queue, write, writes };
}

/** A gate that each write of the store waits at. */
function gate(store: FakeStore) {
  const underWay: (() => void)[] = [];
  store.duringWrite = () => new Promise<void>((resolve) => void underWay.push(resolve));
  return {
    /** Lets the oldest write under way end, and the next one come. */
    next: async () => {
      underWay.shift()?.();
      await settled();
    },
  };
}

describe('write queue', () => {
  it('writes contiguous pieces of one task in one write', async () => {
    const { write, writes } = setUp();
    await Promise.all([write(2), write(0), write(1), write(3)]);
    expect(writes()).toEqual([[0, 4]]);
  });

  it('has an extent made ready as soon as the first of its pieces comes, while another is written', async () => {
    const store = new FakeRunStore();
    const { write } = setUp(store);
    const backend = gate(store);
    const first = write(0);
    await settled();
    const others = [write(10), write(11), write(1)];
    expect(store.prepared).toEqual([0, 10, 1]);
    for (let i = 0; i < 4; i++) await backend.next();
    await Promise.all([first, ...others]);
  });

  it('never merges over the end of an extent', async () => {
    const { write, writes } = setUp();
    await Promise.all([write(8), write(9), write(10), write(11)]);
    expect(writes()).toEqual([
      [8, 2],
      [10, 2],
    ]);
  });

  it('writes piece by piece where the backend takes no runs', async () => {
    const { store, write, writes } = setUp(new FakeStore());
    await Promise.all([write(0), write(1), write(2)]);
    expect(writes()).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    expect([...store.pieces.keys()]).toEqual([0, 1, 2]);
  });

  it('acknowledges a piece only when the backend has it', async () => {
    const { store, write } = setUp();
    const backend = gate(store);
    const acknowledged = vi.fn();
    const writing = write(0).then(acknowledged);
    await settled();
    expect(store.writes).toHaveLength(1);
    expect(acknowledged).not.toHaveBeenCalled();
    await backend.next();
    await writing;
    expect(acknowledged).toHaveBeenCalledOnce();
  });

  it('answers reads of waiting pieces from memory, the newest version of each', async () => {
    const { store, queue, write } = setUp();
    const backend = gate(store);
    const writing = Promise.all([write(3, 1), write(3, 2), write(39, 9)]);
    await settled();
    expect([...(await queue.read(pieceIndex(3), 5, 3))]).toEqual([2, 2, 2]);
    expect([...(await queue.read(pieceIndex(39), PIECE - 3, 2))]).toEqual([9, 9]);
    await backend.next();
    expect([...(await queue.read(pieceIndex(3), 0, 1))]).toEqual([2]);
    expect(store.calls).toEqual([]);
    await backend.next();
    await backend.next();
    await writing;
    expect([...(await queue.read(pieceIndex(3), 0, 1))]).toEqual([2]);
    expect(store.calls).toEqual(['read 3']);
  });

  it('gives reads a copy', async () => {
    const { store, queue, write } = setUp();
    gate(store);
    void write(0, 7);
    (await queue.read(pieceIndex(0), 0, 4)).fill(0);
    expect([...(await queue.read(pieceIndex(0), 0, 4))]).toEqual([7, 7, 7, 7]);
  });

  it('rejects exactly the pieces of a failed write', async () => {
    const { store, queue, budget, write } = setUp();
    store.duringWrite = (first) => {
      if (first === 4) throw full();
    };
    const outcomes = await Promise.allSettled([write(0), write(4), write(1), write(5), write(20)]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect([...store.pieces.keys()].sort((a, b) => a - b)).toEqual([0, 1, 20]);
    expect([queue.queuedPieces, queue.queuedBytes, budget.usedBytes]).toEqual([0, 0, 0]);
  });

  it('passes on the error of the backend', async () => {
    const { store, write } = setUp();
    store.duringWrite = () => {
      throw full();
    };
    await expect(write(0)).rejects.toMatchObject({ reason: { kind: 'storage-full' } });
  });

  it('goes on after a failure', async () => {
    const { store, write } = setUp();
    store.duringWrite = () => {
      throw full();
    };
    await expect(write(0)).rejects.toBeInstanceOf(StorageError);
    store.duringWrite = () => {};
    await write(0);
    expect(store.pieces.has(0)).toBe(true);
  });

  it('counts what waits until the backend has it', async () => {
    const { store, queue, write } = setUp();
    const backend = gate(store);
    const writing = Promise.all([write(0), write(39)]);
    expect([queue.queuedPieces, queue.queuedBytes]).toEqual([2, 2 * PIECE - 1]);
    await settled();
    await backend.next();
    expect([queue.queuedPieces, queue.queuedBytes]).toEqual([1, PIECE - 1]);
    await backend.next();
    await writing;
    expect([queue.queuedPieces, queue.queuedBytes]).toEqual([0, 0]);
  });

  it('is pressed by what waits in any torrent, and every torrent is told of the relief', async () => {
    const budget = new WriteBudget(2 * PIECE);
    const [a, b] = [setUp(new FakeRunStore(), budget), setUp(new FakeRunStore(), budget)];
    const backends = [gate(a.store), gate(b.store)];
    a.queue.onRelieved = vi.fn();
    b.queue.onRelieved = vi.fn();
    const writing = Promise.all([a.write(0), b.write(0)]);
    expect([a.queue.isPressed, b.queue.isPressed]).toEqual([true, true]);
    await settled();
    await backends[0]!.next();
    expect([a.queue.isPressed, b.queue.isPressed]).toEqual([false, false]);
    expect(a.queue.onRelieved).toHaveBeenCalledOnce();
    expect(b.queue.onRelieved).toHaveBeenCalledOnce();
    await backends[1]!.next();
    await writing;
  });

  it('tells under load what waits, how long writes take, and whether storage holds up the download', async () => {
    const { store, queue, clock, write } = setUp(new FakeRunStore(), new WriteBudget(6 * PIECE));
    const backend = gate(store);
    const metrics = () => [queue.queuedPieces, queue.queuedBytes / PIECE, queue.isPressed];
    const writing = Promise.all([write(0), write(1), write(10), write(20), write(30)]);
    expect([...metrics(), queue.averageWriteMs]).toEqual([5, 5, false, 0]);
    expect(queue.hasRoomFor(PIECE, 0)).toBe(true);
    // One more would fit, but it is in flight already.
    expect(queue.hasRoomFor(PIECE, PIECE)).toBe(false);
    expect(metrics()).toEqual([5, 5, true]);
    await settled();
    clock.advance(40);
    await backend.next();
    expect([...metrics(), queue.averageWriteMs]).toEqual([3, 3, false, 40]);
    clock.advance(20);
    await backend.next();
    expect([...metrics(), queue.averageWriteMs]).toEqual([2, 2, false, 50]);
    await backend.next();
    await backend.next();
    await writing;
    expect([...metrics(), queue.averageWriteMs]).toEqual([0, 0, false, 30]);
  });

  it('flush waits for what is queued, then flushes the backend', async () => {
    const { store, queue, write } = setUp();
    const backend = gate(store);
    const writing = write(0);
    const flushing = queue.flush();
    await settled();
    expect(store.calls).toEqual([]);
    await backend.next();
    await Promise.all([writing, flushing]);
    expect(store.calls).toEqual(['flush']);
  });

  it('flush does not wait for what is queued after it', async () => {
    const { store, queue, write } = setUp();
    const backend = gate(store);
    const writing = write(0);
    const flushing = queue.flush();
    await settled();
    const late = write(20);
    await backend.next();
    await flushing;
    expect(store.calls).toEqual(['flush']);
    await backend.next();
    await Promise.all([writing, late]);
  });

  it('close writes what is queued, then closes the backend and takes nothing more', async () => {
    const { store, queue, write } = setUp();
    const writing = Promise.all([write(0), write(20), write(7)]);
    const closing = queue.close();
    await expect(write(1)).rejects.toMatchObject({ reason: { kind: 'storage-unavailable' } });
    await Promise.all([writing, closing]);
    expect([...store.pieces.keys()].sort((a, b) => a - b)).toEqual([0, 7, 20]);
    expect(store.calls).toEqual(['close']);
  });

  it('destroy rejects what waits, lets the write under way end, then destroys the backend', async () => {
    const { store, queue, budget, write } = setUp();
    const backend = gate(store);
    const underWay = write(0);
    await settled();
    const waiting = write(20);
    const destroying = queue.destroy();
    await expect(waiting).rejects.toMatchObject({ reason: { kind: 'storage-unavailable' } });
    expect(store.calls).toEqual([]);
    await backend.next();
    await Promise.all([underWay, destroying]);
    expect(store.calls).toEqual(['destroy']);
    expect([store.writes.length, budget.usedBytes]).toEqual([1, 0]);
  });

  it('writes one extent while another is opened, and none twice at once', async () => {
    const { store, write, writes } = setUp();
    const backend = gate(store);
    const writing = Promise.all([write(0), write(10), write(1), write(20)]);
    await settled();
    expect(writes()).toEqual([
      [0, 2],
      [10, 1],
    ]);
    const late = write(2);
    await settled();
    expect(writes()).toHaveLength(2);
    await backend.next();
    await backend.next();
    expect(writes().slice(2)).toEqual([
      [20, 1],
      [2, 1],
    ]);
    await backend.next();
    await backend.next();
    await Promise.all([writing, late]);
  });

  it('is not told of relief once it is closed', async () => {
    const { queue, budget } = setUp();
    queue.onRelieved = vi.fn();
    await queue.close();
    budget.add(200 * PIECE);
    budget.remove(200 * PIECE);
    await settled();
    expect(queue.onRelieved).not.toHaveBeenCalled();
  });

  it('refuses pieces and spans that cannot be', async () => {
    const { queue, budget } = setUp();
    const at = pieceIndex;
    await expect(queue.write(at(0), new Uint8Array(3))).rejects.toThrow(RangeError);
    await expect(queue.write(at(40), new Uint8Array(PIECE))).rejects.toThrow(RangeError);
    await expect(queue.read(at(39), PIECE - 1, 1)).rejects.toThrow(RangeError);
    await expect(queue.read(at(0), -1, 1)).rejects.toThrow(RangeError);
    expect(budget.usedBytes).toBe(0);
  });
});

describe('a batch that takes long', () => {
  it('lets the other events of the worker have their turn between two writes', async () => {
    const { store, clock, queue } = setUp(new FakeRunStore());
    const turns: (() => void)[] = [];
    const after = vi.spyOn(clock, 'after').mockImplementation((_, turn) => {
      turns.push(turn);
      return () => {};
    });
    // Five pieces that do not meet are five writes; each takes 2 ms of the thread.
    store.duringWrite = async () => clock.advance(2);
    const scattered = [0, 2, 4, 6, 8].map((i) => queue.write(pieceIndex(i), piece(i)));
    turns.shift()!();
    await settled();
    expect(store.writes).toHaveLength(2);
    turns.shift()!();
    await settled();
    expect(store.writes).toHaveLength(4);
    turns.shift()!();
    await Promise.all(scattered);
    expect(store.writes).toHaveLength(5);
    expect(after).toHaveBeenCalledTimes(3);
  });
});

describe('batches follow the latency of writes', () => {
  afterEach(() => vi.restoreAllMocks());

  /**
   * Queues 99 scattered pieces of one extent and says how many went into each batch, by how long each batch takes.
   * `refused` is the number of a batch that the backend refuses.
   */
  async function batches(tookMs: readonly number[], refused = Infinity): Promise<number[]> {
    const wide = new PieceMap(400 * PIECE, PIECE, 200 * PIECE);
    const clock = new FakeClock();
    const store = new FakeRunStore();
    const queue = new WriteQueue(store, { map: wide, budget: new WriteBudget(2 ** 30), clock });
    const bytes = new Uint8Array(PIECE);
    const begun = vi.spyOn(BatchWriter.prototype, 'write').mockClear();
    let timed = 0;
    store.duringWrite = () => {
      const number = begun.mock.calls.length;
      // The first write of a batch takes all of its time.
      if (timed < number) clock.advance(tookMs[number - 1] ?? 50);
      timed = number;
      if (number === refused) throw full();
    };
    const indexes = Array.from({ length: 99 }, (_, i) => pieceIndex(2 * i));
    await Promise.allSettled(indexes.map((index) => queue.write(index, bytes)));
    return begun.mock.calls.map(([batch]) => batch.length);
  }

  it('doubling up to 50 while they are fast', async () => {
    expect(await batches([1, 1, 1, 1])).toEqual([5, 10, 20, 40, 24]);
  });

  it('halving down to 5 when they are slow', async () => {
    expect(await batches([1, 1, 1, 300, 120, 101, 101, 500])).toEqual([5, 10, 20, 40, 20, 4]);
    expect(await batches([1, 101, 101, 500, 500]).then((sizes) => sizes.slice(0, 5))).toEqual([
      5, 10, 5, 5, 5,
    ]);
  });

  it('staying as they are after a refusal, however quick', async () => {
    const refused = await batches([1, 1, 50, 50], 2);
    expect(refused.slice(0, 4)).toEqual([5, 10, 10, 10]);
  });

  it('staying as they are in between', async () => {
    expect((await batches([50, 50, 50])).slice(0, 4)).toEqual([5, 5, 5, 5]);
  });

  it('and the mean of the newest 16 writes is told', async () => {
    const { store, clock, queue, write } = setUp();
    expect(queue.averageWriteMs).toBe(0);
    store.duringWrite = () => clock.advance(30);
    await write(0);
    store.duringWrite = () => clock.advance(10);
    await write(1);
    expect(queue.averageWriteMs).toBe(20);
    for (let i = 0; i < 16; i++) await write(2);
    expect(queue.averageWriteMs).toBe(10);
  });
});
