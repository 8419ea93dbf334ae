/** Scenes of storage: a full disk, what the browser took away, a check, and what a bad start has to say. */
import type { EngineSnapshot, Notice, TorrentDetail } from '../../workers/contract/snapshot.ts';
import { FakeEngine, hashOf, makeFile, makeTorrent } from './fake-engine.ts';
import { BUSY_FACTS, LIBRARY, SERIES } from './page-scenes.ts';

const AT = '2026-11-20T10:00:00.000Z';

export const ARABIC = makeTorrent({
  infoHash: hashOf('7a'),
  name: 'مكتبة الأنهار الكبرى: تسجيلات ميدانية من ضفاف النيل والفرات ودجلة، المجموعة الكاملة ٢٠٢٦',
  state: 'complete',
  progress: 1,
  files: [makeFile(0, 'أنهار/النيل.mp4', 3_480_000_000, 1)],
});

export const EVICTED = makeTorrent({
  infoHash: hashOf('8b'),
  name: 'Mountains in four seasons',
  state: 'paused',
  progress: 0.58,
  storedBytes: 1_160_000_000,
  health: {
    kind: 'evicted',
    message:
      'The browser removed 840 MB of this torrent to make room. Resume it to fetch what is missing again, or remove it.',
    since: AT,
    evidence: [],
    neededBytes: 840_000_000,
  },
  files: [makeFile(0, 'mountains.mp4', 2_000_000_000, 0.58)],
});

export const CHECKING: TorrentDetail = {
  ...ARABIC,
  state: 'checking',
  check: { progress: 0.4237, isPaused: false },
};

/** The series and one more wait for room. */
export const FULL: readonly TorrentDetail[] = [
  waiting(SERIES, 1_434_000_000, '2026-11-20T10:05:00.000Z'),
  ...LIBRARY.slice(1, 3).map((torrent, index) =>
    index === 1 ? waiting(torrent, 273_000_000, AT) : torrent,
  ),
  ARABIC,
  ...LIBRARY.slice(5),
];

export const NOTICES: readonly Notice[] = [
  {
    id: '1',
    kind: 'record-restored',
    message:
      'The record of “Rivers of the World” was damaged and was restored from a backup of today, 09:41. What is stored is being checked.',
    at: AT,
  },
  {
    id: '2',
    kind: 'storage-cleared',
    message:
      'The data of this site was cleared while Rill was running. Your torrents are still listed; resume one to fetch it again.',
    at: AT,
  },
];

/** A busy library with other torrents or facts. */
export function storageEngine(
  torrents: readonly TorrentDetail[],
  facts: Partial<EngineSnapshot> = {},
): FakeEngine {
  const engine = new FakeEngine(torrents);
  engine.facts = { ...BUSY_FACTS, ...facts };
  return engine;
}

function waiting(torrent: TorrentDetail, neededBytes: number, since: string): TorrentDetail {
  const message =
    'There is no room for the rest. Remove a torrent with its data or free space on the disk; Rill then goes on by itself.';
  const freeBytes = 118_000_000;
  return {
    ...torrent,
    state: 'paused',
    downloadBps: 0,
    uploadBps: 0,
    etaS: null,
    peerCounts: { connected: 0, seeds: 0, snubbed: 0, banned: 0 },
    health: { kind: 'storage-full', message, since, evidence: [], neededBytes, freeBytes },
  };
}
