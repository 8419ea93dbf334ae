// Half an hour of one page: 20 torrents while peers and the tracker come and go. Memory stays flat, nothing throws, all is right.
// RILL_SOAK_MINUTES shortens it, RILL_SEED draws other events.
import { expect, test } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { launchBrowser } from '../support/launch.ts';
import { pageGauge, type Gauge } from '../support/memory-watch.ts';
import { heldByPage } from '../support/page-held.ts';
import { proportionalBytes } from '../support/proportional-memory.ts';
import { openRill } from '../support/rill-page.ts';
import { between, seededRandom } from '../support/seeded-random.ts';
import { attachToServiceWorker, attachToWorker } from '../support/worker-heap.ts';
import { MAX_SPARE_BYTES } from '../../workers/engine/model/swarm.ts';
import { actOnce, add, pauseAll, resumeAll, type SoakScene } from './soak-actions.ts';
import { limitDownloads, makeWhole } from './soak-whole.ts';
import { SoakWorld } from './soak-world.ts';

const MINUTES = Number(process.env['RILL_SOAK_MINUTES'] ?? 30);
const SEED = Number(process.env['RILL_SEED'] ?? 20_261_121);
const TOTAL_MS = MINUTES * 60_000;
/** Of 30 minutes 5; the first sample is taken in it. */
const WARM_UP_MS = TOTAL_MS / 6;
const SAMPLE_MS = Math.min(30_000, WARM_UP_MS / 4);
const MAX_GROWTH = 1.05;
const COLLECTIONS = 4;
const MIB = 1024 * 1024;
/** A tracker that is gone, a stream that is given up, and one of what is paused are said by the browser itself. */
const EXPECTED = /^WebSocket connection to|net::ERR_|status of (503|404)/;

type Name = 'engine' | 'heap' | 'cache' | 'pieces' | 'page' | 'processes';
type Sample = Readonly<Record<Name, number>> & { readonly atMs: number };

