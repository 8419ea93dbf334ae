/**
 * What went wrong with one torrent, newest first and bounded: for the person who looks, and for the console. Each is told of
 * as an event, and the event log gives them back at the next start.
 */
import type { RillEvent } from '../../contract/events.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { TorrentEvent } from '../../contract/snapshot.ts';
import type { Deps } from '../model/deps.ts';

const MAX_EVENTS = 50;

export class TorrentLog {
  readonly events: TorrentEvent[] = [];

  constructor(
    readonly name: string,
    readonly deps: Pick<Deps, 'clock' | 'log'>,
    /** Hears of each that is new. */
    readonly told: (message: string) => void,
  ) {}

  note(message: string): void {
    this.events.unshift({ at: new Date(this.deps.clock.now()).toISOString(), message });
    this.events.length = Math.min(this.events.length, MAX_EVENTS);
    this.deps.log('warning', `${this.name}: ${message}`);
    this.told(message);
  }

  /** Takes back what an earlier start noted, newest first; before anything is noted anew. */
  recall(events: readonly TorrentEvent[]): void {
    this.events.push(...events.slice(0, MAX_EVENTS));
  }
}

/** What went wrong with each torrent that is still here, newest first, from the event log (oldest first). */
export function errorHistory(
  events: Iterable<RillEvent>,
): ReadonlyMap<InfoHash, readonly TorrentEvent[]> {
  const history = new Map<InfoHash, TorrentEvent[]>();
  for (const { kind, infoHash, at, message } of events) {
    if (!infoHash) continue;
    // Added again it is another one to the person.
    if (kind === 'torrent:removed') history.delete(infoHash);
    if (kind !== 'torrent:error') continue;
    const known = history.get(infoHash) ?? [];
    known.push({ at, message });
    history.set(infoHash, known);
  }
  for (const [infoHash, known] of history)
    history.set(infoHash, known.slice(-MAX_EVENTS).reverse());
  return history;
}
