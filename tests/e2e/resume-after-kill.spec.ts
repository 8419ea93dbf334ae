// A browser that dies in the middle of a download goes on from its last checkpoint, whoever killed it.
import { launchBrowser, makeProfile } from '../support/launch.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

test('after a kill it resumes and fetches again at most what was not checkpointed', async ({
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'film.bin', files: 24_000_000, pieceLength: 65_536 });
  await seeder.throttleUpload(2_000_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const profile = await makeProfile();

  const first = await launchBrowser({ profile });
  const firstPage = await first.context.newPage();
  await openRill(firstPage, app.url);
  await addByEngine(firstPage, torrent.magnet([tracker.url]));
  await untilTorrent(firstPage, torrent.infoHash, (it) => it.progress > 0.3);
  await firstPage.evaluate(async () => (await rill).checkpoint());
  const checkpointed = await torrentOf(firstPage, torrent.infoHash);
  // Some more arrives that no checkpoint speaks of yet; then the browser dies.
  await untilTorrent(firstPage, torrent.infoHash, (it) => it.progress > 0.4);
  expect((await torrentOf(firstPage, torrent.infoHash)).progress).toBeLessThan(1);
  await first.kill();

  const uploadedBefore = (await seeder.stats()).uploaded;
  const second = await launchBrowser({ profile });
  try {
    const page = await second.context.newPage();
    await openRill(page, app.url);
    await seeder.throttleUpload(-1);
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    const fetched = (await seeder.stats()).uploaded - uploadedBefore;
    const missing = torrent.content.length - checkpointed.piecesHave * torrent.pieceLength;
    // Wire overhead and one request pipeline are all it may cost beyond what was missing.
    expect(fetched).toBeLessThan(missing * 1.02 + 1_000_000);
    expect(checkpointed.piecesHave).toBeGreaterThan(0);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
  } finally {
    await second.close();
    await profile.remove();
  }
});
