/** What happened, as a person reads it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { RillEvent } from '../../../workers/contract/events.ts';
import { axeViolations } from '../../support/axe-violations.ts';
import { FakeEngine, hashOf } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';
import { LIBRARY, SERIES } from '../../support/page-scenes.ts';

let engine: FakeEngine;
let mounted: MountedPage | undefined;
const gone = hashOf('9');

const event = (id: number, change: Partial<RillEvent> = {}): RillEvent => ({
  id,
  at: '2026-11-20T10:00:00.000Z',
  kind: 'torrent:error',
  infoHash: SERIES.infoHash,
  message: `Event ${id}.`,
  ...change,
});

beforeEach(async () => {
  await page.viewport(1280, 800);
  engine = new FakeEngine(LIBRARY);
  engine.events = [
    event(1, { kind: 'session:started', infoHash: null, message: 'The engine started.' }),
    event(2, { infoHash: gone, kind: 'torrent:removed', data: { name: 'Old \u202efilm' } }),
    event(3, { kind: 'torrent:piece' }),
    event(4),
  ];
});

afterEach(async () => {
  await mounted?.destroy();
  mounted = undefined;
});

function open(hash: string): void {
  history.replaceState(null, '', hash);
  mounted = mountPage(engine);
}

const rows = () =>
  page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem').elements();

test('opens from the foot of the page, newest first, and goes on while it happens', async () => {
  open('#/');
  await page.getByRole('link', { name: 'Activity' }).click();
  await expect.element(page.getByRole('heading', { name: 'Activity' })).toHaveFocus();
  await expect.element(page.getByText('Event 4.')).toBeVisible();
  expect(rows()).toHaveLength(3);
  expect(rows()[0]!.textContent).toContain(SERIES.name);
  expect(rows()[1]!.textContent).toContain('Old ‹RLO›film: Event 2.');
  engine.events = [...engine.events, event(5)];
  await expect.element(page.getByText('Event 5.')).toBeVisible();
  expect(rows()[0]!.textContent).toContain('Event 5.');
  expect(await axeViolations()).toEqual([]);
});

test('of one torrent by its History, by kind, and every piece when it is asked for', async () => {
  open(`#/torrent/${SERIES.infoHash}`);
  await page.getByRole('link', { name: 'History' }).click();
  await expect.element(page.getByText('Event 4.')).toBeVisible();
  expect(rows()).toHaveLength(1);
  await page.getByRole('switch', { name: 'Every piece and step' }).click();
  await expect.element(page.getByText('Event 3.')).toBeVisible();
  await page.getByLabelText('Kind').selectOptions('Queue');
  await expect.element(page.getByText('Nothing of this kind has happened lately.')).toBeVisible();
  await page.getByLabelText('Kind').selectOptions('All');
  await page.getByLabelText('Torrent', { exact: true }).selectOptions('Old ‹RLO›film');
  await expect.element(page.getByText('Event 2.')).toBeVisible();
  expect(location.hash).toBe(`#/activity/${gone}`);
  await page.getByRole('button', { name: 'Close activity' }).click();
});

test('ten thousand events are a hundred rows, on a phone too', async () => {
  await page.viewport(360, 640);
  engine.events = Array.from({ length: 10_000 }, (_, index) => event(index + 1));
  open('#/activity');
  await expect.element(page.getByText('Event 10000.')).toBeVisible();
  expect(rows()).toHaveLength(100);
  const { scrollWidth, clientWidth } = document.documentElement;
  expect(scrollWidth).toBe(clientWidth);
  await page.getByRole('button', { name: 'Older' }).click();
  await expect.element(page.getByText('100 newer')).toBeVisible();
  expect(rows()).toHaveLength(100);
  await page.getByRole('button', { name: 'Newer' }).click();
  await expect.element(page.getByText('Event 10000.')).toBeVisible();
  expect(await axeViolations()).toEqual([]);
});
