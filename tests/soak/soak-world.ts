/** What is around the page in a soak: torrents of many shapes, seeders, guests and a tracker, each of which may go and come back. */
import { startStockPeer, type StockPeer } from '../support/stock-peer.ts';
import type { LaunchedBrowser } from '../support/launch.ts';
import { makeTorrent, type MadeTorrent } from '../support/torrents.ts';
import { startTracker, type TestTracker } from '../support/tracker.ts';

const KIB = 1024;
const SIZES_MB = [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 34, 40];
const PIECE_KIB = [16, 64, 256, 32, 1_024, 128, 4_096, 512, 2_048];
const SEEDERS = 3;

/** 20 torrents of 1 to 40 MB in pieces of 16 KiB to 4 MiB, every third of several files. */
export function makeTorrents(): readonly MadeTorrent[] {
  return SIZES_MB.map((sizeMb, n) => {
    const bytes = Math.round(sizeMb * 1e6);
    const share = Math.floor(bytes / 7);
    return makeTorrent({
      name: `soak-${n}${n % 3 === 0 ? '' : '.bin'}`,
      files:
        n % 3 === 0
          ? [
              { path: 'one.bin', content: share },
              { path: 'inside/two.bin', content: 2 * share },
              { path: 'inside/three.bin', content: bytes - 3 * share },
            ]
          : bytes,
      pieceLength: PIECE_KIB[n % PIECE_KIB.length]! * KIB,
      seed: 100 * n,
    });
  });
}

export class SoakWorld {
  readonly #seeders: (StockPeer | null)[] = Array.from({ length: SEEDERS }, () => null);
  readonly #guests: StockPeer[] = [];
  #tracker: TestTracker | null;

  private constructor(
    readonly torrents: readonly MadeTorrent[],
    /** Where the tracker is, or will be again. */
    readonly trackerUrl: string,
    readonly peers: LaunchedBrowser,
    tracker: TestTracker,
  ) {
    this.#tracker = tracker;
  }

  /** @param peers the browser in which the stock peers live */
  static async start(peers: LaunchedBrowser): Promise<SoakWorld> {
    const tracker = await startTracker({ intervalMs: 15_000 });
    const world = new SoakWorld(makeTorrents(), tracker.url, peers, tracker);
    await world.makeWhole();
    return world;
  }

  get isTracked(): boolean {
    return this.#tracker !== null;
  }

  /** The tracker goes with all its connections, or comes back at its old address. */
  async flipTracker(): Promise<string> {
    if (this.#tracker) {
      await this.#tracker.close();
      this.#tracker = null;
      return 'the tracker goes';
    }
    const port = Number(new URL(this.trackerUrl).port);
    this.#tracker = await startTracker({ intervalMs: 15_000, port });
    return 'the tracker is back';
  }

  /** A seeder goes without a word, or comes back; at least one stays. */
  async flipSeeder(index: number): Promise<string> {
    const n = index % SEEDERS;
    const seeder = this.#seeders[n];
    if (!seeder) {
      await this.#startSeeder(n);
      return `seeder ${n} is back`;
    }
    if (this.#seeders.filter((one) => one !== null).length === 1) return 'one seeder stays';
    this.#seeders[n] = null;
    await seeder.close();
    return `seeder ${n} goes`;
  }

  /** Somebody who wants a torrent, for as long as the next guest is not there. */
  async inviteGuest(torrent: MadeTorrent): Promise<string> {
    await this.#sendGuestsAway();
    const guest = await startStockPeer({ browser: this.peers.browser, uploadBps: 200_000 });
    this.#guests.push(guest);
    const trackers = [this.trackerUrl];
    // It may be sent away in the middle of it.
    void guest
      .download(torrent.torrentBytes, { trackers, store: 'memory', isHashed: false })
      .catch(() => undefined);
    return `a guest for ${torrent.name}`;
  }

  /** Somebody takes all of a torrent, while nobody else has it. Seeders are back with `makeWhole`. */
  async takeFromUs(torrent: MadeTorrent): Promise<void> {
    await this.#sendGuestsAway();
    for (const [n, seeder] of this.#seeders.entries()) {
      this.#seeders[n] = null;
      await seeder?.close();
    }
    const taker = await startStockPeer({ browser: this.peers.browser });
    const trackers = [this.trackerUrl];
    await taker.download(torrent.torrentBytes, { trackers, store: 'memory', isHashed: false });
    await taker.close();
  }

  /** The tracker and every seeder are there. */
  async makeWhole(): Promise<void> {
    if (!this.#tracker) await this.flipTracker();
    // A stock client that has lost its tracker may take ten minutes to try it again; a new one announces itself at once.
    for (const [n, seeder] of this.#seeders.entries()) {
      await seeder?.close();
      await this.#startSeeder(n);
    }
  }

  async close(): Promise<void> {
    await this.#sendGuestsAway();
    for (const seeder of this.#seeders) await seeder?.close();
    await this.#tracker?.close();
  }

  /** Each torrent has two seeders of three. */
  async #startSeeder(n: number): Promise<void> {
    const seeder = await startStockPeer({ browser: this.peers.browser });
    this.#seeders[n] = seeder;
    const shared = this.torrents.filter((_, i) => (i + n) % SEEDERS !== 0);
    for (const torrent of shared) await seeder.seed(torrent, { trackers: [this.trackerUrl] });
  }

  async #sendGuestsAway(): Promise<void> {
    for (const guest of this.#guests.splice(0)) await guest.close();
  }
}
