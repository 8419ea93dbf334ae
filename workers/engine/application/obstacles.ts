/**
 * What may hold a torrent back, and what that means. Pure: the facts are given.
 *
 * Invariants: a torrent runs exactly while nothing holds it; of several things that do, the first in the order below is told,
 * since the others matter only once it is gone. What stops it until somebody or some time lets it go tells readers at once that
 * they wait in vain; a turn and a store that opens come by themselves, and readers wait for them.
 */
import { fail, type RillError } from '../../contract/errors.ts';
import type { PausedBy } from '../model/catalogue.ts';
import type { Cooling } from './cooldown.ts';
import { cooldownError } from './cooldown-words.ts';
import { metered, notHere, type TorrentTrouble } from './torrent-trouble.ts';

export interface ObstacleFacts {
  /** It was removed, or is about to be. */
  readonly isGone: boolean;
  readonly pausedBy: PausedBy | null;
  /** It failed and rests. */
  readonly cooling: Cooling | null;
  /** It waits for a connection that is not metered. */
  readonly isMetered: boolean;
  /** The queue lets it run. */
  readonly hasTurn: boolean;
  /** Its store is open, if there is one. */
  readonly isReady: boolean;
}

export type Obstacle =
  | { readonly kind: 'gone' | 'paused' | 'metered' | 'turn' | 'opening' }
  | { readonly kind: 'cooling'; readonly cooling: Cooling };

/** The first thing that holds it back, or `null`: it may run. */
export function firstObstacle(facts: ObstacleFacts): Obstacle | null {
  if (facts.isGone) return { kind: 'gone' };
  if (facts.pausedBy) return { kind: 'paused' };
  if (facts.cooling) return { kind: 'cooling', cooling: facts.cooling };
  if (facts.isMetered) return { kind: 'metered' };
  if (!facts.hasTurn) return { kind: 'turn' };
  return facts.isReady ? null : { kind: 'opening' };
}

/** It is stopped, whatever the queue says: it takes nobody's turn. */
export function isStopped(obstacle: Obstacle | null): boolean {
  return obstacle !== null && obstacle.kind !== 'turn' && obstacle.kind !== 'opening';
}

/** What is told to whoever waits for a piece; `null`: the piece comes by and by. `trouble`: why storage stands still, if it does. */
export function readerError(
  obstacle: Obstacle | null,
  trouble: Pick<TorrentTrouble, 'message'> | null,
): RillError | null {
  switch (obstacle?.kind) {
    case 'gone':
      return fail('unknown-torrent', 'The torrent was removed.').error;
    case 'paused':
      return notHere(trouble?.message ?? 'The torrent is paused.');
    case 'cooling':
      return cooldownError(obstacle.cooling);
    case 'metered':
      return metered();
    default:
      return null;
  }
}
