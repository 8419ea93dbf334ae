/** What a person may see on one day or another: every state of the page that is worth a look, with plausible figures. */
import type { EventKind, RillEvent } from '../../../workers/contract/events.ts';
import type { Settings } from '../../../workers/contract/settings.ts';
import type {
  EngineSnapshot,
  TorrentDetail,
  TorrentHealth,
} from '../../../workers/contract/snapshot.ts';
import type { Statistics } from '../../../workers/contract/statistics.ts';
import {
  hashOf,
  makeFile,
  makeStatistics,
  makeTorrent,
  NOTHING_MOVED,
} from '../../support/fake-engine.ts';
import { BUSY_FACTS, LIBRARY, SERIES } from '../../support/page-scenes.ts';

export interface Scene {
  readonly torrents: readonly TorrentDetail[];
  readonly hash: string;
  readonly facts?: Partial<EngineSnapshot>;
  readonly events?: readonly RillEvent[];
  readonly statistics?: Statistics;
  readonly settings?: Partial<Settings>;
}

const AT = '2026-11-20T10:00:00.000Z';
const torrentPage = (infoHash: string) => `#/torrent/${infoHash}`;

/** Three run, two share, one is done, the others wait their turn. */
const QUEUED: readonly TorrentDetail[] = [
  'Big Buck Bunny (2008) 4K',
  'Sintel (2010) 4K remaster',
  'Tears of Steel (2012)',
  'Elephants Dream (2006)',
  'Cosmos Laundromat (2015)',
  'Caminandes 1–3',
  'Spring (2019)',
  'Agent 327: Operation Barbershop',
  'Coffee Run (2020)',
  'Sprite Fright (2021)',
  'Charge (2022)',
  'Wing It! (2023)',
  'Hero (2018)',
  'Glass Half (2015)',
  'The Daily Dweebs (2017)',
  'Field recordings: rain on tin roofs, six hours, uncut and unmastered',
  'مكتبة الأنهار: تسجيلات من ضفاف النيل',
  'Public domain jazz 1927',
  'Librivox: Moby-Dick, read by many',
  'Debian 14 netinst',
  'Ubuntu Studio 26.04',
  'Wikipedia, all pictures, November 2026',
  'Open maps of Europe',
  'Night sky survey, plates 1–400',
].map((name, index) => {
  const lengthBytes = 180_000_000 + ((index * 7_919) % 40) * 90_000_000;
  const common = { infoHash: hashOf((index + 16).toString(16)), name };
  const files = (progress: number, fileName = `${index}.mp4`) => [
    makeFile(0, fileName, lengthBytes, progress),
  ];
  if (index < 3) {
    const progress = 0.15 + index * 0.3;
    const downloadBps = 2_400_000 - index * 700_000;
    return makeTorrent({
      ...common,
      state: 'downloading',
      progress,
      downloadBps,
      etaS: Math.round((lengthBytes * (1 - progress)) / downloadBps),
      peerCounts: { connected: 9 - index, seeds: 3, snubbed: 0, banned: 0 },
      priority: index === 0 ? 'high' : 'normal',
      files: files(progress),
    });
  }
  if (index < 5) {
    return makeTorrent({
      ...common,
      state: 'seeding',
      progress: 1,
      uploadBps: index === 3 ? 640_000 : 0,
      peerCounts: { connected: index - 2, seeds: 0, snubbed: 0, banned: 0 },
      files: files(1),
    });
  }
  if (index === 5)
    return makeTorrent({ ...common, state: 'complete', progress: 1, files: files(1) });
  const isDone = index === 17;
  return makeTorrent({
    ...common,
    state: 'queued',
    progress: isDone ? 1 : index % 4 === 0 ? 0.08 : 0,
    queuePosition: isDone ? 1 : index > 17 ? index - 6 : index - 5,
    priority: index > 21 ? 'low' : 'normal',
    files: files(isDone ? 1 : 0, index > 17 ? `${index}.zip` : `${index}.mp4`),
  });
});

const troubled = (digit: string, name: string, health: Omit<TorrentHealth, 'since'>) =>
  makeTorrent({
    infoHash: hashOf(digit),
    name,
    state: 'downloading',
    progress: 0.37,
    health: { ...health, since: AT },
    peerCounts: {
      connected: health.kind === 'no-peers' ? 0 : 4,
      seeds: health.kind === 'no-peers' ? 0 : 1,
      snubbed: 0,
      banned: 1,
    },
    trackers: SERIES.trackers,
    peers: health.kind === 'no-peers' ? [] : SERIES.peers,
    files: [makeFile(0, 'Night sky/plates 1-400.mp4', 4_300_000_000, 0.37)],
  });

