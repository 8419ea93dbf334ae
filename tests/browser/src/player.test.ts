import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { FakeEngine, makeFile, makeTorrent } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';
import { LIBRARY, SERIES } from '../../support/page-scenes.ts';

let mounted: MountedPage;

beforeEach(() => history.replaceState(null, '', '#/'));
afterEach(() => {
  mounted.destroy();
  vi.restoreAllMocks();
});

test('closing the player returns to what was under it', async () => {
  mounted = mountPage(new FakeEngine(LIBRARY));
  await page.getByRole('link', { name: `Play ${SERIES.name}` }).click();
  await expect.element(page.getByRole('dialog', { name: /The Nile/ })).toBeVisible();
  // The URL now says all there is to know, so it can be opened with no engine.
  await expect.poll(() => location.hash).toMatch(/#\/play\/(a1){20}\/0\/Rivers/);
  await userEvent.keyboard('{Escape}');
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  await expect.element(page.getByRole('link', { name: `Play ${SERIES.name}` })).toHaveFocus();
});

test('a finished file opens by URL while the engine has not started', async () => {
  const engine = new FakeEngine();
  history.replaceState(null, '', `#/play/${SERIES.infoHash}/0/clip.mp4`);
  mounted = mountPage(engine, { connect: engine.connectSlowly });
  await expect
    .poll(() => document.querySelector('video')?.src)
    .toMatch(/\/stream\/(a1){20}\/0\/clip\.mp4$/);
});

test('every control that is used is loaded', async () => {
  history.replaceState(null, '', `#/play/${SERIES.infoHash}/0/clip.mp4`);
  mounted = mountPage(new FakeEngine(LIBRARY));
  await expect.poll(() => document.querySelector('media-controller')?.shadowRoot).toBeTruthy();
  const unknown = [...document.querySelectorAll('media-controller, media-controller *')]
    .map((element) => element.localName)
    .filter((name) => name.includes('-') && !customElements.get(name));
  expect(unknown).toEqual([]);
});

test('a picture is shown as one', async () => {
  history.replaceState(null, '', `#/play/${SERIES.infoHash}/3/Cover.jpg`);
  mounted = mountPage(new FakeEngine(LIBRARY));
  await expect.element(page.getByRole('img', { name: 'Cover.jpg' })).toBeInTheDocument();
});

test('of a paused torrent the player says so, and has it go on', async () => {
  const error = { kind: 'no-peers', message: 'The torrent is paused.' };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () =>
    Response.json({ error }, { status: 404 }),
  );
  const { infoHash } = SERIES;
  const files = [makeFile(0, 'film.mp4', 1_000_000, 0.4)];
  const engine = new FakeEngine([makeTorrent({ infoHash, name: 'film', state: 'paused', files })]);
  history.replaceState(null, '', `#/play/${infoHash}/0/film.mp4`);
  mounted = mountPage(engine);
  const player = page.getByRole('dialog', { name: 'film.mp4' });
  await expect.element(player.getByText('It is paused, and what comes next')).toBeVisible();
  await player.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => engine.calls).toContain(`resume:${infoHash}`);
  await expect.element(player.getByText('It is paused')).not.toBeInTheDocument();
});
