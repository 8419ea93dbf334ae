import { afterEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { FakeEngine, hashOf, makeTorrent } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';

const TORRENTS = 300;
let mounted: MountedPage | undefined;

afterEach(async () => {
  await mounted?.destroy();
});

const rows = () => document.querySelectorAll('section[aria-labelledby=library-title] li').length;

test('the first screens of a long library are there at once, and the rest soon; later all of it at once', async () => {
  const torrents = Array.from({ length: TORRENTS }, (_, n) =>
    makeTorrent({ infoHash: hashOf((n + 256).toString(16)), name: `Torrent ${n}` }),
  );
  history.replaceState(null, '', '#/');
  mounted = mountPage(new FakeEngine(torrents));
  expect(rows()).toBeGreaterThan(20);
  expect(rows()).toBeLessThan(TORRENTS);
  await expect.poll(rows).toBe(TORRENTS);
  await expect
    .element(page.getByRole('link', { name: 'Torrent 299', exact: true }))
    .toBeInTheDocument();

  await mounted.destroy();
  mounted = mountPage(new FakeEngine(torrents));
  expect(rows()).toBe(TORRENTS);
});
