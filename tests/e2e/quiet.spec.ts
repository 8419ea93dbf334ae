// Rill speaks to nobody before a person asks for it, and never to the person's own network on a torrent's word.
/* oxlint-disable no-empty-pattern -- Playwright reads a fixture's needs from its first parameter, which must be a pattern. */
import { chromium, type Page } from '@playwright/test';
import { DEFAULT_SETTINGS } from '../../workers/contract/settings.ts';
import { CHROMIUM_FLAGS, requireChromium } from '../support/find-chromium.mjs';
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.ts';
import { callApi } from '../support/local-api.ts';
import { addByEngine, openRill, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent, type MadeTorrent } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { expect, test as base } from '../support/world.ts';

interface Watched {
  readonly network: ForwardProxy;
  /** A page of a browser that reaches other hosts only through `network`. */
  readonly watched: Page;
}

const test = base.extend<Watched>({
  network: async ({}, use) => {
    const proxy = await startForwardProxy();
    await use(proxy);
    await proxy.close();
  },
  watched: async ({ network }, use) => {
    const browser = await chromium.launch({
      executablePath: requireChromium(),
      args: [...CHROMIUM_FLAGS, ...network.args],
    });
    const page = await browser.newPage();
    await countPeerConnections(page);
    await use(page);
    await browser.close();
  },
});

async function countPeerConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Object.assign(window, { peerConnections: 0 });
    window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
      construct(target, parameters: [RTCConfiguration?]) {
        (window as unknown as { peerConnections: number }).peerConnections += 1;
        return new target(...parameters);
      },
    });
  });
}

const peerConnections = (page: Page) =>
  page.evaluate(() => (window as unknown as { peerConnections: number }).peerConnections);

