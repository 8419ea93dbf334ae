// A torrent that failed is left alone for a while, says so, and is tried again by itself or when a person says so.
import { callApi } from '../support/local-api.ts';
import { openRill, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

test('a magnet nobody has rests, and is downloaded by itself once its time is over', async ({
  page,
  app,
  tracker,
  seeder,
}) => {
  const torrent = makeTorrent({ name: 'late.bin', files: 300_000 });
  await openRill(page, app.url, {
    metadataTimeoutS: 5,
    cooldownS: { noPeers: 6, timeout: 6, connection: 6 },
  });
  const source = torrent.magnet([tracker.url]);
  expect((await callApi(page, 'POST', 'torrents', { content: { source } })).status).toBe(201);
  await expect(page.getByText('Resting before the next try')).toBeVisible({ timeout: 10_000 });
  // It is in no swarm: the tracker knows of the seeder alone now.
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const resting = await untilTorrent(page, torrent.infoHash, () => true);
  expect(resting).toMatchObject({ state: 'queued', peerCounts: { connected: 0 } });
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(done).toMatchObject({ state: 'seeding', progress: 1 });
});

test('it is remembered over a reload, refused to scripts, listed, and tried at once by a click', async ({
  page,
  app,
}) => {
  const torrent = makeTorrent({ name: 'nobody has it', files: 300_000 });
  await openRill(page, app.url, { metadataTimeoutS: 5 });
  const source = torrent.magnet();
  await callApi(page, 'POST', 'torrents', { content: { source } });
  await untilTorrent(page, torrent.infoHash, ({ state }) => state === 'queued');

  await page.reload();
  await untilTorrent(page, torrent.infoHash, ({ state }) => state === 'queued');
  const refused = await callApi(page, 'POST', 'torrents', { content: { source } });
  expect(refused).toMatchObject({ status: 503, body: { error: { kind: 'cooldown' } } });
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(300);

  await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);
  await expect(page.getByText(/Nobody was found who has it\. Rill tries again in/)).toBeVisible();
  await page.getByRole('button', { name: 'Try now' }).click();
  await untilTorrent(page, torrent.infoHash, ({ state }) => state === 'metadata');
  await expect(page.getByRole('button', { name: 'Try now' })).toBeHidden();

  // It fails again: from the list it is tried at once too.
  await untilTorrent(page, torrent.infoHash, ({ state }) => state === 'queued');
  await page.goto(`${app.url}#/settings`);
  const panel = page.getByRole('region', { name: 'Waiting before the next try' });
  await expect(panel).toContainText('nobody has it');
  await expect(panel).toContainText('Nobody was found who has it.');
  await panel.getByRole('button', { name: 'Try now nobody has it' }).click();
  await expect(panel).toContainText('Nothing waits.');
  await untilTorrent(page, torrent.infoHash, ({ state }) => state === 'metadata');
});

test('who looks inside a link that nobody has is told so, and may ask again at once', async ({
  page,
  app,
}) => {
  const torrent = makeTorrent({ name: 'nobody has it', files: 300_000 });
  await openRill(page, app.url, { metadataTimeoutS: 5 });
  await page.getByLabel('Magnet link or info hash').fill(torrent.magnet());
  await page.getByRole('button', { name: 'Look inside' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText(
    'Nobody was found who has it. Press “Look inside” to try again at once.',
    { timeout: 10_000 },
  );
  expect((await callApi(page, 'GET', 'failed')).body).toMatchObject([
    { infoHash: torrent.infoHash, name: 'nobody has it' },
  ]);
  await dialog.getByRole('button', { name: 'Look inside' }).click();
  await expect(dialog.getByText('Finding peers')).toBeVisible();
  expect((await callApi(page, 'GET', 'failed')).body).toEqual([]);
});
