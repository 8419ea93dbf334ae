/**
 * The web seeds of one torrent, by their URLs.
 *
 * Invariants: a URL is here once, connected once at most; what is known of it (WebSeedHealth, WebSeedGaps) outlives its
 * connections, so that a pause does not end a rest. What goes wrong with a seed is told, and stops nothing else.
 */
import type { Deps } from '../../model/deps.ts';
import type { TorrentMeta } from '../../model/torrent-meta.ts';
import { explainGap, WebSeedGaps } from '../web-seed-gaps.ts';
import { explainFailure, WebSeedHealth, type WebSeedFailure } from '../web-seed-policy.ts';
import { WebSeed } from './web-seed.ts';

/** Each is a connection of its own in this process, and may have a request open. */
const MAX_WEB_SEEDS = 16;

export interface WebSeedsHost {
  readonly deps: Pick<Deps, 'clock' | 'random'>;
  isConnected(url: string): boolean;
  isBanned(url: string): boolean;
  connect(seed: WebSeed): void;
  /** One that gave, or might have, does not. */
  onFailure(): void;
  /** For a person. */
  warning(message: string): void;
}

interface Member {
  readonly health: WebSeedHealth;
  readonly gaps: WebSeedGaps;
  /** The newest connection. */
  seed: WebSeed | null;
}

export class WebSeeds {
  readonly #members = new Map<string, Member>();

  constructor(readonly host: WebSeedsHost) {}

  /** How many are connected and have given nothing since they failed. */
  get failingCount(): number {
    return [...this.#members.keys()].filter((url) => this.isFailing(url)).length;
  }

  /** Whether the seed with that URL is connected and has given nothing since it failed. */
  isFailing(url: string): boolean {
    return Boolean(this.#members.get(url)?.health.isFailing) && this.host.isConnected(url);
  }

  /** Those that are new; what is beyond the first 16 is left out. */
  add(urls: readonly string[]): void {
    for (const url of urls) {
      if (this.#members.size >= MAX_WEB_SEEDS || this.#members.has(url)) continue;
      // Records are old: what no reader would let in now must not keep the torrent from starting.
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) continue;
      const random = () => this.host.deps.random();
      const [health, gaps] = [new WebSeedHealth(random), new WebSeedGaps(random)];
      this.#members.set(url, { health, gaps, seed: null });
    }
  }

  /** Connects those that are not connected nor banned. */
  open(meta: TorrentMeta): void {
    for (const [url, member] of this.#members) {
      if (this.host.isConnected(url) || this.host.isBanned(url)) continue;
      const { health, gaps } = member;
      member.seed = new WebSeed(url, {
        clock: this.host.deps.clock,
        meta,
        health,
        gaps,
        onFailure: (failure) => this.#failed(url, health, failure),
        onFirstGap: (restMs) => this.host.warning(explainGap(new URL(url).host, restMs)),
      });
      this.host.connect(member.seed);
    }
  }

  /** The network is back, or the machine slept. */
  wake(): void {
    for (const { health, seed } of this.#members.values()) {
      health.wake();
      seed?.wake();
    }
  }

  #failed(url: string, health: WebSeedHealth, failure: WebSeedFailure): void {
    const { restMs, isNews } = health.failed(failure, this.host.deps.clock.now());
    this.host.onFailure();
    if (isNews) this.host.warning(explainFailure(new URL(url).host, failure, restMs));
  }
}
