/** A large library as a person has it after months: made once in a profile, half of it complete, and nothing to transfer. */
import { openBarePage, readRecords, writeRecord } from '../../support/bare-page.ts';
import type { LaunchedBrowser } from '../../support/launch.ts';
import { openRill } from '../../support/rill-page.ts';
import { torrentFileOf, type TorrentFile } from '../../support/synthetic-torrent.ts';
import { seededBytes } from '../../support/torrents.ts';

export interface LibrarySpec {
  /** Number of the first torrent, so that a library can be added to. */
  readonly from?: number;
  readonly torrents: number;
  readonly pieces: number;
  readonly pieceLength?: number;
  readonly isPaused?: boolean;
}

/** Torrents of pieces that nobody has: their hashes are of nothing. */
function torrentsOf({ from = 0, torrents, pieces, pieceLength = 16_384 }: LibrarySpec) {
  return Array.from({ length: torrents }, (_, i): TorrentFile => {
    const n = from + i;
    const hashes = seededBytes(pieces * 20, n + 1);
    const name = `Documentary series, part ${n} of many.mp4`;
    return torrentFileOf({ name, lengthBytes: pieces * pieceLength, pieceLength }, hashes);
  });
}

/**
 * Adds the torrents by the engine, and writes for every second one, past the engine, what a download leaves behind: extents
 * in full length and a checkpoint that has every piece. What they hold is hashed by nobody who does not read it.
 */
export async function addLibrary(
  { context }: LaunchedBrowser,
  appUrl: string,
  spec: LibrarySpec,
): Promise<readonly TorrentFile[]> {
  const added = torrentsOf(spec);
  const page = await context.newPage();
  await openRill(page, appUrl);
  const paused = spec.isPaused ?? false;
  for (const { torrentBytes } of added) {
    await page.evaluate(
      async ({ base64, paused }) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const result = await (await rill).add({ kind: 'torrent-file', bytes }, { paused });
        if (!result.ok) throw new Error(result.error.message);
      },
      { base64: torrentBytes.toString('base64'), paused },
    );
  }
  const bare = await openBarePage(context, appUrl);
  await page.close();
  for (const { infoHash } of added.filter((_, i) => i % 2 === 0)) {
    await completeBare(bare, infoHash, spec.pieces, spec.pieceLength ?? 16_384);
  }
  // Once as after any crash: completion is noticed and written down, so that later starts find all as they left it.
  const settled = await context.newPage();
  await bare.close();
  await openRill(settled, appUrl);
  await settled.evaluate(async () => (await rill).checkpoint());
  await context.newPage();
  await settled.close();
  return added;
}

type BarePage = Awaited<ReturnType<typeof openBarePage>>;

async function completeBare(
  bare: BarePage,
  infoHash: string,
  pieces: number,
  pieceLength: number,
): Promise<void> {
  const extentLength = Math.floor((64 * 1024 * 1024) / pieceLength) * pieceLength;
  const extents = await bare.evaluate(
    async ({ infoHash, lengthBytes, extentLength }) => {
      const root = await navigator.storage.getDirectory();
      const torrents = await root.getDirectoryHandle('torrents', { create: true });
      const folder = await torrents.getDirectoryHandle(infoHash, { create: true });
      const stamps = [];
      for (let extent = 0; extent * extentLength < lengthBytes; extent++) {
        const handle = await folder.getFileHandle(String(extent), { create: true });
        const writable = await handle.createWritable();
        await writable.truncate(Math.min(extentLength, lengthBytes - extent * extentLength));
        await writable.close();
        const { size, lastModified } = await handle.getFile();
        stamps.push({ extent, sizeBytes: size, modifiedMs: lastModified });
      }
      return stamps;
    },
    { infoHash, lengthBytes: pieces * pieceLength, extentLength },
  );
  const have = new Uint8Array(Math.ceil(pieces / 8)).fill(0xff);
  if (pieces % 8) have[have.length - 1] = (0xff00 >> (pieces % 8)) & 0xff;
  await writeRecord(bare, 'resume', `${infoHash}/0`, {
    version: 2,
    infoHash,
    generation: 1_000,
    have,
    extents,
    at: '2026-11-20T09:00:00.000Z',
  });
}

/** How many torrents are complete in the database: the library is as it was meant. */
export async function completeCount(launched: LaunchedBrowser, appUrl: string): Promise<number> {
  const bare = await openBarePage(launched.context, appUrl);
  const records = await readRecords(bare, 'torrents');
  await bare.close();
  return [...records.values()].filter(
    (record) => (record as { completedAt: string | null }).completedAt !== null,
  ).length;
}