/** Resolves when the engine and the service worker run and the engine's clock has gone on by a second and more. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    const engine = await rill;
    const startS = (await engine.health()).uptimeS;
    while ((await engine.health()).uptimeS < startS + 2)
      await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}

const fileOf = (torrent: MadeTorrent) =>
  `data:application/x-bittorrent;base64,${torrent.torrentBytes.toString('base64')}`;

const hostOf = (url: string) => `${new URL(url).hostname}:${new URL(url).port || '443'}`;

test('before a person adds a torrent no other host is asked and no connection is made', async ({
  watched: page,
  network,
  app,
}) => {
  // With the default settings on purpose: they name trackers and STUN servers.
  await page.goto(app.url);
  await page.evaluate(async () => void (await Promise.all([rill, navigator.serviceWorker.ready])));
  expect(await peerConnections(page)).toBe(0);
  // A second visit comes from the service worker, with everything loaded that loads on demand.
  await page.reload();
  await settle(page);
  expect(network.hosts()).toEqual([]);
  expect(await peerConnections(page)).toBe(0);
  const settings = (await callApi(page, 'GET', 'settings')).body;
  expect(settings).toMatchObject({ trackers: DEFAULT_SETTINGS.trackers });

  // The proxy does see what the engine's worker asks: from the click on, the default trackers.
  await callApi(page, 'PATCH', 'settings', { content: { stunServers: [] } });
  await page.getByLabel('Magnet link or info hash').fill(makeTorrent().magnet());
  expect(network.hosts()).toEqual([]);
  await page.getByRole('button', { name: 'Look inside' }).click();
  await expect.poll(() => network.hosts()).toEqual(DEFAULT_SETTINGS.trackers.map(hostOf).sort());
});

test('a link to a magnet asks first, and starts nothing until it is clicked', async ({
  watched: page,
  network,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'linked.bin', files: 100_000 });
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  const startedBefore = tracker.announces.length;
  const link = `${app.url}#${encodeURIComponent(torrent.magnet([tracker.url]))}`;
  // From another page, as a link there would.
  await page.goto('about:blank');
  await page.goto(link);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Open this?');
  await settle(page);
  expect(await callApi(page, 'GET', 'health')).toMatchObject({
    status: 200,
    body: { torrents: { active: 0, paused: 0, seeding: 0 }, connections: { open: 0, pending: 0 } },
  });
  expect((await callApi(page, 'GET', 'torrents')).body).toEqual({ torrents: [] });
  expect(await peerConnections(page)).toBe(0);
  expect(tracker.announces).toHaveLength(startedBefore);
  expect(network.hosts()).toEqual([]);

  await dialog.getByRole('button', { name: 'Look inside' }).click();
  // The name is in the link: only the button says that what is inside has come.
  await expect(dialog.getByRole('button', { name: /^Download/ })).toBeEnabled();
  await expect(dialog).toContainText('linked.bin');
  expect(await peerConnections(page)).toBeGreaterThan(0);
  // Looking inside is not downloading.
  expect((await torrentOf(page, torrent.infoHash)).downloadedBytes).toBe(0);
  await dialog.getByRole('button', { name: /^Download/ }).click();
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
});

const PRIVATE_HOSTS = [
  '192.168.1.10',
  '10.0.0.1:8000',
  '172.16.5.4',
  '169.254.169.254',
  '100.64.0.1',
  '0x0a000001',
  '[fe80::1]',
  '[fd00::1]',
  '[::ffff:192.168.1.10]',
  'nas.local',
  'router.lan',
  'printer',
];
const PRIVATE_TRACKERS = PRIVATE_HOSTS.flatMap((host) => [`ws://${host}/`, `wss://${host}/`]);
const PRIVATE_SEEDS = PRIVATE_HOSTS.flatMap((host) => [`http://${host}/a`, `https://${host}/a`]);

test('hosts on the person’s own network are never asked, whatever names them', async ({
  watched: page,
  network,
  tracker,
  app,
}) => {
  await openRill(page, app.url);
  const stranger = 'wss://tracker.example/';
  const content = { name: 'rill-sample.mp4', files: 200_000, pieceLength: 16_384 };
  const magnet = makeTorrent({ ...content, seed: 2 });
  const link =
    magnet.magnet([...PRIVATE_TRACKERS, stranger, tracker.url]) +
    PRIVATE_SEEDS.map((seed) => `&ws=${encodeURIComponent(seed)}`).join('') +
    PRIVATE_SEEDS.map((at, i) => `&${i % 2 ? 'xs' : 'as'}=${encodeURIComponent(at)}`).join('') +
    '&x.pe=192.168.1.10:6881&x.pe=nas.local:6881';
  await addByEngine(page, link);
  const file = makeTorrent({
    ...content,
    trackers: [...PRIVATE_TRACKERS, stranger, tracker.url],
    webSeeds: [...PRIVATE_SEEDS, 'https://seed.example/a'],
  });
  await addByEngine(page, fileOf(file));
  for (const url of PRIVATE_SEEDS) {
    const answer = await callApi(page, 'POST', 'torrents', { content: { source: url } });
    expect([url, answer.status]).toEqual([url, 400]);
  }

  for (const { infoHash } of [magnet, file]) {
    const { trackers } = await torrentOf(page, infoHash);
    expect(trackers.map(({ url }) => url)).toEqual([stranger, `${tracker.url}/`]);
    await expect
      .poll(() => tracker.announces.filter((it) => it.infoHash === infoHash).length)
      .toBeGreaterThan(0);
  }
  // Those that may be asked were asked, so the others would have been seen as well.
  await expect.poll(() => network.hosts()).toEqual(['seed.example:443', 'tracker.example:443']);
  await settle(page);
  expect(network.hosts()).toEqual(['seed.example:443', 'tracker.example:443']);
});

test('a private torrent is announced at its own trackers only', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const defaultTracker = await startTracker();
  const startsAt = (at: typeof tracker, infoHash: string) =>
    at.announces.filter((it) => it.event === 'start' && it.infoHash === infoHash).length;
  try {
    await openRill(page, app.url, { trackers: [defaultTracker.url] });
    const own = { files: 100_000, trackers: [tracker.url] };
    const open = makeTorrent({ ...own, name: 'open.bin', seed: 3 });
    const secret = makeTorrent({ ...own, name: 'secret.bin', seed: 4, private: true });
    const urlsOf = async (infoHash: string) => {
      const { body } = await callApi(page, 'GET', `torrents/${infoHash}`);
      return (body as { trackers: { url: string }[] }).trackers.map(({ url }) => url);
    };
    const ownUrl = `${tracker.url}/`;
    const defaultUrl = `${defaultTracker.url}/`;

    await addByEngine(page, fileOf(secret));
    await addByEngine(page, fileOf(open));
    await expect.poll(() => startsAt(tracker, secret.infoHash)).toBe(1);
    await expect.poll(() => startsAt(defaultTracker, open.infoHash)).toBe(1);
    expect(await urlsOf(open.infoHash)).toEqual([ownUrl, defaultUrl]);
    expect(await urlsOf(secret.infoHash)).toEqual([ownUrl]);
    expect((await torrentOf(page, secret.infoHash)).magnet).not.toContain(
      encodeURIComponent(defaultTracker.url),
    );
    expect(startsAt(defaultTracker, secret.infoHash)).toBe(0);

    // A magnet does not say that it is private; once the metadata does, the defaults are left.
    const late = makeTorrent({ ...own, name: 'late.bin', seed: 5, private: true });
    await seeder.seed(late, { trackers: [tracker.url] });
    await addByEngine(page, late.magnet());
    await untilTorrent(page, late.infoHash, (it) => it.isPrivate);
    await expect.poll(() => urlsOf(late.infoHash)).toEqual([ownUrl]);
    await expect
      .poll(() => defaultTracker.peers(late.infoHash))
      .toEqual({ seeders: 0, leechers: 0 });
  } finally {
    await defaultTracker.close();
  }
});
