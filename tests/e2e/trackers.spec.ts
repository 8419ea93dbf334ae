// A tracker that refuses, hangs or talks nonsense costs only itself, and comes back by itself.
import type { Page } from '@playwright/test';
import type { TrackerSnapshot } from '../../workers/contract/snapshot.ts';
import { makeShutDoor, startBabblingTracker, startHangingTracker } from '../support/bad-tracker.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { expect, test } from '../support/world.ts';

/** What the local API says about one tracker of a torrent. */
async function trackerState(page: Page, infoHash: string, url: string): Promise<TrackerSnapshot> {
  const trackers = await page.evaluate(async (hash) => {
    const response = await fetch(`api/torrents/${hash}`);
    return ((await response.json()) as { trackers: TrackerSnapshot[] }).trackers;
  }, infoHash);
  const found = trackers.find((tracker) => new URL(tracker.url).port === new URL(url).port);
  if (!found) throw new Error(`no tracker ${url} among ${JSON.stringify(trackers)}`);
  return found;
}

/** 20 code points from 0 to 255, as trackers write info hashes and peer ids. */
const binary = (hex: string) => Buffer.from(hex, 'hex').toString('latin1');

function nonsense(infoHash: string): string[] {
  const id = { info_hash: binary(infoHash), peer_id: 'x'.repeat(20), offer_id: 'o'.repeat(20) };
  const announce = (fields: object) => JSON.stringify({ action: 'announce', ...fields });
  return [
    'this is not JSON',
    'null',
    '[]',
    '{"action":"announce"}',
    JSON.stringify({ action: 'steal', info_hash: binary(infoHash) }),
    announce({ ...id, info_hash: binary('ff'.repeat(20)), interval: 30, complete: 5 }),
    announce({ ...id, info_hash: 'short', interval: 1 }),
    announce({ info_hash: id.info_hash, interval: -1e300, complete: 'many', incomplete: null }),
    announce({ ...id, offer: { type: 'offer', sdp: 'v=0\r\njunk\r\n' } }),
    announce({ ...id, offer: { type: 'offer', sdp: 'm'.repeat(60_000) } }),
    announce({ ...id, answer: { type: 'answer', sdp: 'junk' } }),
    announce({ ...id, offer: 'not an object' }),
    announce({ ...id, offer: { type: 'offer', sdp: { evil: true } } }),
    '{"action":"announce","__proto__":{"interval":1},"constructor":null}',
    announce({ ...id, peer_id: null, offer: { type: 'offer', sdp: 'v=0' } }),
    ...Array.from({ length: 12 }, () => 'x'.repeat(300_000)),
  ];
}

test('beside trackers that refuse, hang and talk nonsense, the download completes through the good one', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'through.bin', files: 1_000_000 });
  const refusing = await makeShutDoor(tracker.url);
  const [hanging, babbling, silent] = await Promise.all([
    startHangingTracker(),
    startBabblingTracker(nonsense(torrent.infoHash)),
    startBabblingTracker([]),
  ]);
  try {
    await seeder.seed(torrent, { trackers: [tracker.url] });
    await openRill(page, app.url);
    const crashes: string[] = [];
    page.on('pageerror', (error) => crashes.push(error.message));
    await addByEngine(
      page,
      torrent.magnet([refusing.url, hanging.url, babbling.url, silent.url, tracker.url]),
    );
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));

    const state = (url: string) => trackerState(page, torrent.infoHash, url);
    expect(await state(tracker.url)).toMatchObject({
      state: 'working',
      seeds: expect.any(Number),
      lastError: null,
    });
    await expect.poll(async () => (await state(refusing.url)).state).toBe('unreachable');
    expect((await state(refusing.url)).lastError).toMatch(/not reachable.*tried again by itself/);
    await expect.poll(async () => (await state(babbling.url)).lastError).toMatch(/sent garbage/);
    // The browser has not answered for it and neither has it: it is given up after ten seconds, not waited for.
    await expect
      .poll(async () => (await state(hanging.url)).lastError, { timeout: 15_000 })
      .toMatch(/did not answer in time/);
    expect((await state(hanging.url)).state).toBe('unreachable');
    // It opens and never answers an announce: said to be silent, and tried again.
    await expect
      .poll(async () => (await state(silent.url)).failure, { timeout: 25_000 })
      .toBe('silent');
    expect(hanging.connections).toBeGreaterThan(0);
    expect(crashes).toEqual([]);
    // Nothing that the nonsense offered became a peer, and no connection is held for it.
    const { peers } = await torrentOf(page, torrent.infoHash);
    expect(peers.map(({ kind }) => kind)).toEqual(['webrtc']);
  } finally {
    await Promise.all([refusing.close(), hanging.close(), babbling.close(), silent.close()]);
  }
});

test('all trackers are refused: it says what may be behind it; one that comes back is found by itself, and the download starts', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'back.bin', files: 300_000 });
  const [door, shut] = [await makeShutDoor(tracker.url), await makeShutDoor(tracker.url)];
  const udp = 'udp://tracker.test:6969/announce';
  try {
    await seeder.seed(torrent, { trackers: [tracker.url] });
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([udp, door.url, shut.url]));
    const state = () => trackerState(page, torrent.infoHash, door.url);
    await expect.poll(async () => (await state()).state).toBe('unreachable');
    const { nextAnnounceAt } = await state();
    expect(Date.parse(nextAnnounceAt ?? '')).toBeGreaterThan(Date.now() - 1_000);
    expect((await torrentOf(page, torrent.infoHash)).state).toBe('metadata');
    await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);
    await expect(
      page.getByText(/All 2 WebSocket trackers were refused at once.*filter list/).first(),
    ).toBeVisible();
    // One that no page can use is listed with why, and no part of that.
    await page.locator('summary').filter({ hasText: 'Trackers' }).click();
    const unused = page.getByRole('listitem').filter({ hasText: 'udp://tracker.test:6969' });
    await expect(unused.getByText('A web page cannot send UDP')).toBeVisible();
    expect((await trackerState(page, torrent.infoHash, udp)).state).toBe('unsupported');

    await door.open();
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
    expect(await state()).toMatchObject({ state: 'working', lastError: null });
    await expect(page.getByText(/filter list/)).toBeHidden();
  } finally {
    await Promise.all([door.close(), shut.close()]);
  }
});

test('a private torrent leaves every tracker but its own as soon as it is known to be one (BEP 27)', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'among-us.bin', files: 300_000, private: true });
  const other = await startTracker();
  try {
    await seeder.seed(torrent, { trackers: [tracker.url] });
    await openRill(page, app.url, { trackers: [other.url] });
    await addByEngine(page, torrent.magnet([tracker.url]));
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
    const { trackers } = await torrentOf(page, torrent.infoHash);
    expect(trackers.map(({ url }) => new URL(url).port)).toEqual([new URL(tracker.url).port]);
    // The magnet did not say so: until the metadata came it was asked like any.
    await expect.poll(() => other.announces.at(-1)?.event ?? 'stop').toBe('stop');
    expect(other.peers(torrent.infoHash)).toEqual({ seeders: 0, leechers: 0 });
    const refused = await page.evaluate(
      async ([hash, url]) => (await rill).change(hash, { addTrackers: [url] }),
      [torrent.infoHash, other.url] as const,
    );
    expect(refused).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('is private') },
    });
  } finally {
    await other.close();
  }
});
