/** What a person sees and does about a torrent that is opened only to be watched, and about the order of its pieces. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { ok } from '../../../workers/contract/errors.ts';
import { axeViolations } from '../../support/axe-violations.ts';
import { FakeEngine, hashOf, makeFile, makeTorrent } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';

const infoHash = hashOf('7');
const FILM = makeTorrent({
  infoHash,
  name: 'Film',
  files: [makeFile(0, 'Film/film.mp4', 10_000_000), makeFile(1, 'Film/notes.txt', 10)],
  keepOffline: false,
});

let engine: FakeEngine;
let mounted: MountedPage | undefined;

beforeEach(async () => {
  await page.viewport(360, 740);
  history.replaceState(null, '', '#/');
  engine = new FakeEngine();
  engine.onAdd = () => ok(FILM);
});

afterEach(async () => {
  await mounted?.destroy();
  mounted = undefined;
});

const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

test('“Watch without keeping” fetches what plays and opens the player', async () => {
  mounted = mountPage(engine);
  void mounted.app.add.lookInsideText('magnet:?x');
  await expect.element(page.getByRole('button', { name: 'Download' })).toBeVisible();
  expect(overflow()).toBe(0);
  await page.getByRole('button', { name: 'Watch without keeping' }).click();
  expect(engine.calls.at(-1)).toBe(`start:${infoHash}:0:unkept`);
  await expect.element(page.getByRole('dialog', { name: 'film.mp4' })).toBeVisible();
});

test('without anything that plays it is not offered', async () => {
  engine.onAdd = () => ok(makeTorrent({ infoHash, files: [makeFile(0, 'notes.txt', 10)] }));
  mounted = mountPage(engine);
  void mounted.app.add.lookInsideText('magnet:?x');
  await expect.element(page.getByRole('button', { name: 'Download' })).toBeVisible();
  const watch = page.getByRole('button', { name: 'Watch without keeping' });
  await expect.element(watch).not.toBeInTheDocument();
});

describe('what is not kept', () => {
  test.each(['#/', `#/torrent/${infoHash}`])('says so at %s, until it is kept', async (hash) => {
    engine.put(FILM);
    history.replaceState(null, '', hash);
    mounted = mountPage(engine);
    const text = page.getByText('Not kept: removed 30 min after you stop watching');
    // On a phone the list is there, and hidden, while a torrent is open.
    await expect.element(text.last()).toBeVisible();
    expect(overflow()).toBe(0);
    expect(await axeViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Keep Film' }).first().click();
    expect(engine.calls.at(-1)).toBe(`change:${infoHash}:{"keepOffline":true}`);
    await expect.element(text).not.toBeInTheDocument();
  });
});

test('the order of pieces is a switch beside the files', async () => {
  engine.put(FILM);
  history.replaceState(null, '', `#/torrent/${infoHash}`);
  mounted = mountPage(engine);
  await page.getByRole('switch', { name: 'Download in order' }).click();
  expect(engine.calls.at(-1)).toBe(`change:${infoHash}:{"sequential":true}`);
});

test('how long what is not kept stays is set in minutes', async () => {
  history.replaceState(null, '', '#/settings');
  mounted = mountPage(engine);
  await page.getByLabelText('Remove what was only watched after').fill('45');
  await userEvent.tab();
  await expect.element(page.getByText('Saved.')).toBeVisible();
  expect(engine.settings.cleanupIdleS).toBe(2700);
  await page.getByLabelText('Remember what is inside a link for').fill('0');
  await userEvent.tab();
  await expect.poll(() => engine.settings.metadataCacheS).toBe(0);
});
