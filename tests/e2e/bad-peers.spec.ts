// What a peer sends is believed only when its hash is right: a liar costs bandwidth, never data.
import { torrentSchema, violationsOf } from '../support/api-schemas.ts';
import { callApi, kindsOfEvents } from '../support/local-api.ts';
import { addByEngine, openRill, sha256OfStream, untilTorrent } from '../support/rill-page.ts';
import type { StockPeer } from '../support/stock-peer.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { expect, test as base } from '../support/world.ts';

/** A second seeder, the one that lies. */
const test = base.extend<{ readonly liar: StockPeer }>({
  liar: async ({ startPeer }, use) => {
    await use(await startPeer());
  },
});

const LIE = 3;

test('a piece that only a lying peer has never becomes ours, the liar is banned, and nothing else stops', async ({
  page,
  tracker,
  seeder,
  liar,
  app,
}) => {
  const other = makeTorrent({ name: 'honest.bin', files: 3_000_000, seed: 9 });
  const torrent = makeTorrent({ name: 'lies.bin', files: 400_000, pieceLength: 32_768 });
  await seeder.throttleUpload(600_000);
  await Promise.all([
    seeder.seed(other, { trackers: [tracker.url] }),
    liar.seed(torrent, { trackers: [tracker.url], corrupt: [LIE] }),
  ]);
  await openRill(page, app.url);
  await addByEngine(page, other.magnet([tracker.url]));
  await untilTorrent(page, other.infoHash, (it) => it.downloadedBytes > 0);
  // What a peer and a tracker look like to a script (API.md).
  const { body } = await callApi(page, 'GET', `torrents/${other.infoHash}`);
  expect(violationsOf(torrentSchema, body)).toEqual([]);
  expect(body).toMatchObject({
    peers: [{ kind: 'webrtc', isChoking: false, amInterested: true }],
    trackers: [
      { url: new URL(tracker.url).href, state: 'working', failure: null, lastError: null },
    ],
  });

  await addByEngine(page, torrent.magnet([tracker.url]));
  const banned = await untilTorrent(page, torrent.infoHash, (it) => it.peerCounts.banned === 1);
  // A strike for each time: the third bans.
  const lie = expect.stringContaining(`Piece ${LIE} did not match its hash`);
  expect(banned.errors.map(({ message }) => message)).toEqual([lie, lie, lie]);
  expect(banned.wastedBytes).toBeGreaterThanOrEqual(3 * torrent.pieceLength);
  const alone = await untilTorrent(
    page,
    torrent.infoHash,
    (it) => it.peerCounts.connected === 0 && it.health.kind === 'no-peers',
  );
  expect(alone.piecesHave).toBeLessThan(alone.pieceCount);
  expect(alone.completedAt).toBeNull();
  const toScripts = await callApi(page, 'GET', `torrents/${torrent.infoHash}`);
  expect(violationsOf(torrentSchema, toScripts.body)).toEqual([]);
  expect(toScripts.body).toMatchObject({ errors: banned.errors, peerCounts: { banned: 1 } });
  const told = async () =>
    (await kindsOfEvents(page)).filter(
      (kind) => kind === 'torrent:error' || kind === 'peer:banned',
    );
  await expect
    .poll(told)
    .toEqual(['torrent:error', 'torrent:error', 'torrent:error', 'peer:banned']);
  // A person can read it too.
  await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);
  await page.getByText('What went wrong lately').click();
  await expect(page.getByText(`Piece ${LIE} did not match its hash`).first()).toBeVisible();

  await seeder.throttleUpload(-1);
  const done = await untilTorrent(page, other.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(other.content));
  // As soon as somebody honest is there, the rest comes.
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const whole = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, whole.files[0]!.streamUrl)).toBe(sha256(torrent.content));
  expect(whole.peerCounts.banned).toBe(1);
});

test('beside a peer that lies in every piece, an honest one still completes the download and is not blamed', async ({
  page,
  tracker,
  seeder,
  liar,
  app,
}) => {
  // Pieces of 16 blocks, so that both peers give parts of the same piece and the hash alone cannot tell who lied.
  const torrent = makeTorrent({ name: 'mixed.bin', files: 4_000_000, pieceLength: 262_144 });
  const everyPiece = Array.from({ length: torrent.pieceCount }, (_, index) => index);
  await Promise.all([seeder.throttleUpload(1_500_000), liar.throttleUpload(1_500_000)]);
  await Promise.all([
    seeder.seed(torrent, { trackers: [tracker.url] }),
    liar.seed(torrent, { trackers: [tracker.url], corrupt: everyPiece }),
  ]);
  await openRill(page, app.url);
  // Held: both are connected before the first block is asked for.
  await page.evaluate(
    async (text) => {
      await (await rill).add({ kind: 'text', text }, { hold: true });
    },
    torrent.magnet([tracker.url]),
  );
  await untilTorrent(page, torrent.infoHash, (it) => it.peerCounts.seeds === 2);
  await page.evaluate(async (hash) => (await rill).start(hash), torrent.infoHash);

  const blamed = await untilTorrent(page, torrent.infoHash, (it) => it.peerCounts.banned > 0);
  expect(blamed.errors.length).toBeGreaterThan(0);
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(done.peerCounts.banned).toBe(1);
  // The piece that gave the liar away may have been the last, which is the shortest.
  expect(done.wastedBytes).toBeGreaterThanOrEqual(torrent.content.length % torrent.pieceLength);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
});
