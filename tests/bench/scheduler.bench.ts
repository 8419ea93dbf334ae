// What the scheduler does for each HAVE, block and started piece, at 5,000 and at 50,000 pieces, in turns within this process.
import { expect, test } from '@playwright/test';
import { report } from './report.ts';
import { runInWorker } from './run-in-worker.ts';
import type { Costs } from './scheduler-lab/against-stock.worker.ts';
import { ScheduledSwarm } from './scheduler-lab/scheduled-swarm.ts';

const PEERS = 100;
const SEEDS = 5;
const WARM_UP_ROUNDS = 10;
const ROUNDS = 61;
const MAX_RATIO = 1.2;
const AGAINST_STOCK = new URL('./scheduler-lab/against-stock.worker.ts', import.meta.url);
const MIN_STOCK_RATIO = 20;

test('a HAVE and a block cost the same at ten times the pieces', async () => {
  const swarms = [5_000, 50_000].map((pieces) => new ScheduledSwarm(pieces, PEERS, SEEDS));
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const swarm of swarms) await swarm.round(round >= WARM_UP_ROUNDS);
  }
  const [few, many] = swarms.map(({ costs }) => costs);
  const haves = [few!.haveNs, many!.haveNs].map(median);
  const counts = [few!.pickerHaveNs, many!.pickerHaveNs].map(median);
  const blocks = [few!.blockNs, many!.blockNs].map(median);
  const starts = [few!.startNs, many!.startNs].map(median);
  const ratios = [haves, blocks, starts].map(([atFew, atMany]) => atMany! / atFew!);
  report(`scheduler: ${PEERS} peers, 5,000 and 50,000 pieces, median of ${ROUNDS} rounds`, {
    'a HAVE from its bytes on, ns': haves,
    'of that in the picker (bare memory accesses: caches show), ns': counts,
    'a block, ns': blocks,
    'a piece chosen and given up, ns': starts,
    [`at ten times the pieces: HAVE, block, piece chosen (goal < ${MAX_RATIO})`]: ratios,
  });
  for (const ratio of ratios) expect(ratio).toBeLessThan(MAX_RATIO);
});

test('a block costs a small part of what it costs with webtorrent’s own scheduler', async () => {
  const stockParts = ['immediate-chunk-store', 'mime/lite.js'];
  const { rill, rarest, sequential } = await runInWorker<Costs>(AGAINST_STOCK, {}, stockParts);
  const ours = median(rill.blockUs);
  const ratios = [rarest, sequential].map(({ blockUs }) => median(blockUs) / ours);
  report(`scheduler: ${PEERS} peers, 50,000 pieces, the same trace`, {
    'a block and a HAVE, rill, µs': rill.blockUs,
    'the same, stock choosing the rarest, µs': rarest.blockUs,
    'the same, stock as it comes (in order), µs': sequential.blockUs,
    'all bitfields, ms: rill, stock rarest, stock': [
      ...[rill.beginMs, rarest.beginMs, sequential.beginMs],
    ],
    'stock in order ÷ rill': ratios[1]!,
    [`stock rarest ÷ rill (goal ≥ ${MIN_STOCK_RATIO})`]: ratios[0]!,
  });
  expect(ratios[0]).toBeGreaterThanOrEqual(MIN_STOCK_RATIO);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
