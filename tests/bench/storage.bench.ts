// Pieces through write queue and store against bare writes of 1 MiB, in turns within one worker of a real browser.
import { expect, test } from '@playwright/test';
import { report } from './report.ts';
import { runInWorker } from './run-in-worker.ts';
import type { WriteSpeeds, WritesInput } from './storage-lab/writes.worker.ts';

const MIB = 1024 * 1024;
const WRITES = new URL('./storage-lab/writes.worker.ts', import.meta.url);
const MIN_SEQUENTIAL_RATIO = 0.8;
const MIN_RANDOM_RATIO = 0.5;
/** At the speed of memory a round takes 0.15 s, in which the machine may do anything: many rounds, each against its own reference. */
const ROUNDS = 21;

for (const pieceKib of [256, 1024, 4096]) {
  test(`writes in pieces of ${pieceKib} KiB`, async () => {
    const input: WritesInput = {
      pieceLength: pieceKib * 1024,
      totalBytes: 1024 * MIB,
      rounds: ROUNDS,
    };
    const { raw, sequential, random } = await runInWorker<WriteSpeeds>(WRITES, input);
    const toRaw = (speed: number, round: number) => speed / raw[round]!;
    const sequentialRatio = median(sequential.map(toRaw));
    const randomRatio = median(random.map(toRaw));
    report(`storage: writes in pieces of ${pieceKib} KiB`, {
      'bare writes of 1 MiB, MB/s': raw,
      'pieces in order, MB/s': sequential,
      'pieces in random order, MB/s': random,
      'in order ÷ bare (goal ≥ 0.8)': sequentialRatio,
      'random order ÷ bare (goal ≥ 0.5)': randomRatio,
    });
    // The reference writes 1 MiB at a time; smaller pieces are first copied together into that, at the same speed again.
    if (input.pieceLength >= MIB)
      expect(sequentialRatio).toBeGreaterThanOrEqual(MIN_SEQUENTIAL_RATIO);
    expect(randomRatio).toBeGreaterThanOrEqual(MIN_RANDOM_RATIO);
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
