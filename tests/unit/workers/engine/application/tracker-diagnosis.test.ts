import { expect, test } from 'vitest';
import type { TrackerFailure, TrackerSnapshot } from '../../../../../workers/contract/snapshot.ts';
import {
  diagnoseNoPeers,
  diagnoseTrackers,
  diagnoseUnreachable,
  trackerFacts,
} from '../../../../../workers/engine/application/tracker-diagnosis.ts';
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

const answers = (url: string, seeds: number, leechers: number) =>
  tracker({ url, state: 'working', seeds, leechers });

test.each<[string, readonly TrackerSnapshot[], RegExp]>([
  ['there are no trackers', [], /^This torrent has no tracker.*settings/],
  ['all are of no use to a page', [unsupported, unsupported], /^All trackers.*UDP or HTTP/],
  ['all are refused', [refused, refused], /^All 2 WebSocket trackers were refused at once/],
  [
    'the only one is silent',
    [tracker({ url: 'wss://t.test/announce', state: 'unreachable', failure: 'silent' })],
    /^Its only tracker, t\.test, has not answered yet\. Rill goes on asking/,
  ],
  [
    'none answers, each for a reason of its own',
    [failing('silent'), failing('garbage')],
    /^None of its 2 WebSocket trackers has answered yet/,
  ],
  [
    'one that answered fails now',
    [tracker({ url: 'wss://t.test/', state: 'unreachable', failure: 'closed', seeds: 4 })],
    /has not answered yet/,
  ],
  [
    'they know of nobody but us',
    [answers('wss://a.test/', 0, 1), answers('wss://b.test/', 0, 0)],
    /^a\.test and b\.test answer: nobody shares this torrent there right now\. Rill goes on/,
  ],
  [
    'one knows of seeds',
    [answers('wss://a.test/', 7, 1), refused],
    /^a\.test answers and knows of 7 seeds, but no connection.*without WebRTC/,
  ],
  [
    'some know of seeds and of others',
    [
      answers('wss://a.test/', 1, 3),
      answers('wss://b.test/', 0, 1),
      answers('wss://c.test/', 0, 2),
    ],
    /^a\.test, b\.test and 1 more answer and know of 1 seed and 2 others downloading, but/,
  ],
  [
    'there are trackers for other apps too',
    [answers('wss://a.test/', 0, 1), unsupported, unsupported],
    /nobody shares.*2 more trackers are for apps that use UDP or HTTP: whom they know of/,
  ],
])('to who has waited, when %s', (_, trackers, says) => {
  expect(diagnoseNoPeers(trackers)).toMatch(says);
});

test.each<[string, readonly TrackerSnapshot[], RegExp]>([
  ['the only one is down', [refused, unsupported], /^Its only tracker, tracker\.test, cannot be/],
  [
    'several are, each in its way',
    [refused, failing('silent')],
    /^None of its 2 .* can be reached/,
  ],
  ['all are refused', [refused, refused], /filter list/],
])('to who finds no tracker, when %s', (_, trackers, says) => {
  expect(diagnoseUnreachable(trackers)).toMatch(says);
});

test.each<[TrackerSnapshot, string]>([
  [waiting, 'not asked yet'],
  [tracker(), 'asked, no answer yet'],
  [refused, 'no connection comes about'],
  [failing('silent'), 'does not answer'],
  [failing('closed'), 'the connection was lost'],
  [failing('garbage'), 'talks nonsense'],
  [failing('rejected'), 'refuses this torrent'],
  [answers('wss://tracker.test/', 1, 3), '1 seed, 2 others downloading'],
  [answers('wss://tracker.test/', 0, 1), '0 seeds, 0 others downloading'],
])('%o in a few words', (one, says) => {
  expect(trackerFacts([one], 3)).toEqual([`tracker.test: ${says}`]);
});

test('of many trackers a few are named', () => {
  expect(trackerFacts([refused, refused, refused], 2)).toHaveLength(3);
  expect(trackerFacts([refused, refused, refused], 2)[2]).toBe('1 more tracker');
});
