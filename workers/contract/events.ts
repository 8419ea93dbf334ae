/**
 * What happens in the engine, as it happens: one line for each thing a person or a script may want to know of. Snapshots
 * say how things are; events say what became of them and why. Plain data.
 */
import type { InfoHash } from './ids.ts';

/** API.md's, and what the session does by itself. The part before the colon is the category. */
export type EventKind =
  | 'torrent:added'
  | 'torrent:metadata'
  | 'torrent:progress'
  | 'torrent:piece'
  | 'torrent:complete'
  | 'torrent:seeding'
  | 'torrent:stalled'
  | 'torrent:health'
  | 'torrent:recovery'
  | 'torrent:cooldown'
  | 'torrent:error'
  | 'torrent:removed'
  | 'torrent:cleaned'
  | 'peer:banned'
  | 'tracker:state'
  | 'queue:updated'
  | 'storage:pressure'
  | 'session:started'
  | 'session:adjusted'
  | 'session:limits'
  | 'session:restarted'
  | 'session:summary';

export type EventCategory = 'torrent' | 'peer' | 'tracker' | 'queue' | 'storage' | 'session';

export interface NewEvent {
  readonly kind: EventKind;
  /** Whose; `null`: the session's as a whole. */
  readonly infoHash: InfoHash | null;
  /** For a person: what happened, and why if that is known. */
  readonly message: string;
  /** The figures of it, for a script. */
  readonly data?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface RillEvent extends NewEvent {
  /** Grows with every event, over restarts of the engine too; none is given twice. */
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
}

/** An answer to `Engine.events`. */
export interface EventPage {
  /** Oldest first. */
  readonly events: readonly RillEvent[];
  /** What to ask with next, to go on without missing any or getting one twice. */
  readonly next: number;
  /**
   * Some of what came after the event that was asked for is not here any more: more came than the log holds, or the engine
   * has been started anew since (progress, pieces and trackers' states are then gone, and what was a few seconds old).
   */
  readonly isGap: boolean;
}

export function categoryOf(kind: EventKind): EventCategory {
  return kind.slice(0, kind.indexOf(':')) as EventCategory;
}
