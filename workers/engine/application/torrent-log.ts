/** What went wrong with one torrent, newest first and bounded: for the person who looks, and for the console. */
import type { TorrentEvent } from '../../contract/snapshot.ts';
import type { Deps } from '../model/deps.ts';

const MAX_EVENTS = 50;

export class TorrentLog {
  readonly events: TorrentEvent[] = [];

  constructor(
    readonly name: string,
    readonly deps: Pick<Deps, 'clock' | 'log'>,
    readonly changed: () => void,
  ) {}

  note(message: string): void {
    this.events.unshift({ at: new Date(this.deps.clock.now()).toISOString(), message });
    this.events.length = Math.min(this.events.length, MAX_EVENTS);
    this.deps.log('warning', `${this.name}: ${message}`);
    this.changed();
  }
}
