import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pieceIndex, type PieceIndex } from '../../../../../workers/contract/ids.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { CachedStore, LINE_BYTES } from '../../../../../workers/engine/storage/cached-store.ts';
import { ReadCache } from '../../../../../workers/engine/storage/read-cache.ts';
import { seededBytes } from '../../../../support/torrents.ts';
import { FakeRunStore, settled } from './fakes.ts';

const BLOCK = 16 * 1024;
/** Two lines and a short one to a piece; the last piece is a line and a bit. */
const PIECE = 2 * LINE_BYTES + 3 * BLOCK;
const map = new PieceMap(3 * PIECE + LINE_BYTES + 100, PIECE);
const at = pieceIndex;

/** Counts reads, and can hold them up: a read sees the bytes as they are when it begins. */
class ReadStore extends FakeRunStore {
  readonly reads: [index: number, offsetBytes: number, lengthBytes: number][] = [];
  beforeAnswer: () => void | Promise<void> = () => {};

  override async read(index: PieceIndex, offsetBytes: number, lengthBytes: number) {
    this.reads.push([index, offsetBytes, lengthBytes]);
    if (!this.pieces.has(index)) throw new Error('missing');
    const bytes = this.pieces.get(index)!.slice(offsetBytes, offsetBytes + lengthBytes);
    await this.beforeAnswer();
    return bytes;
  }
}

/** All pieces are views of this, told apart by where they begin. */
const pool = seededBytes(PIECE + 100, 1);

function pieceOf(index: number, version = 0): Uint8Array {
  const begin = index * 10 + version;
  return pool.subarray(begin, begin + map.pieceLengthOf(index));
}

/** `toEqual` takes a second for a line. */
function expectBytes(bytes: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(bytes, expected)).toBe(0);
}

function setUp(limitBytes = 100 * LINE_BYTES) {
  const store = new ReadStore();
  for (let index = 0; index < map.pieceCount; index++) store.pieces.set(index, pieceOf(index));
  const cache = new ReadCache(limitBytes);
  return { store, cache, cached: new CachedStore(store, map, cache) };
}

describe('cached store', () => {
  it.each([
    ['a block in the first line', 0, BLOCK, BLOCK, [[0, 0, LINE_BYTES]]],
    ['a block in the short last line', 0, PIECE - BLOCK, BLOCK, [[0, 2 * LINE_BYTES, 3 * BLOCK]]],
    [
      'a block over two lines',
      1,
      LINE_BYTES - 10,
      BLOCK,
      [
        [1, 0, LINE_BYTES],
        [1, LINE_BYTES, LINE_BYTES],
      ],
    ],
    ['the end of the short last piece', 3, LINE_BYTES + 50, 50, [[3, LINE_BYTES, 100]]],
    ['a line, beside the cache', 0, 10, LINE_BYTES, [[0, 10, LINE_BYTES]]],
    ['a whole piece, beside the cache', 3, 0, LINE_BYTES + 100, [[3, 0, LINE_BYTES + 100]]],
    ['nothing, beside the cache', 0, 10, 0, [[0, 10, 0]]],
  ])('reads %s', async (_, index, offset, length, reads) => {
    const { store, cached } = setUp();
    expectBytes(
      await cached.read(at(index), offset, length),
      pieceOf(index).slice(offset, offset + length),
    );
    expect(store.reads).toEqual(reads);
  });

  it('reads a line once, however many ask at once or later', async () => {
    const { store, cache, cached } = setUp();
    const block = (n: number) => cached.read(at(0), n * BLOCK, BLOCK);
    await Promise.all([block(0), block(3), block(15)]);
    await block(7);
    expect(store.reads).toHaveLength(1);
    expect(cache.bytes).toBe(LINE_BYTES);
  });

  it('reads whole pieces from the backend though their lines are cached, and evicts nothing', async () => {
    const small = new PieceMap(10 * BLOCK, 2 * BLOCK);
    const store = new ReadStore();
    store.pieces.set(0, new Uint8Array(2 * BLOCK));
    const cached = new CachedStore(store, small, new ReadCache(LINE_BYTES));
    await cached.read(at(0), 0, BLOCK);
    await cached.read(at(0), 0, 2 * BLOCK);
    await cached.read(at(0), BLOCK, BLOCK);
    expect(store.reads).toEqual([
      [0, 0, 2 * BLOCK],
      [0, 0, 2 * BLOCK],
    ]);
  });

  it('gives each reader a buffer of its own', async () => {
    const { cached } = setUp();
    const asks = [1, 2, 3].map(() => cached.read(at(0), 0, BLOCK));
    const answers = await Promise.all(asks);
    answers.push(await cached.read(at(0), 0, BLOCK));
    expect(new Set(answers.map(({ buffer }) => buffer)).size).toBe(4);
    for (const { buffer, length } of answers) expect(buffer.byteLength).toBe(length);
    for (const { buffer } of answers) structuredClone(buffer, { transfer: [buffer] });
    expectBytes(await cached.read(at(0), 0, BLOCK), pieceOf(0).slice(0, BLOCK));
  });

  it.each(['write', 'writeRun'] as const)(
    'forgets the lines of a piece at its %s',
    async (method) => {
      const { store, cache, cached } = setUp();
      for (const index of [0, 1, 2]) await cached.read(at(index), 0, 1);
      if (method === 'write') await cached.write(at(1), pieceOf(1, 1));
      else await cached.writeRun(at(0), [pieceOf(0, 1), pieceOf(1, 1)]);
      expectBytes(await cached.read(at(1), 0, BLOCK), pieceOf(1, 1).slice(0, BLOCK));
      expect(cache.bytes).toBe(method === 'write' ? 3 * LINE_BYTES : 2 * LINE_BYTES);
      expect(store.reads).toHaveLength(4);
    },
  );

  it('neither keeps nor shares a line whose read was under way when its piece was written', async () => {
    const { store, cache, cached } = setUp();
    let answer = () => {};
    store.beforeAnswer = () => new Promise<void>((resolve) => (answer = resolve));
    const early = cached.read(at(0), 0, 1);
    await cached.write(at(0), pieceOf(0, 1));
    const answerEarly = answer;
    store.beforeAnswer = () => {};
    expectBytes(await cached.read(at(0), 0, 1), pieceOf(0, 1).slice(0, 1));
    answerEarly();
    await early;
    await settled();
    expectBytes(await cached.read(at(0), 0, 1), pieceOf(0, 1).slice(0, 1));
    expect(cache.bytes).toBe(LINE_BYTES);
  });

  it('forgets what was read while a piece was being written', async () => {
    const { store, cached } = setUp();
    let write = () => {};
    store.duringWrite = () => new Promise<void>((resolve) => (write = resolve));
    const writing = cached.write(at(0), pieceOf(0, 1));
    await cached.read(at(0), 0, 1);
    write();
    await writing;
    expectBytes(await cached.read(at(0), 0, 1), pieceOf(0, 1).slice(0, 1));
  });

  it('reads what was asked for alone when the rest of its line is gone', async () => {
    const { store, cached } = setUp();
    const read = store.read.bind(store);
    store.read = (index, offset, length) =>
      offset + length > BLOCK
        ? Promise.reject(new Error('cut short'))
        : read(index, offset, length);
    expectBytes(await cached.read(at(0), 0, BLOCK), pieceOf(0).slice(0, BLOCK));
    await expect(cached.read(at(0), 1, BLOCK)).rejects.toThrow('cut short');
  });

  it.each([0, LINE_BYTES - 1])('is off at a limit of %i bytes', async (limitBytes) => {
    const { store, cache, cached } = setUp(limitBytes);
    await cached.read(at(0), BLOCK, BLOCK);
    expect(store.reads).toEqual([[0, BLOCK, BLOCK]]);
    expect(cache.bytes).toBe(0);
  });

  it.each(['close', 'destroy'] as const)(
    'keeps nothing after %s, also not what was under way',
    async (end) => {
      const { store, cache, cached } = setUp();
      await cached.read(at(0), 0, 1);
      let answer = () => {};
      store.beforeAnswer = () => new Promise<void>((resolve) => (answer = resolve));
      const late = cached.read(at(1), 0, 1);
      await cached[end]();
      answer();
      await late;
      await settled();
      expect(cache.bytes).toBe(0);
      expect(store.calls).toEqual([end]);
    },
  );

  it('refuses spans that cannot be', async () => {
    const { cached } = setUp();
    await expect(cached.read(at(0), PIECE - 1, 2)).rejects.toThrow(RangeError);
    await expect(cached.read(at(4), 0, 1)).rejects.toThrow(RangeError);
  });
});