const LONELY = troubled('71', 'Night sky survey, plates 1–400', {
  kind: 'no-peers',
  message: 'Nobody who can reach a browser has this right now. Rill keeps looking.',
  evidence: [
    'Nothing has come for 6 min',
    'Nobody connected for 6 min',
    'tracker.webtorrent.dev: 0 seeds, 0 others downloading',
    'open.ftorrent.com: did not answer',
  ],
});
const STALLED = troubled('72', 'Night sky survey, plates 1–400', {
  kind: 'stalled',
  message:
    'Peers are connected, but none of them sends anything. Rill looks for others and goes on by itself.',
  evidence: [
    'Nothing has come for 92 s',
    '4 peers connected, 1 seed among them, 3 silent',
    'Tried: asked the trackers for peers, closed silent peers',
  ],
});
const SLOW_DISK = troubled('73', 'Night sky survey, plates 1–400', {
  kind: 'slow-disk',
  message:
    'This device stores more slowly than the peers send, so the download goes at its pace. Nothing is lost; less going on at the disk would make it faster.',
  evidence: ['A write takes 480 ms on average', '48 MB wait to be written', 'For 21 s now'],
});

const cooling: EngineSnapshot['cooling'] = [
  {
    infoHash: LONELY.infoHash,
    name: LONELY.name,
    reason: 'no-peers',
    retryAfterS: 1_740,
    attempts: 3,
    since: AT,
  },
  {
    infoHash: hashOf('74'),
    name: hashOf('74'),
    reason: 'timeout',
    retryAfterS: 95,
    attempts: 1,
    since: AT,
  },
  {
    infoHash: hashOf('75'),
    name: 'مكتبة الأنهار: تسجيلات من ضفاف النيل',
    reason: 'connection',
    retryAfterS: 12,
    attempts: 2,
    since: AT,
  },
];

const SAID: readonly (readonly [EventKind, boolean, string])[] = [
  ['session:started', false, 'Rill’s engine started with 6 torrents.'],
  ['torrent:added', true, 'Added.'],
  ['torrent:metadata', true, 'What is in it is known: 6 files, 2.5 GB.'],
  ['queue:updated', true, 'It has its turn.'],
  [
    'tracker:state',
    true,
    'wss://open.ftorrent.com does not answer; it is asked again in a minute.',
  ],
  ['torrent:progress', true, '25% is here.'],
  [
    'peer:banned',
    true,
    'libtorrent 2.1 at 203.0.113.9:51413 is refused: it gave wrong data three times.',
  ],
  [
    'torrent:stalled',
    true,
    'Nothing has come for 60 s. Peers are connected, but none of them sends anything.',
  ],
  [
    'torrent:recovery',
    true,
    'Nothing comes, so Rill asked the trackers for peers. If that does not help, more is tried after 60 s.',
  ],
  [
    'storage:pressure',
    false,
    'The disk takes 480 ms a write: no new piece is begun until it keeps up.',
  ],
  ['session:adjusted', false, 'Slowed down: the disk takes 480 ms a write'],
  ['torrent:error', true, 'Writing piece 120 failed: storage is full.'],
  ['torrent:complete', true, 'Complete: 2.5 GB in 12 min.'],
];
const events = SAID.map(([kind, isOfTorrent, message], index): RillEvent => ({
  id: index + 1,
  at: new Date(Date.parse(AT) + index * 95_000).toISOString(),
  kind,
  infoHash: isOfTorrent ? SERIES.infoHash : null,
  message,
}));

/** An hour of it, with a pause in the middle. */
function busyStatistics(): Statistics {
  const series = (periodS: number, length: number, filledFrom: number) => {
    const rates = (peak: number, phase: number) =>
      Array.from({ length }, (_, at) => {
        if (at < filledFrom) return null;
        if (at > length * 0.6 && at < length * 0.66) return 0;
        return Math.round(peak * (0.55 + 0.3 * Math.sin(at / 9 + phase) + 0.15 * Math.sin(at / 2)));
      });
    return {
      periodS,
      startAt: new Date(Date.parse(AT) - periodS * length * 1000).toISOString(),
      downloadBps: rates(4_300_000, 0),
      uploadBps: rates(1_100_000, 2),
    };
  };
  const session = {
    ...NOTHING_MOVED,
    downloadedBytes: 6_420_000_000,
    uploadedBytes: 1_980_000_000,
    verifiedBytes: 6_380_000_000,
    wastedBytes: 5_300_000,
    hashFailures: 3,
    bannedPeers: 1,
    activeS: 5_400,
    seedingS: 1_260,
    ratio: 0.31,
    metadataCacheHits: 3,
    metadataCacheMisses: 7,
    uptimeS: 6_840,
  };
  return makeStatistics({
    since: '2026-08-02T07:00:00.000Z',
    session,
    lifetime: {
      ...session,
      downloadedBytes: 812_000_000_000,
      uploadedBytes: 1_240_000_000_000,
      ratio: 1.53,
      hashFailures: 1_204,
      uptimeS: 1_940_000,
      activeS: 1_200_000,
      seedingS: 640_000,
    },
    history: [series(1, 300, 0), series(10, 360, 40), series(300, 288, 200)],
  });
}