test(`20 torrents for ${MINUTES} minutes`, async () => {
  const app = await startAppServer();
  const peers = await launchBrowser();
  const launched = await launchBrowser();
  const world = await SoakWorld.start(peers);
  const failures: string[] = [];
  try {
    const { context } = launched;
    context.on('weberror', (error) => failures.push(String(error.error())));
    context.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text()))
        failures.push(message.text());
    });
    const page = await context.newPage();
    const worker = await attachToWorker(page, 'engine', (what) => failures.push(`engine: ${what}`));
    const totalBytes = world.torrents.reduce((sum, { content }) => sum + content.length, 0);
    // So slow that what is removed and added again is under way most of the time.
    const downloadBps = Math.round(totalBytes / ((TOTAL_MS / 1000) * 0.66));
    await openRill(page, app.url);
    const serviceWorker = await attachToServiceWorker(launched.browser, app.url);
    const devTools = await context.newCDPSession(page);
    await devTools.send('HeapProfiler.enable');
    const pageBytes = await pageGauge(page);
    // Of each file that it answered from, a service worker holds blobs and handles of the browser's until it collects, which it has
    // little reason to: about 100 KiB a request in two processes (docs/decisions/0014).
    const allProcesses = async () => {
      for (let n = 0; n < COLLECTIONS; n++) await serviceWorker.collectGarbage();
      return proportionalBytes(launched.pid);
    };
    const memory = () => page.evaluate(async () => (await (await rill).health()).memory);
    const gauges: Readonly<Record<Name, Gauge>> = {
      engine: async () => {
        // What the collector of Chromium's own objects frees, it frees for that of JavaScript's next time, and the other way round.
        for (let n = 0; n < COLLECTIONS; n++) await worker.collectGarbage();
        const { heapBytes, bufferBytes } = await worker.heap();
        return heapBytes + bufferBytes;
      },
      heap: async () => (await worker.heap()).heapBytes,
      cache: async () => (await memory()).cacheBytes,
      pieces: async () => (await memory()).pieceBufferBytes,
      page: async () => {
        for (let n = 0; n < COLLECTIONS; n++) await devTools.send('HeapProfiler.collectGarbage');
        return pageBytes();
      },
      processes: async () => sum(await allProcesses()),
    };
    const startedMs = Date.now();
    const sample = async (): Promise<Sample> => ({
      atMs: Date.now() - startedMs,
      engine: await gauges.engine(),
      heap: await gauges.heap(),
      cache: await gauges.cache(),
      pieces: await gauges.pieces(),
      page: await gauges.page(),
      processes: await gauges.processes(),
    });

    const scene: SoakScene = { page, world, random: seededRandom(SEED) };
    for (const torrent of world.torrents) await add(page, torrent, world.trackerUrl);
    // Twice: the first time compiles what the second only runs.
    await makeWhole(scene);
    await makeWhole(scene);
    const whole = [await sample()];
    const held = [await heldByPage(devTools)];
    const byProcess = [await allProcesses()];
    await resumeAll(scene);
    await limitDownloads(page, downloadBps);
    const moving: Sample[] = [];
    const quiet: Sample[] = [];
    let actions = 0;
    let nextSampleMs = SAMPLE_MS;
    let nextQuietMs = 2 * WARM_UP_MS;
    while (Date.now() - startedMs < TOTAL_MS) {
      const line = await actOnce(scene);
      actions += 1;
      if (process.env['RILL_SOAK_LOG']) console.log(`${seconds(Date.now() - startedMs)} ${line}`);
      await passed(between(scene.random, 500, 4_000));
      const nowMs = Date.now() - startedMs;
      if (nowMs >= nextSampleMs) {
        moving.push(await sample());
        nextSampleMs = nowMs + SAMPLE_MS;
      }
      if (nowMs >= nextQuietMs) {
        await pauseAll(scene);
        quiet.push(await sample());
        await resumeAll(scene);
        nextQuietMs += WARM_UP_MS;
      }
    }

    await makeWhole(scene);
    whole.push(await sample());
    held.push(await heldByPage(devTools));
    byProcess.push(await allProcesses());

    print('while it works', moving);
    print('paused in the middle of things', quiet);
    print('whole and paused: after the warm-up, at the end', whole);
    for (const type of byProcess[0]!.keys())
      console.log(
        `  ${type}, PSS then: ${byProcess.map((it) => mib(it.get(type) ?? 0)).join(', ')}`,
      );
    console.log(
      `the page's own objects then: ${held.map((it) => (it / MIB).toFixed(2)).join(', ')}`,
    );
    console.log(
      `${actions} events, seed ${SEED}; ${(totalBytes / 1e6).toFixed(0)} MB, all right, twice before and twice after`,
    );
    for (const failure of new Set(failures)) console.log(`failure: ${failure}`);
    expect(failures).toEqual([]);
    const engineGrowth = withFullPool(whole[1]!) / withFullPool(whole[0]!);
    expect.soft(engineGrowth, 'engine, whole and paused: end ÷ warm-up').toBeLessThan(MAX_GROWTH);
    expect.soft(held[1]! / held[0]!, 'page, its own objects, the same').toBeLessThan(MAX_GROWTH);
  } finally {
    await world.close();
    await Promise.all([launched.close(), peers.close()]);
    await app.close();
  }
});

function print(title: string, samples: readonly Sample[]): void {
  console.log(
    `\n${title}, MiB: minute, engine worker, of that its heap, its read cache, its piece buffers, page, all processes (PSS)`,
  );
  for (const { atMs, engine, heap, cache, pieces, page, processes } of samples) {
    const columns = [engine, heap, cache, pieces, page, processes].map((it) => mib(it).padStart(9));
    console.log(`  ${(atMs / 60_000).toFixed(1).padStart(5)} ${columns.join('')}`);
  }
}

/**
 * What the engine holds when nothing is under way, with the spare piece buffers at their bound. They are as many as fit in whole
 * pieces, of whatever lengths came last: 5 to 8 MiB in the same state, where a piece may be 4 MiB.
 */
const withFullPool = ({ engine, pieces }: Sample) => engine - pieces + MAX_SPARE_BYTES;
const sum = (bytes: ReadonlyMap<string, number>) => [...bytes.values()].reduce((a, b) => a + b, 0);
const mib = (bytes: number) => (bytes / MIB).toFixed(1);
const seconds = (ms: number) => `${(ms / 1000).toFixed(0).padStart(5)} s`;

/** Time is what is measured against here. */
function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
