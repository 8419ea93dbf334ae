/** How fast a torrent moves, read from the local API while it does. */
import type { Page } from '@playwright/test';

interface Mark {
  readonly atMs: number;
  readonly bytes: number;
}

/** When the torrent's count of bytes, as /api/torrents has it, first was so many or more. */
export async function markOf(
  page: Page,
  infoHash: string,
  field: 'downloadedBytes' | 'uploadedBytes',
  leastBytes: number,
): Promise<Mark> {
  return page.evaluate(
    async ({ infoHash, field, leastBytes }) => {
      type Torrents = { readonly torrents: readonly Record<string, string | number>[] };
      for (;;) {
        const answer = (await (await fetch('api/torrents')).json()) as Torrents;
        const torrent = answer.torrents.find((it) => it['infoHash'] === infoHash);
        const bytes = Number(torrent?.[field] ?? 0);
        if (bytes >= leastBytes) return { atMs: performance.now(), bytes };
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    },
    { infoHash, field, leastBytes },
  );
}

/** Bytes per second between two marks that lie so many seconds apart at the limit, the first one second from now. */
export async function rateAt(
  page: Page,
  infoHash: string,
  field: 'downloadedBytes' | 'uploadedBytes',
  limitBps: number,
  seconds = 10,
): Promise<number> {
  const now = await markOf(page, infoHash, field, 0);
  const first = await markOf(page, infoHash, field, now.bytes + limitBps);
  const last = await markOf(page, infoHash, field, first.bytes + seconds * limitBps);
  return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000;
}
