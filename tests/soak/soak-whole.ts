/**
 * Brings the page of a soak to the one state in which its memory can be compared with itself: everything is here and right, nothing
 * moves, and what is bounded is full. Event log, read cache, spare and scratch buffers fill in the course of hours otherwise,
 * and to a stopwatch that looks like a leak.
 */
import { expect, type Page } from '@playwright/test';
import { sha256OfStream, untilTorrent } from '../support/rill-page.ts';
import { remove, resume } from '../support/torrent-commands.ts';
import { sha256 } from '../support/torrents.ts';
import { add, pauseAll, recheck, resumeAll, type SoakScene } from './soak-actions.ts';

/** All is fetched twice, read back, checked and given to somebody, then paused. */
export async function makeWhole(scene: SoakScene): Promise<void> {
  const { page, world } = scene;
  await limitDownloads(page, 0);
  await fetchAndReadAll(scene);
  for (const torrent of world.torrents) {
    await remove(page, torrent);
    await add(page, torrent, world.trackerUrl);
  }
  await fetchAndReadAll(scene);
  for (const torrent of world.torrents) await recheck(scene, torrent);
  await allComplete(scene);
  await pauseAll(scene);
  // Alone, so that it has a turn to be given; it is longer than the read cache.
  const largest = world.torrents.at(-1)!;
  await resume(page, largest);
  await world.takeFromUs(largest);
  await pauseAll(scene);
}

/** Bytes per second, `0`: no limit. */
export async function limitDownloads(page: Page, downloadBps: number): Promise<void> {
  await page.evaluate(async (downloadBps) => {
    const changed = await (await rill).changeSettings({ downloadBps });
    if (!changed.ok) throw new Error(changed.error.message);
  }, downloadBps);
}

/** With all peers there and no limit everything is fetched, read back and hashed. */
async function fetchAndReadAll(scene: SoakScene): Promise<void> {
  const { page, world } = scene;
  await world.makeWhole();
  await resumeAll(scene);
  await allComplete(scene);
  for (const torrent of world.torrents) {
    for (const [n, { bytes }] of torrent.files.entries()) {
      const read = await sha256OfStream(page, `stream/${torrent.infoHash}/${n}`);
      expect(read, `${torrent.name}, file ${n}`).toBe(sha256(bytes));
    }
  }
}

async function allComplete({ page, world }: SoakScene): Promise<void> {
  for (const { infoHash } of world.torrents) {
    await untilTorrent(
      page,
      infoHash,
      (it) => it.completedAt !== null && it.progress === 1 && it.check === null,
    );
  }
}
