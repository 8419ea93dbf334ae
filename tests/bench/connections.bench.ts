/** 400 connections of one page to another page of the same machine: how fast they come about, and that all stay open. */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { launchBrowser } from '../support/launch.ts';
import { bundle } from './bundle.ts';
import './connections-lab/page.ts';
import type { Kind, SideRun } from './connections-lab/side.ts';
import { report } from './report.ts';
import { serveWorker } from './run-in-worker.ts';

const CONNECTIONS = 400;
const ROUNDS = 3;
const MIN_PER_SECOND = 100;
const MIN_RATIO = 0.7;
const WORKER = fileURLToPath(new URL('./connections-lab/pool.worker.ts', import.meta.url));
const PAGE = fileURLToPath(new URL('./connections-lab/page.ts', import.meta.url));

test('400 connections in one page', async () => {
  const [worker, page] = [await bundle(WORKER), await bundle(PAGE)];
  const served = await serveWorker(worker, page);
  const runs: Record<Kind, SideRun[]> = { rill: [], bare: [], 'bare-own-certificates': [] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of Object.keys(runs) as Kind[])
        runs[kind].push(await connectAll(served.url, kind));
    }
  } finally {
    served.close();
  }
  const rates = (kind: Kind) => runs[kind].map(({ ms }) => CONNECTIONS / (ms / 1000));
  const perSecond = median(rates('rill'));
  const ratio = perSecond / median(rates('bare'));
  report(`${CONNECTIONS} connections of one page, all open at once`, {
    'handshakes a second, rill': rates('rill'),
    'the same, bare connections that share a certificate': rates('bare'),
    'the same, bare ones with a certificate each': rates('bare-own-certificates'),
    'open at the end, rill': runs.rill.map(({ open }) => open),
    [`rill ÷ bare (goal ≥ ${MIN_RATIO})`]: ratio,
    [`handshakes a second, rill, median (goal ≥ ${MIN_PER_SECOND})`]: perSecond,
  });
  for (const { open } of runs.rill) expect(open).toBe(CONNECTIONS);
  expect(ratio).toBeGreaterThanOrEqual(MIN_RATIO);
});

/** In a browser of its own: Chromium counts connections that are closed and not yet collected. */
async function connectAll(url: string, kind: Kind): Promise<SideRun> {
  const launched = await launchBrowser();
  try {
    const [left, right] = [await launched.context.newPage(), await launched.context.newPage()];
    for (const page of [left, right]) await page.goto(url);
    const job = { kind, connections: CONNECTIONS };
    await right.evaluate((it) => startSide(it), { ...job, role: 'answers' as const });
    await left.evaluate((it) => startSide(it), { ...job, role: 'offers' as const });
    const [run] = await Promise.all([left, right].map((page) => page.evaluate(() => sideRun)));
    return run!;
  } finally {
    await launched.close();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
