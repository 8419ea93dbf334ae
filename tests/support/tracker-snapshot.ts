// Trackers as a snapshot shows them, as tests want them.
import type { TrackerSnapshot } from '../../workers/contract/snapshot.ts';

export function tracker(change: Partial<TrackerSnapshot> = {}): TrackerSnapshot {
  return {
    url: 'wss://tracker.test/',
    tier: 0,
    state: 'announcing',
    seeds: null,
    leechers: null,
    failure: null,
    lastError: null,
    nextAnnounceAt: null,
    ...change,
  };
}
