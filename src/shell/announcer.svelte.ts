import type { EngineSnapshot, TorrentSummary } from '../../workers/contract/snapshot.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';
import { visibleName } from '../ui/visible-name.ts';

const QUARTERS = [0.25, 0.5, 0.75] as const;

/** What is worth saying aloud about one torrent between two snapshots: quarters, the end, and trouble. */
export function milestone(before: TorrentSummary | undefined, now: TorrentSummary): string | null {
  if (!before || now.isHeld) return null;
  const name = visibleName(now.name);
  if (now.state === 'failed' && before.state !== 'failed') return `${name}: ${now.health.message}`;
  if (before.progress < 1 && now.progress >= 1 && now.lengthBytes > 0)
    return `${name} is complete.`;
  const quarter = QUARTERS.findLast((part) => before.progress < part && now.progress >= part);
  return quarter === undefined ? null : `${name}: ${quarter * 100} percent.`;
}

/** Keeps the one sentence a screen reader should say next. */
export class Announcer {
  #text = $state('');
  #torrents: readonly TorrentSummary[] = [];

  constructor(engine: Pick<EngineClient, 'onSnapshot'>) {
    engine.onSnapshot((snapshot) => this.#compare(snapshot));
  }

  get text(): string {
    return this.#text;
  }

  #compare({ torrents }: EngineSnapshot): void {
    if (torrents === this.#torrents) return;
    const before = new Map(this.#torrents.map((torrent) => [torrent.infoHash, torrent]));
    this.#torrents = torrents;
    const news = torrents
      .map((torrent) => milestone(before.get(torrent.infoHash), torrent))
      .filter((text) => text !== null);
    if (news.length > 0) this.#text = news.join(' ');
  }
}
