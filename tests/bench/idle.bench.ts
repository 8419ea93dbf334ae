/** 100 torrents that look for peers and find none: what they cost while nothing happens. */
import { expect, test } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { launchBrowser } from '../support/launch.ts';
import { openRill } from '../support/rill-page.ts';
import { sumCpu, threadCpu, used } from '../support/thread-cpu.ts';
import { addFile } from '../support/torrent-commands.ts';
import { makeTorrent } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { report } from './report.ts';

const TORRENTS = 100;
/** What was added a minute ago is written down once more then. */
const SETTLE_MS = 70_000;

const MEASURE_MS = 30_000;
const MAX_PERCENT = 5;

test('100 torrents without peers', async () => {
  const tracker = await startTracker();
  const app = await startAppServer();
  const launched = await launchBrowser();
  try {
    const page = await launched.context.newPage();
    // Beside the queue: it is about those that run.
    await openRill(page, app.url, { maxActiveDownloads: TORRENTS });
    for (let n = 0; n < TORRENTS; n++) {
      const name = `idle-${n}.bin`;
      await addFile(page, makeTorrent({ name, seed: n, trackers: [tracker.url] }));
    }
    await expect
      .poll(() => new Set(tracker.announces.map(({ infoHash }) => infoHash)).size)
      .toBe(TORRENTS);
    await passed(SETTLE_MS);
    const before = await threadCpu(launched.pid);
    await passed(MEASURE_MS);
    const cpu = used(before, await threadCpu(launched.pid));
    const percent = (isCounted: (name: string) => boolean) =>
      (sumCpu(cpu, isCounted) / (MEASURE_MS / 1000)) * 100;
    const renderer = percent((name) => name.startsWith('renderer'));
    report(`${TORRENTS} torrents without peers, % of one core over ${MEASURE_MS / 1000} s`, {
      'engine worker': percent((name) => name.startsWith('renderer / DedicatedWorker')),
      'main thread of the page': percent((name) => name === 'renderer / main'),
      'all processes of the browser': percent(() => true),
      [`all threads of the renderer (goal < ${MAX_PERCENT})`]: renderer,
    });
    if (process.env['RILL_THREADS']) console.log([...cpu].toSorted(([, a], [, b]) => b - a));
    expect(renderer).toBeLessThan(MAX_PERCENT);
  } finally {
    await launched.close();
    await Promise.all([tracker.close(), app.close()]);
  }
});

/** Time is what is measured against here. */
function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
