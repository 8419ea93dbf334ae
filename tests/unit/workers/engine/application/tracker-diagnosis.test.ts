import { expect, test } from 'vitest';
import type { TrackerFailure, TrackerSnapshot } from '../../../../../workers/contract/snapshot.ts';
import { diagnoseTrackers } from '../../../../../workers/engine/application/tracker-diagnosis.ts';
import { tracker } from '../../../../support/tracker-snapshot.ts';

const failing = (failure: TrackerFailure) => tracker({ state: 'unreachable', failure });
const refused = failing('refused');
const unsupported = tracker({ url: 'udp://t.test:80', state: 'unsupported' });
const waiting = tracker({ state: 'waiting' });

test.each<[string, readonly TrackerSnapshot[], RegExp | null]>([
  ['there are none', [], null],
  [
    'all are refused',
    [refused, refused],
    /^All 2 WebSocket trackers were refused at once.*filter list/,
  ],
  ['all but those of no use are refused', [refused, unsupported, refused], /^All 2 .*filter list/],
  ['a single one is refused, which may be down', [refused], null],
  ['one works', [refused, refused, tracker({ state: 'working' })], null],
  ['one is being asked', [refused, refused, tracker({ state: 'announcing' })], null],
  ['one is not asked yet', [refused, refused, waiting], null],
  ['one does not answer', [refused, failing('silent')], null],
  ['one was lost after it opened', [refused, failing('closed')], null],
  ['one talks nonsense', [refused, failing('garbage')], null],
  ['one rejects the torrent', [refused, failing('rejected')], null],
  ['all are of no use to a page', [unsupported, unsupported], /^All trackers.*UDP or HTTP/],
])('when %s', (_, trackers, says) => {
  if (says) expect(diagnoseTrackers(trackers)).toMatch(says);
  else expect(diagnoseTrackers(trackers)).toBeNull();
});
