/** Scenes of the page: what a person's library looks like on a busy day, an empty one and a bad one. */
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import { hashOf, makeFile, makeTorrent } from './fake-engine.ts';

const AT = '2026-11-20T10:00:00.000Z';

export const SERIES = makeTorrent({
  infoHash: hashOf('a1'),
  name: 'Rivers of the World (2026) 1080p',
  state: 'downloading',
  progress: 0.4237,
  downloadBps: 4_240_000,
  uploadBps: 310_000,
  uploadedBytes: 412_000_000,
  storedBytes: 2_350_000_000,
  ratio: 0.31,
  etaS: 431,
  peerCounts: { connected: 12, seeds: 5, snubbed: 0, banned: 0 },
  files: [
    makeFile(0, 'Rivers of the World/Season 1/Rivers S01E01 The Nile.mp4', 812_000_000, 1),
    makeFile(1, 'Rivers of the World/Season 1/Rivers S01E02 The Mekong.mp4', 798_000_000, 0.42),
    makeFile(2, 'Rivers of the World/Season 1/Rivers S01E10 The Danube.mkv', 845_000_000, 0),
    makeFile(3, 'Rivers of the World/Extras/Cover.jpg', 1_240_000, 1),
    makeFile(4, 'Rivers of the World/Extras/Theme.flac', 32_400_000, 0.1),
    makeFile(5, 'Rivers of the World/Read me.txt', 1_830, 1),
  ],
  peers: [
    {
      id: '1',
      client: 'qBittorrent 5.2',
      kind: 'webrtc',
      downloadBps: 2_100_000,
      uploadBps: 0,
      downloadedBytes: 90_000_000,
      uploadedBytes: 0,
      progress: 1,
      isChoking: false,
      isInterested: false,
      amChoking: false,
      amInterested: true,
      isSnubbed: false,
      strikes: 0,
      requestsInFlight: 12,
    },
    {
      id: '2',
      client: 'Rill 0.1',
      kind: 'webrtc',
      downloadBps: 1_300_000,
      uploadBps: 310_000,
      downloadedBytes: 50_000_000,
      uploadedBytes: 9_000_000,
      progress: 0.63,
      isChoking: false,
      isInterested: true,
      amChoking: false,
      amInterested: true,
      isSnubbed: false,
      strikes: 0,
      requestsInFlight: 8,
    },
  ],
  trackers: [
    {
      url: 'wss://tracker.webtorrent.dev',
      tier: 0,
      state: 'working',
      seeds: 5,
      leechers: 9,
      failure: null,
      lastError: null,
      nextAnnounceAt: null,
    },
    {
      url: 'wss://open.ftorrent.com',
      tier: 0,
      state: 'unreachable',
      seeds: null,
      leechers: null,
      failure: 'silent',
      lastError: 'The tracker did not answer; Rill tries again in a minute.',
      nextAnnounceAt: null,
    },
  ],
});

export const LIBRARY: readonly TorrentDetail[] = [
  SERIES,
  makeTorrent({
    infoHash: hashOf('b2'),
    name: 'Sintel — open movie, 4K remaster',
    state: 'seeding',
    progress: 1,
    uploadBps: 1_120_000,
    uploadedBytes: 3_900_000_000,
    ratio: 2.4,
    peerCounts: { connected: 4, seeds: 0, snubbed: 0, banned: 0 },
    files: [
      makeFile(0, 'Sintel/Sintel.mp4', 1_620_000_000, 1),
      makeFile(1, 'Sintel/Sintel.vtt', 42_000, 1),
    ],
  }),
  makeTorrent({
    infoHash: hashOf('c3'),
    name: 'Field recordings: rain on tin roofs, six hours',
    state: 'paused',
    progress: 0.71,
    files: [makeFile(0, 'rain.flac', 940_000_000, 0.71)],
  }),
  makeTorrent({
    infoHash: hashOf('d4'),
    name: 'photo\u202egpj.exe — a-very-long-name-without-any-space-that-has-to-break-somewhere-or-be-cut-0123456789',
    state: 'downloading',
    progress: 0.02,
    health: {
      kind: 'no-peers',
      message: 'Nobody who can reach a browser has this right now. Rill keeps looking.',
      since: AT,
    },
    storedBytes: 1_340_000_000,
    files: [makeFile(0, 'archive.zip', 4_000_000_000, 0.02)],
  }),
  makeTorrent({
    infoHash: hashOf('e5'),
    name: 'مكتبة الأنهار',
    state: 'failed',
    progress: 0.33,
    health: {
      kind: 'storage',
      message: 'This browser’s storage is full. Remove something, then try again.',
      since: AT,
    },
    errors: [{ at: AT, message: 'Writing piece 120 failed: storage is full.' }],
    storedBytes: 134_000_000,
    files: [makeFile(0, 'rivers.pdf', 220_000_000, 0.33)],
  }),
  makeTorrent({
    infoHash: hashOf('f6'),
    name: 'Public domain jazz 1927',
    state: 'complete',
    progress: 1,
    files: [makeFile(0, 'jazz/01.mp3', 8_400_000, 1), makeFile(1, 'jazz/02.mp3', 7_900_000, 1)],
  }),
];

export const BUSY_FACTS = {
  storage: {
    backend: 'opfs',
    usedBytes: 6_420_000_000,
    quotaBytes: 18_000_000_000,
    persisted: true,
  },
} as const;
