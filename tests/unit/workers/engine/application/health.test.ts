/** Every kind of health from the facts that lead to it. */
import { expect, test } from 'vitest';
import { fail } from '../../../../../workers/contract/errors.ts';
import type { HealthKind } from '../../../../../workers/contract/snapshot.ts';
import { assess, type HealthFacts } from '../../../../../workers/engine/application/health.ts';
import { storageFull } from '../../../../../workers/engine/application/torrent-trouble.ts';
import { NO_SIGNS } from '../../../../../workers/engine/application/vital-signs.ts';
import { tracker } from '../../../../support/tracker-snapshot.ts';

type Facts = Partial<Omit<HealthFacts, 'stats' | 'signs' | 'trackers'>> & {
  readonly stats?: Partial<HealthFacts['stats']>;
  readonly signs?: Partial<HealthFacts['signs']>;
  readonly trackers?: ReturnType<HealthFacts['trackers']>;
};

/** A download that goes well, but for what is said. */
function assessed({ stats, signs, trackers = [tracker({ state: 'working' })], ...facts }: Facts) {
  const well = {
    peers: 3,
    seeds: 1,
    snubbed: 0,
    downloadBps: 9,
    isCutOff: false,
    missingPieces: 0,
  };
  return assess({
    state: 'downloading',
    failure: null,
    trouble: null,
    check: null,
    store: { averageWriteMs: 5, queuedBytes: 0 },
    wasUnreachable: false,
    tried: [],
    restingPieces: 0,
    hasGivenUp: false,
    intervalMs: 30_000,
    ...facts,
    stats: { ...well, ...stats },
    signs: { ...NO_SIGNS, ...signs },
    trackers: () => trackers,
  });
}

const alone = { peers: 0, seeds: 0, downloadBps: 0 };
const still = { downloadBps: 0 };
const lost = tracker({ url: 'wss://a.test/', state: 'unreachable', failure: 'refused' });
const silent = tracker({ url: 'wss://b.test/', state: 'unreachable', failure: 'silent' });
const native = tracker({ url: 'udp://t.test:80', state: 'unsupported' });
const knows = tracker({ url: 'wss://a.test/', state: 'working', seeds: 7, leechers: 1 });
const empty = tracker({ url: 'wss://a.test/', state: 'working', seeds: 0, leechers: 1 });
const full = storageFull(72e6, 20e6, '2026-11-20T00:00:00.000Z');
const failure = fail('bad-torrent', 'It is no torrent.').error;
const check = { progress: 0.437, isPaused: false };
const stalled = { silentMs: 45_000, stalledSinceMs: 5 };

