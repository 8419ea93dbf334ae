/**
 * The promises of the write queue under any schedule of a slow and failing backend, with a picker that starts a piece only
 * when the queue has room for it (as protocol/block-scheduler.ts does).
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { pieceIndex } from '../../../../../../workers/contract/ids.ts';
import { StorageError } from '../../../../../../workers/engine/model/chunk-store.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { BatchWriter } from '../../../../../../workers/engine/storage/queue/batch-writer.ts';
import { WriteBudget } from '../../../../../../workers/engine/storage/queue/write-budget.ts';
import { WriteQueue } from '../../../../../../workers/engine/storage/queue/write-queue.ts';
import { FakeClock, FakeRunStore, FakeStore } from '../fakes.ts';

const PIECE = 256 * 1024;
const PIECES = 24;
const MAX_IN_FLIGHT = 6;
const map = new PieceMap(PIECES * PIECE, PIECE, 8 * PIECE);
/** All pieces are views of this, told apart by where they begin: nothing is allocated for them. */
const pool = new ArrayBuffer(PIECE + 4096);

const scenario = fc.record({
  scheduler: fc.scheduler(),
  indexes: fc.array(fc.integer({ min: 0, max: PIECES - 1 }), { minLength: 1, maxLength: 70 }),
  /** In pieces; less than one makes every piece larger than the limit. */
  limitPieces: fc.double({ min: 0.5, max: 12, noNaN: true }),
  /** What another torrent has waiting for a while. */
  elsewherePieces: fc.integer({ min: 0, max: 6 }),
  /** For each write of the backend in turn: how long it takes, and whether it fails. */
  backend: fc.array(fc.record({ tookMs: fc.integer({ min: 0, max: 300 }), fails: fc.boolean() }), {
    minLength: 1,
    maxLength: 20,
  }),
  takesRuns: fc.boolean(),
});

interface Sent {
  readonly number: number;
  readonly index: number;
  outcome: 'waiting' | 'stored' | 'refused';
}

describe('write queue under any schedule', () => {
  it('keeps its bound, its order, its acknowledgements and its reads', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const clock = new FakeClock();
        const store = given.takesRuns ? new FakeRunStore() : new FakeStore();
        const limitBytes = given.limitPieces * PIECE;
        const budget = new WriteBudget(limitBytes);
        const elsewhereBytes = Math.min(given.elsewherePieces * PIECE, limitBytes);
        budget.add(elsewhereBytes);
        const queue = new WriteQueue(store, { map, budget, clock });
        const batches = vi.spyOn(BatchWriter.prototype, 'write').mockClear();
        const sent: Sent[] = [];
        let inFlight = 0;
        let worstBytes = 0;

        store.duringWrite = async () => {
          const { tookMs, fails } = given.backend[store.writes.length % given.backend.length]!;
          await given.scheduler.schedule(Promise.resolve());
          clock.advance(tookMs);
          if (fails) throw new StorageError({ kind: 'storage-full', message: 'full' });
        };

        const todo = [...given.indexes];
        let toDeliver = todo.length;
        const deliver = async (index: number): Promise<void> => {
          inFlight++;
          await given.scheduler.schedule(Promise.resolve());
          inFlight--;
          const entry: Sent = { number: sent.length, index, outcome: 'waiting' };
          sent.push(entry);
          const bytes = new Uint8Array(pool, entry.number, PIECE);
          const written = queue.write(pieceIndex(index), bytes).then(
            () => {
              entry.outcome = 'stored';
              const found = store.pieces.get(index)!.byteOffset;
              expect(found).toBeGreaterThanOrEqual(entry.number);
            },
            () => void (entry.outcome = 'refused'),
          );
          worstBytes = Math.max(worstBytes, budget.usedBytes);
          await readBack(entry);
          await written;
          start();
        };
        // A piece that waits is read from memory: the backend of this test could not answer.
        const readBack = async (entry: Sent): Promise<void> => {
          const reads = store.calls.length;
          await queue.read(pieceIndex(entry.index), 0, 1);
          expect(store.calls.length).toBe(reads);
        };
        const delivered: Promise<void>[] = [];
        let allDelivered = () => {};
        const countDown = (): void => {
          if (--toDeliver === 0) allDelivered();
        };
        const start = (): void => {
          while (
            todo.length > 0 &&
            inFlight < MAX_IN_FLIGHT &&
            !queue.isPressed &&
            queue.hasRoomFor(PIECE, inFlight * PIECE)
          ) {
            delivered.push(deliver(todo.shift()!).finally(countDown));
          }
        };
        queue.onRelieved = start;
        start();
        const elsewhere = given.scheduler.schedule(Promise.resolve()).then(() => {
          budget.remove(elsewhereBytes);
          start();
        });
        const all = new Promise<void>((resolve) => (allDelivered = resolve));
        await given.scheduler.waitFor(Promise.all([all, elsewhere]));
        await Promise.all(delivered);
        await queue.close();

        // Everything was sent and settled, and never more waited than the limit, or one piece where that is larger.
        expect(sent.map(({ index }) => index).sort()).toEqual([...given.indexes].sort());
        expect(sent.every(({ outcome }) => outcome !== 'waiting')).toBe(true);
        expect(worstBytes).toBeLessThanOrEqual(Math.max(limitBytes, PIECE));
        expect([budget.usedBytes, queue.queuedPieces, queue.queuedBytes]).toEqual([0, 0, 0]);
        expect(queue.isPressed).toBe(false);

        const tried = store.writes.flatMap(({ pieces }) => pieces.map((bytes) => bytes.byteOffset));
        expect([...tried].sort((a, b) => a - b)).toEqual(sent.map(({ number }) => number));
        const batchOf = new Map(
          batches.mock.calls.flatMap(([batch], number) =>
            batch.map(({ bytes }) => [bytes.byteOffset, number] as const),
          ),
        );
        for (let extent = 0; extent < map.extentCount; extent++) {
          const ours = sent.filter(({ index }) => map.extentOf(index) === extent);
          const order = ours.map(({ number }) => batchOf.get(number)!);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
        for (const [at, number] of tried.entries()) {
          const later = tried.slice(at).filter((n) => sent[n]!.index === sent[number]!.index);
          expect(Math.min(...later)).toBe(number);
        }

        // What a piece holds in the end is its newest acknowledged version.
        for (let index = 0; index < PIECES; index++) {
          const stored = sent.filter(
            (entry) => entry.index === index && entry.outcome === 'stored',
          );
          expect(store.pieces.get(index)?.byteOffset).toBe(stored.at(-1)?.number);
        }
      }),
      { numRuns: 200 },
    );
  });
});
