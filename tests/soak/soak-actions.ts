/** What a person and the world do in a soak, drawn from a seed. Each resolves with a line that says what was done. */
import type { Page } from '@playwright/test';
import { torrentOf } from '../support/rill-page.ts';
import { between, type Random } from '../support/seeded-random.ts';
import { addFile, remove, resume } from '../support/torrent-commands.ts';
import { sha256, type MadeTorrent } from '../support/torrents.ts';
import type { SoakWorld } from './soak-world.ts';

const MAX_RANGE_BYTES = 400_000;

export interface SoakScene {
  readonly page: Page;
  readonly world: SoakWorld;
  readonly random: Random;
}

type Action = (scene: SoakScene, torrent: MadeTorrent) => Promise<string>;

/** How often each is drawn, out of the sum. */
const ACTIONS: readonly (readonly [weight: number, act: Action])[] = [
  [5, pauseOrResume],
  [2, recheck],
  [5, streamSome],
  [1, removeAndAdd],
  [1, removeKeepingAndAdd],
  [2, ({ world, random }) => flipSeeder(world, random)],
  [2, ({ world }) => world.flipTracker()],
  [2, ({ world }, torrent) => world.inviteGuest(torrent)],
];

export async function actOnce(scene: SoakScene): Promise<string> {
  const { random, world } = scene;
  const torrent = world.torrents[between(random, 0, world.torrents.length - 1)]!;
  const sum = ACTIONS.reduce((total, [weight]) => total + weight, 0);
  let drawn = random() * sum;
  for (const [weight, act] of ACTIONS) {
    drawn -= weight;
    if (drawn < 0) return act(scene, torrent);
  }
  throw new Error('no action was drawn');
}

/** Every torrent goes on; resolves when all are listed. */
export async function resumeAll({ page, world }: SoakScene): Promise<void> {
  for (const torrent of world.torrents) await resume(page, torrent);
}

/** Resolves when nothing moves any more: a moment at which memory can be compared with another such. */
export async function pauseAll({ page, world }: SoakScene): Promise<void> {
  for (const { infoHash } of world.torrents) await pause(page, infoHash);
  await page.evaluate(async () => {
    const engine = await rill;
    for (;;) {
      const { backpressure } = await engine.health();
      if (backpressure.queuedBytes === 0) return;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
}

export async function add(page: Page, torrent: MadeTorrent, trackerUrl: string): Promise<void> {
  await addFile(page, torrent);
  await page.evaluate(
    async ({ infoHash, trackerUrl }) => {
      const changed = await (await rill).change(infoHash, { addTrackers: [trackerUrl] });
      if (!changed.ok) throw new Error(changed.error.message);
    },
    { infoHash: torrent.infoHash, trackerUrl },
  );
}

async function pause(page: Page, infoHash: string): Promise<void> {
  await page.evaluate(async (hash) => {
    const paused = await (await rill).pause(hash);
    if (!paused.ok) throw new Error(paused.error.message);
  }, infoHash);
}

async function pauseOrResume({ page }: SoakScene, torrent: MadeTorrent): Promise<string> {
  const { state } = await torrentOf(page, torrent.infoHash);
  if (state !== 'paused') {
    await pause(page, torrent.infoHash);
    return `${torrent.name} is paused`;
  }
  await resume(page, torrent);
  return `${torrent.name} goes on`;
}

export async function recheck(
  { page }: SoakScene,
  { infoHash, name }: MadeTorrent,
): Promise<string> {
  await page.evaluate(async (hash) => {
    const checked = await (await rill).recheck(hash);
    if (!checked.ok) throw new Error(checked.error.message);
  }, infoHash);
  return `${name} is checked`;
}

async function removeAndAdd({ page, world }: SoakScene, torrent: MadeTorrent): Promise<string> {
  await remove(page, torrent);
  await add(page, torrent, world.trackerUrl);
  return `${torrent.name} is removed and added again`;
}

async function removeKeepingAndAdd(
  { page, world }: SoakScene,
  torrent: MadeTorrent,
): Promise<string> {
  await page.evaluate(async (hash) => {
    const removed = await (await rill).remove(hash, 'keep');
    if (!removed.ok) throw new Error(removed.error.message);
  }, torrent.infoHash);
  await add(page, torrent, world.trackerUrl);
  return `${torrent.name} is removed without its data and added again`;
}

function flipSeeder(world: SoakWorld, random: Random): Promise<string> {
  // One that comes back announces itself, which needs a tracker.
  return world.isTracked ? world.flipSeeder(between(random, 0, 2)) : world.flipTracker();
}

/** Reads a range as a player would; what comes must be right, and nothing may come for want of peers. */
async function streamSome({ page, random }: SoakScene, torrent: MadeTorrent): Promise<string> {
  const index = between(random, 0, torrent.files.length - 1);
  const { bytes } = torrent.files[index]!;
  const start = between(random, 0, bytes.length - 1);
  const end = Math.min(bytes.length, start + between(random, 1, MAX_RANGE_BYTES));
  const seen = await page.evaluate(
    async ({ url, range }) => {
      try {
        const response = await fetch(url, {
          headers: { range },
          signal: AbortSignal.timeout(5_000),
        });
        if (response.status !== 206) {
          const { error } = (await response.json()) as { error: { kind: string } };
          return `${response.status} ${error.kind}`;
        }
        const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
        return [...new Uint8Array(digest)].map((it) => it.toString(16).padStart(2, '0')).join('');
      } catch {
        return 'given up';
      }
    },
    {
      url: `stream/${torrent.infoHash}/${index}`,
      range: `bytes=${start}-${end - 1}`,
    },
  );
  if (seen.length === 64) {
    if (seen !== sha256(bytes.subarray(start, end))) {
      throw new Error(`${torrent.name}: wrong bytes in file ${index} from ${start} to ${end}`);
    }
    return `${torrent.name}: ${end - start} bytes streamed`;
  }
  // A pause answers that nobody gives it; a rest, and what is still being looked into, that it may come later.
  const isExpected = /^(503 \S+|404 no-peers|given up)$/.test(seen);
  if (!isExpected) throw new Error(`${torrent.name}: a stream answered ${seen}`);
  return `${torrent.name}: nothing to stream (${seen})`;
}
