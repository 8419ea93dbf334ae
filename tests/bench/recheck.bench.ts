// Hashing a stored torrent again, against a bare loop of 1 MiB reads and hashes, in turns within one worker of a real browser.
import { expect, test } from '@playwright/test';
import { report } from './report.ts';
import type { RecheckInput, RecheckSpeeds } from './storage-lab/recheck.worker.ts';
import { runInWorker } from './run-in-worker.ts';

const MIB = 1024 * 1024;
const RECHECK = new URL('./storage-lab/recheck.worker.ts', import.meta.url);
const MIN_RATIO = 0.85;

/** The goal is meant for pieces of 1 MiB; smaller ones show what a piece costs beside its bytes. */
for (const { pieceKib, totalMib } of [
  { pieceKib: 1024, totalMib: 512 },
  { pieceKib: 256, totalMib: 512 },
  { pieceKib: 16, totalMib: 128 },
]) {
  test(`recheck of ${totalMib} MiB in pieces of ${pieceKib} KiB`, async () => {
    const input: RecheckInput = {
      pieceLength: pieceKib * 1024,
      totalBytes: totalMib * MIB,
      rounds: 5,
    };
    const { bare, engine } = await runInWorker<RecheckSpeeds>(RECHECK, input);
    const ratio = median(engine) / median(bare);
    const hasGoal = pieceKib === 1024;
    report(`storage: recheck in pieces of ${pieceKib} KiB`, {
      'bare loop of 1 MiB, MB/s': bare,
      'recheck, MB/s': engine,
      [`recheck ÷ bare${hasGoal ? ` (goal ≥ ${MIN_RATIO})` : ''}`]: ratio,
    });
    if (hasGoal) expect(ratio).toBeGreaterThanOrEqual(MIN_RATIO);
    else expect(engine).toHaveLength(input.rounds);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