const SLOW: EngineSnapshot['rates'] = {
  downloadBps: 524_288,
  uploadBps: 65_536,
  source: 'alternative',
  switch: 'on',
  hasSchedule: false,
};
const ADJUSTED: EngineSnapshot['adjusted'] = {
  maxInFlightPieces: 5,
  maxConnections: 20,
  maxActiveDownloads: 1,
  reason: 'disk',
  message: 'Slowed down: the disk takes 480 ms a write',
};

export const SCENES: Readonly<Record<string, Scene>> = {
  empty: { torrents: [], hash: '#/' },
  library: { torrents: LIBRARY, hash: '#/', facts: BUSY_FACTS },
  queue: { torrents: QUEUED, hash: '#/', facts: BUSY_FACTS },
  settings: {
    torrents: LIBRARY,
    hash: '#/settings',
    settings: {
      alternativeRates: {
        downloadBps: 524_288,
        uploadBps: 65_536,
        schedule: [{ days: [1, 2, 3, 4, 5], fromMinute: 480, toMinute: 1080 }],
      },
      turnServers: [{ url: 'turn:turn.example.org:3478', username: 'rill', credential: 'secret' }],
    },
  },
  cooling: { torrents: [LONELY], hash: '#/settings', facts: { cooling } },
  statistics: { torrents: LIBRARY, hash: '#/statistics', statistics: busyStatistics() },
  'statistics-new': { torrents: [], hash: '#/statistics' },
  activity: { torrents: LIBRARY, hash: '#/activity', events },
  'activity-new': { torrents: [], hash: '#/activity' },
  storage: { torrents: LIBRARY, hash: '#/storage', facts: BUSY_FACTS },
  restarted: {
    torrents: LIBRARY,
    hash: '#/',
    facts: {
      ...BUSY_FACTS,
      notices: [
        {
          id: '1',
          kind: 'engine-restarted',
          message:
            'Rill’s engine stopped answering and was started again. Nothing that was stored is lost.',
          at: AT,
        },
        {
          id: '2',
          kind: 'storage-cleared',
          message:
            'The browser cleared what Rill had stored. What is in your library is fetched again.',
          at: AT,
        },
      ],
    },
  },
  'held-up': {
    torrents: LIBRARY,
    hash: '#/',
    facts: { ...BUSY_FACTS, rates: SLOW, adjusted: ADJUSTED },
  },
  'no-connection': {
    torrents: LIBRARY,
    hash: '#/',
    facts: {
      ...BUSY_FACTS,
      meter: { isMetered: true, isHolding: true },
      connections: {
        open: 0,
        pending: 4,
        budget: 60,
        problem:
          'No peer could be reached in 20 tries. A strict network may be in the way; a TURN server of yours (Settings) gets through.',
      },
    },
  },
  torrent: { torrents: LIBRARY, hash: torrentPage(SERIES.infoHash), facts: BUSY_FACTS },
  'no-peers': {
    torrents: [LONELY, ...LIBRARY],
    hash: torrentPage(LONELY.infoHash),
    facts: { ...BUSY_FACTS, cooling },
  },
  stalled: { torrents: [STALLED, ...LIBRARY], hash: torrentPage(STALLED.infoHash) },
  'slow-disk': { torrents: [SLOW_DISK, ...LIBRARY], hash: torrentPage(SLOW_DISK.infoHash) },
  'not-kept': {
    torrents: [{ ...SERIES, keepOffline: false }, ...LIBRARY.slice(1)],
    hash: torrentPage(SERIES.infoHash),
    facts: BUSY_FACTS,
  },
  'not-kept-list': {
    torrents: [{ ...SERIES, keepOffline: false }, ...LIBRARY.slice(1)],
    hash: '#/',
    facts: BUSY_FACTS,
  },
};
