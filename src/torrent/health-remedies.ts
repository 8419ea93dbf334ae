import type { HealthKind } from '../../workers/contract/snapshot.ts';

export type Remedy =
  'fetch-again' | 'store-again' | 'remove' | 'ask-trackers' | 'tracker-settings' | 'make-room';

/** What helps, most helpful first. Trying a failed torrent again, and a pause, are among its buttons anyway. */
export function remediesOf(kind: HealthKind): readonly Remedy[] {
  switch (kind) {
    case 'no-peers':
    case 'only-native-peers':
    case 'tracker-unreachable':
      return ['ask-trackers', 'tracker-settings'];
    case 'no-seeds':
    case 'stalled':
      return ['ask-trackers'];
    case 'storage':
      return ['store-again'];
    case 'storage-full':
      return ['make-room'];
    case 'evicted':
      return ['fetch-again', 'remove'];
    case 'ok':
    case 'waiting':
    case 'offline':
    case 'slow-disk':
    case 'verifying':
    case 'failed':
      return [];
  }
}

export type HealthTone = 'plain' | 'warn' | 'bad';

/** How loud it is said. Whoever has everything misses nothing while others are out of reach. */
export function toneOf(kind: HealthKind, isComplete: boolean): HealthTone {
  switch (kind) {
    case 'failed':
    case 'storage':
    case 'storage-full':
      return 'bad';
    case 'evicted':
      return 'warn';
    case 'no-peers':
    case 'no-seeds':
    case 'only-native-peers':
    case 'tracker-unreachable':
    case 'stalled':
    case 'slow-disk':
    case 'offline':
      return isComplete ? 'plain' : 'warn';
    case 'ok':
    case 'waiting':
    case 'verifying':
      return 'plain';
  }
}
