/** The statistics, with a real browser's canvas and controls. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { Statistics } from '../../../workers/contract/statistics.ts';
import { axeViolations } from '../../support/axe-violations.ts';
import { FakeEngine, makeStatistics } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';
import { LIBRARY, SERIES } from '../../support/page-scenes.ts';

let engine: FakeEngine;
let mounted: MountedPage | undefined;

/** A busy day: everything has a rate, with a gap in the middle of each stretch. */
function busy(): Statistics {
  const quiet = makeStatistics();
  const totals = { ...quiet.session, downloadedBytes: 4e9, uploadedBytes: 6e9, ratio: 1.5 };
  return {
    ...quiet,
    lifetime: { ...totals, activeS: 90_000, metadataCacheHits: 9, metadataCacheMisses: 1 },
    history: quiet.history.map((series) => ({
      ...series,
      downloadBps: series.downloadBps.map((_, i) => (i % 100 < 20 ? null : 1_000_000 + i * 1_000)),
      uploadBps: series.uploadBps.map((_, i) => (i % 100 < 20 ? null : 200_000)),
    })),
  };
}

beforeEach(async () => {
  await page.viewport(1280, 800);
});

afterEach(async () => {
  await mounted?.destroy();
  mounted = undefined;
  document.documentElement.removeAttribute('dir');
  document.documentElement.style.colorScheme = '';
});

async function open(): Promise<void> {
  engine = new FakeEngine(LIBRARY);
  engine.statistics = busy();
  history.replaceState(null, '', '#/');
  mounted = mountPage(engine);
  await page.getByRole('link', { name: 'Statistics' }).click();
  await expect.element(graph()).toBeVisible();
}

const graph = () => page.getByRole('img', { name: /^In the last/ });

/** How many of the canvas's pixels show the colour of `--accent`, as it is now. */
function accentPixels(): number {
  const canvas = graph().element().querySelector('canvas')!;
  const context = canvas.getContext('2d')!;
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const probe = new OffscreenCanvas(1, 1).getContext('2d')!;
  probe.fillStyle = getComputedStyle(graph().element().querySelector('.down')!).color;
  probe.fillRect(0, 0, 1, 1);
  const accent = probe.getImageData(0, 0, 1, 1).data;
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const isNear = [0, 1, 2].every((c) => Math.abs(data[i + c]! - accent[c]!) < 12);
    if (isNear && data[i + 3]! > 200) count++;
  }
  return count;
}

describe('the statistics view', () => {
  test('opens from the foot of the page, and closing it returns there', async () => {
    await open();
    await expect.element(page.getByRole('heading', { name: 'Statistics' })).toHaveFocus();
    expect(await axeViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Close statistics' }).click();
    await expect.element(page.getByRole('heading', { name: 'Library' })).toBeVisible();
  });

  test('shows sums of the session and of all time', async () => {
    await open();
    const row = page.getByRole('row', { name: /^Uploaded/ });
    await expect.element(row).toHaveTextContent(/0 bytes\s*6 GB/);
  });

  test.each(['light', 'dark'])('draws its lines in the colours of a %s page', async (scheme) => {
    document.documentElement.style.colorScheme = scheme;
    await open();
    await expect.poll(accentPixels).toBeGreaterThan(200);
  });

  test('draws three stretches of time, and says each in words and as a table', async () => {
    await open();
    await page.getByText('As a table').click();
    await expect.poll(() => page.getByRole('row').elements().length).toBe(11 + 1 + 12 + 1);
    for (const span of ['1 hour', '24 hours', '5 minutes']) {
      await page.getByRole('radio', { name: span }).click({ force: true });
      await expect.element(page.getByRole('img', { name: `In the last ${span}:` })).toBeVisible();
      await expect.poll(accentPixels).toBeGreaterThan(200);
    }
    expect(await axeViolations()).toEqual([]);
  });

  test.each(['ltr', 'rtl'])('fits a phone, %s', async (dir) => {
    document.documentElement.dir = dir;
    await page.viewport(360, 740);
    await open();
    await expect.poll(accentPixels).toBeGreaterThan(100);
    await page.getByText('As a table').click();
    const { scrollWidth, clientWidth } = document.documentElement;
    expect(scrollWidth).toBe(clientWidth);
  });
});

test('a torrent shows what it has come to, and how fast it is', async () => {
  const { session } = SERIES.statistics;
  const lifetime = { ...session, verifiedBytes: 3_000_000_000, activeS: 7_500, hashFailures: 4 };
  engine = new FakeEngine(LIBRARY);
  engine.change(SERIES.infoHash, { statistics: { session, lifetime } });
  history.replaceState(null, '', `#/torrent/${SERIES.infoHash}`);
  mounted = mountPage(engine);
  for (const text of ['3 GB', '2h 5m', 'Wrong pieces'])
    await expect.element(page.getByText(text, { exact: true })).toBeVisible();
  engine.statistics = busy();
  await page.getByRole('heading', { name: 'Speed' }).click();
  await expect.element(graph()).toBeVisible();
  await expect.poll(accentPixels).toBeGreaterThan(200);
});
