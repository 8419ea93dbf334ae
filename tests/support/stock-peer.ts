// An independent peer: the stock webtorrent bundle on a page of another browser. It shares no code with Rill.
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from '@playwright/test';
import { CHROMIUM_FLAGS, requireChromium } from './find-chromium.mjs';
import type { StockPage, StockStats } from './stock-page.ts';
import type { MadeTorrent } from './torrents.ts';

declare global {
  interface Window {
    readonly stock: StockPage;
  }
}

const BUNDLE = fileURLToPath(
  new URL('../../node_modules/webtorrent/dist/webtorrent.min.js', import.meta.url),
);
const HTML = fileURLToPath(new URL('./stock.html', import.meta.url));

export interface StockPeer {
  /**
   * Seeds a torrent and resolves once it is announced to a tracker.
   * @param options.trackers WebSocket trackers to announce to
   * @param options.corrupt pieces to send with wrong bytes
   * @param options.lacks pieces that it says not to have
   */
  seed(
    torrent: MadeTorrent,
    options: {
      trackers: readonly string[];
      corrupt?: readonly number[];
      lacks?: readonly number[];
    },
  ): Promise<void>;
  /**
   * Downloads and resolves when complete, with each file's SHA-256.
   * @param source a magnet link or the bytes of a `.torrent`
   * @param options.store `default` (webtorrent's own, OPFS; the default here) or `memory`
   * @param options.isHashed false: what was stored is not read again, and no files are returned
   */
  download(
    source: string | Uint8Array,
    options: { trackers: readonly string[]; store?: 'default' | 'memory'; isHashed?: boolean },
  ): Promise<StockDownload>;
  stats(): Promise<StockStats>;
  /** Bytes per second; -1: no limit. */
  throttleUpload(bytesPerSecond: number): Promise<void>;
  close(): Promise<void>;
}

export interface StockDownload {
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** From the first byte to the last. */
  readonly transferMs: number;
  /** Page tasks over 50 ms while it ran. */
  readonly longTasks: readonly number[];
}

/** A browser for stock peers and nobody else. */
export function launchForStockPeers(): Promise<Browser> {
  return chromium.launch({ executablePath: requireChromium(), args: CHROMIUM_FLAGS });
}

/** A page for a peer, and what ends it. */
async function openPage(options: {
  browser?: Browser;
  host?: Browser;
}): Promise<{ page: Page; leave: () => Promise<void> }> {
  const shared = options.browser?.contexts()[0];
  if (shared) {
    const page = await shared.newPage();
    return { page, leave: () => page.close() };
  }
  const given = options.host ?? options.browser;
  const browser = given ?? (await launchForStockPeers());
  const context = await browser.newContext();
  return { page: await context.newPage(), leave: () => (given ? context : browser).close() };
}

/**
 * Starts a peer in its own browser. No STUN server is used: nothing leaves the machine.
 * @param options.uploadBps limit from the start, bytes per second
 * @param options.browser one of `launchBrowser`, in whose profile the peer lives with others
 * @param options.host one of {@link launchForStockPeers}, in which the peer has a context, so a storage, of its own
 */
export async function startStockPeer(
  options: { uploadBps?: number; browser?: Browser; host?: Browser } = {},
): Promise<StockPeer> {
  const contents = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const content = contents.get(path);
    if (content) response.end(content);
    else if (path === '/') {
      response.setHeader('content-type', 'text/html');
      createReadStream(HTML).pipe(response);
    } else if (path === '/webtorrent.min.js') {
      response.setHeader('content-type', 'text/javascript');
      createReadStream(BUNDLE).pipe(response);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { page, leave } = await openPage(options);
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction(() => 'stock' in window);
  if (options.uploadBps !== undefined) await throttle(options.uploadBps);

  function offer(bytes: Uint8Array): string {
    const path = `/content/${contents.size}`;
    contents.set(path, bytes);
    return path;
  }

  async function throttle(bytesPerSecond: number): Promise<void> {
    await page.evaluate((rate) => window.stock.throttleUpload(rate), bytesPerSecond);
  }

  return {
    async seed(torrent, { trackers, corrupt = [], lacks = [] }) {
      await page.evaluate((job) => window.stock.seed(job), {
        torrent: offer(torrent.torrentBytes),
        content: offer(torrent.content),
        trackers,
        corrupt,
        lacks,
      });
    },
    download: (source, { trackers, store = 'default', isHashed = true }) =>
      page.evaluate((job) => window.stock.download(job), {
        source: typeof source === 'string' ? { magnet: source } : { torrent: offer(source) },
        trackers,
        store,
        isHashed,
      }),
    stats: () => page.evaluate(() => window.stock.stats()),
    throttleUpload: throttle,
    async close() {
      await leave();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