test.each<[string, Facts, HealthKind, RegExp]>([
  ['payload moves', {}, 'ok', /^$/],
  ['it failed', { failure, trouble: full, state: 'failed' }, 'failed', /^It is no torrent\.$/],
  [
    'there is no room',
    { trouble: full, state: 'paused' },
    'storage-full',
    /no room.*20 MB is free/,
  ],
  ['it is hashed', { check, state: 'checking', stats: alone }, 'verifying', /checked against/],
  ['its check is paused', { check: { ...check, isPaused: true }, state: 'paused' }, 'ok', /^$/],
  ['it is paused', { state: 'paused', stats: { ...alone, isCutOff: true } }, 'ok', /^$/],
  ['it waits for its turn', { state: 'queued', stats: alone }, 'ok', /^$/],
  ['it is cut off', { stats: { ...alone, isCutOff: true } }, 'offline', /network is away: no peer/],
  [
    'a seed is cut off',
    { state: 'seeding', stats: { isCutOff: true } },
    'offline',
    /plays all the/,
  ],
  ['it seeds', { state: 'seeding', stats: still }, 'ok', /^$/],
  ['a seed is alone', { state: 'seeding', stats: alone, signs: { aloneMs: 9e9 } }, 'ok', /^$/],
  [
    'a seed can be found by nobody',
    { state: 'seeding', stats: alone, signs: { aloneMs: 60_000 }, trackers: [lost] },
    'tracker-unreachable',
    /^Everything is here\. No tracker can be reached/,
  ],
  [
    'it has just begun',
    { stats: alone, signs: { aloneMs: 4_999 } },
    'waiting',
    /^Looking for peers/,
  ],
  [
    'nobody came at once',
    { stats: alone, signs: { aloneMs: 5_000 }, trackers: [knows] },
    'no-peers',
    /keeps asking the trackers/,
  ],
  [
    'nobody is known of',
    { stats: alone, signs: { aloneMs: 60_000 }, trackers: [empty] },
    'no-peers',
    /nobody shares this torrent there/,
  ],
  [
    'there is no tracker',
    { stats: alone, signs: { aloneMs: 60_000 }, trackers: [] },
    'no-peers',
    /has no tracker.*settings/,
  ],
  [
    'a tracker refuses it',
    {
      stats: alone,
      signs: { aloneMs: 60_000 },
      trackers: [tracker({ state: 'waiting', failure: 'rejected' })],
    },
    'no-peers',
    /has not answered yet/,
  ],
  [
    'somebody is known of, and no connection comes about',
    { stats: alone, signs: { aloneMs: 60_000 }, trackers: [knows] },
    'only-native-peers',
    /knows of 7 seeds, but no connection.*without WebRTC/,
  ],
  [
    'stalls are told sooner, and so is this',
    { stats: alone, signs: { aloneMs: 10_000 }, trackers: [knows], intervalMs: 5_000 },
    'only-native-peers',
    /knows of 7 seeds/,
  ],
  [
    'stalls are told later, and this is not',
    { stats: alone, signs: { aloneMs: 60_000 }, trackers: [knows], intervalMs: 3_600_000 },
    'only-native-peers',
    /knows of 7 seeds/,
  ],
  [
    'all trackers are for other apps',
    { stats: alone, trackers: [native, native] },
    'only-native-peers',
    /^All trackers.*UDP or HTTP/,
  ],
  [
    'its tracker is down, which is said at once',
    { stats: alone, trackers: [silent, native] },
    'tracker-unreachable',
    /^Its only tracker, b\.test, cannot be reached/,
  ],
  [
    'all trackers are refused',
    { stats: alone, trackers: [lost, lost] },
    'tracker-unreachable',
    /filter list/,
  ],
  [
    'one that was down is tried again',
    { stats: alone, wasUnreachable: true, trackers: [tracker(), lost] },
    'tracker-unreachable',
    /^None of its 2/,
  ],
  ['one was not tried yet', { stats: alone, trackers: [tracker(), lost] }, 'waiting', /^Looking/],
  ['trackers are down and peers are there', { trackers: [lost, silent] }, 'ok', /^$/],
  [
    'who looks for metadata is not told for a minute',
    { state: 'metadata', stats: alone, signs: { aloneMs: 59_999 } },
    'waiting',
    /^Looking for peers/,
  ],
  ['metadata is asked for', { state: 'metadata', stats: still }, 'ok', /^$/],
  [
    'nobody gives the metadata',
    { state: 'metadata', stats: still, signs: stalled },
    'stalled',
    /none of them gives the description/,
  ],
  ['nothing has come yet', { stats: still, signs: { silentMs: 29e3 } }, 'waiting', /^Connected/],
  ['nothing comes', { stats: still, signs: stalled }, 'stalled', /none of them sends.*by itself/],
  [
    'nothing helped',
    { stats: still, signs: stalled, hasGivenUp: true },
    'stalled',
    /tried what it can and rests/,
  ],
  [
    'what is left came out wrong',
    { stats: still, signs: stalled, restingPieces: 1 },
    'stalled',
    /came out wrong too often/,
  ],
  [
    'nobody has what is missing',
    { stats: { ...still, seeds: 0, missingPieces: 4 }, signs: { missingMs: 5_000, ...stalled } },
    'no-seeds',
    /Nobody who is connected has all/,
  ],
  [
    'nobody has all of it for long, though some of it comes',
    { stats: { seeds: 0, missingPieces: 4 }, signs: { missingMs: 30_000 } },
    'no-seeds',
    /Nobody who is connected has all/,
  ],
  [
    'peers have only begun to say what they have',
    { stats: { ...still, seeds: 0, missingPieces: 4 }, signs: { missingMs: 4_999 } },
    'waiting',
    /^Connected/,
  ],
  ['storage presses for a moment', { signs: { pressedMs: 9_999 } }, 'ok', /^$/],
  ['storage presses', { signs: { pressedMs: 10_000 } }, 'slow-disk', /stores more slowly/],
  [
    'storage presses and each write takes long',
    { signs: { pressedMs: 1_000 }, store: { averageWriteMs: 250, queuedBytes: 31e6 } },
    'slow-disk',
    /stores more slowly/,
  ],
  [
    'writes take long and nobody waits',
    { store: { averageWriteMs: 900, queuedBytes: 0 } },
    'ok',
    /^$/,
  ],
])('when %s', (_, facts, kind, says) => {
  const health = assessed(facts);
  expect([health.kind, health.message]).toEqual([kind, expect.stringMatching(says)]);
  expect(health.evidence.length).toBeLessThanOrEqual(8);
});

test.each<[string, Facts, string[]]>([
  [
    'a stall',
    {
      stats: { ...still, snubbed: 2 },
      signs: { silentMs: 150_000, stalledSinceMs: 5 },
      tried: ['asked the trackers', 'let go of silent peers'],
    },
    [
      'Nothing has come for 3 min',
      '3 peers connected, 1 seed among them, 2 silent',
      'Tried: asked the trackers, let go of silent peers',
    ],
  ],
  [
    'being alone',
    {
      stats: alone,
      signs: { aloneMs: 61_000, silentMs: 4_999 },
      trackers: [knows, silent, native, tracker(), tracker()],
    },
    [
      'Nobody connected for 61 s',
      'a.test: 7 seeds, 0 others downloading',
      'b.test: does not answer',
      't.test:80: for apps that are no web page',
      '2 more trackers',
    ],
  ],
  [
    'missing pieces',
    {
      stats: { peers: 1, seeds: 0, missingPieces: 1, downloadBps: 0 },
      signs: { missingMs: 5_000 },
      restingPieces: 2,
    },
    [
      '1 peer connected, 0 seeds among them',
      '1 missing piece with nobody who is connected',
      '2 pieces came out wrong too often, fetched again later',
    ],
  ],
  [
    'a slow disk',
    { signs: { pressedMs: 12_000 }, store: { averageWriteMs: 250.4, queuedBytes: 31e6 } },
    ['A write takes 250 ms on average', '31 MB wait to be written', 'For 12 s now'],
  ],
  ['a check', { check, state: 'checking' }, ['43% is checked']],
  ['what goes well', {}, []],
])('the evidence of %s', (_, facts, evidence) => {
  expect(assessed(facts).evidence).toEqual(evidence);
});

test('trouble keeps what it says of itself', () => {
  expect(assessed({ trouble: full, state: 'paused' })).toMatchObject({
    since: '2026-11-20T00:00:00.000Z',
    neededBytes: 72e6,
    freeBytes: 20e6,
  });
});