const read = fc.record({
  act: fc.constant('read' as const),
  index: fc.nat({ max: 3 }),
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  lengthBytes: fc.oneof(fc.constant(BLOCK), fc.nat({ max: LINE_BYTES + 10 })),
});
const write = fc.record({
  act: fc.constant('write' as const),
  index: fc.nat({ max: 3 }),
  version: fc.nat({ max: 9 }),
  fails: fc.boolean(),
});
const limit = fc.record({ act: fc.constant('limit' as const), lines: fc.nat({ max: 5 }) });

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;

describe('cached store under any schedule', () => {
  it('gives what the store held when it was asked, within its limit', async () => {
    const schedule = fc.record({
      scheduler: fc.scheduler(),
      steps: fc.array(fc.oneof(read, read, read, write, limit), { maxLength: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(schedule, async ({ scheduler, steps }) => {
        const { store, cache, cached } = setUp(3 * LINE_BYTES);
        store.beforeAnswer = () => scheduler.schedule(Promise.resolve());

        const readOne = async ({ index, from, lengthBytes }: Drawn<typeof read>) => {
          const length = Math.min(lengthBytes, map.pieceLengthOf(index));
          const offset = Math.floor(from * (map.pieceLengthOf(index) - length));
          const held = store.pieces.get(index)!.subarray(offset, offset + length);
          const bytes = await cached.read(at(index), offset, length);
          expectBytes(bytes, held);
          expect(bytes.buffer.byteLength).toBe(length);
        };
        const writeOne = async ({ index, version, fails }: Drawn<typeof write>) => {
          store.duringWrite = async () => {
            await scheduler.schedule(Promise.resolve());
            if (fails) throw new Error('full');
          };
          await cached.write(at(index), pieceOf(index, version)).catch(() => {});
        };
        const run = async (
          step: Drawn<typeof read | typeof write | typeof limit>,
        ): Promise<void> => {
          await scheduler.schedule(Promise.resolve());
          if (step.act === 'limit') cache.setLimit(step.lines * LINE_BYTES);
          else await (step.act === 'read' ? readOne(step) : writeOne(step));
          expect(cache.bytes).toBeLessThanOrEqual(cache.limitBytes);
        };
        await scheduler.waitFor(Promise.all(steps.map(run)));

        // When all is quiet every answer is what the store holds.
        store.beforeAnswer = () => {};
        for (let index = 0; index < 4; index++) {
          const bytes = await cached.read(at(index), 5, BLOCK);
          expectBytes(bytes, store.pieces.get(index)!.subarray(5, 5 + BLOCK));
        }
      }),
      { numRuns: 80 },
    );
  });
});
