/** One torrent as the world sees it (contract/snapshot.ts). Reads, and changes nothing; that its health is another now is noticed by looking. */
import { mediaTypeOf } from '../../contract/media-types.ts';
import type {
  TorrentDetail,
  TorrentFile,
  TorrentState,
  TorrentSummary,
} from '../../contract/snapshot.ts';
import type { SwarmStats } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { isSharedByChoice } from './cleanup.ts';
import { transferFigures } from './figures.ts';
import type { TorrentTask } from './torrent.ts';

/** Of a torrent that is in no swarm. */
export const NO_STATS: SwarmStats = {
  downloadBps: 0,
  uploadBps: 0,
  downloadedBytes: 0,
  uploadedBytes: 0,
  wastedBytes: 0,
  inFlightPieces: 0,
  peers: 0,
  aloneMs: 0,
  metadata: null,
  seeds: 0,
  snubbed: 0,
  banned: 0,
  isCutOff: false,
  isHeldBack: false,
  missingPieces: 0,
};

export interface ViewContext {
  /** Path of the folder the app is served from, with its trailing slash. */
  readonly basePath: string;
  readonly magnet: string;
}

export function summarize(task: TorrentTask, context: ViewContext): TorrentSummary {
  const { record } = task;
  const stats = task.member?.stats() ?? NO_STATS;
  const { stored, meta } = task;
  const facts = meta && factsOf(meta);
  const selectedBytes = stored?.ledger.selectedBytes ?? 0;
  const downloadedBytes = stored?.ledger.selectedHaveBytes ?? 0;
  const { uploadedBytes, wastedBytes } = task.traffic;
  const state = stateOf(task);
  // Rates are means over some seconds; pausing, and the end of a turn, end every transfer at once.
  const isStill = state === 'paused' || state === 'complete' || state === 'queued';
  const { downloadBps, uploadBps } = isStill ? NO_STATS : stats;
  return {
    infoHash: record.infoHash,
    name: record.name,
    magnet: context.magnet,
    state,
    isHeld: task.isHeld,
    progress: selectedBytes ? downloadedBytes / selectedBytes : 0,
    lengthBytes: facts?.contentBytes ?? 0,
    selectedBytes,
    downloadedBytes,
    storedBytes: stored?.storedBytes ?? 0,
    uploadedBytes,
    wastedBytes,
    downloadBps,
    uploadBps,
    ratio: downloadedBytes ? uploadedBytes / downloadedBytes : 0,
    etaS:
      state === 'downloading' && stats.downloadBps > 0
        ? Math.ceil((selectedBytes - downloadedBytes) / stats.downloadBps)
        : null,
    pieceLength: meta?.pieceLength ?? 0,
    pieceCount: stored?.plan.map.pieceCount ?? 0,
    piecesHave: stored?.plan.have.count ?? 0,
    priority: record.priority,
    isForced: record.isForced,
    queuePosition: task.queuePosition,
    keepOffline: record.keepOffline || isSharedByChoice(record),
    addedAt: record.addedAt,
    completedAt: record.completedAt,
    isPrivate: meta?.isPrivate ?? false,
    health: task.vitals.look(state, stats),
    metadata: state === 'metadata' ? stats.metadata : null,
    check: stored?.check ?? null,
    peerCounts: {
      connected: stats.peers,
      seeds: stats.seeds,
      snubbed: stats.snubbed,
      banned: stats.banned,
    },
    fileCount: facts?.fileCount ?? 0,
    mainFileIndex: facts?.mainFileIndex ?? null,
  };
}

export function detail(task: TorrentTask, context: ViewContext): TorrentDetail {
  return {
    ...summarize(task, context),
    limits: task.record.limits,
    superSeeding: task.record.superSeeding,
    sequential: task.record.sequential,
    files: filesOf(task, context.basePath),
    peers: task.member?.peers() ?? [],
    trackers: task.member?.trackers() ?? [],
    errors: [...task.log.events],
    statistics: {
      session: transferFigures(task.sessionFigures),
      lifetime: transferFigures(task.traffic),
    },
  };
}

export function stateOf(task: TorrentTask): TorrentState {
  const { phase, record } = task;
  if (phase.kind === 'failed') return 'failed';
  const check = task.stored?.check;
  if (check && !check.isPaused) return 'checking';
  if (record.pausedBy === 'seed-limit' && task.stored?.ledger.isComplete) return 'complete';
  const obstacle = task.obstacle?.kind ?? null;
  if (obstacle === 'paused') return 'paused';
  if (obstacle !== null && obstacle !== 'opening') return 'queued';
  if (phase.kind === 'metadata') return 'metadata';
  if (phase.kind === 'opening') return 'checking';
  return phase.stored.ledger.isComplete ? 'seeding' : 'downloading';
}

/** The largest file that plays by URL, else the largest video or audio, else nothing. */
function mainFileOf({ files }: TorrentMeta): number | null {
  let best: number | null = null;
  let bestScore = 0;
  files.forEach((file, index) => {
    const type = file.isPad ? null : mediaTypeOf(file.path);
    if (type?.kind !== 'video' && type?.kind !== 'audio') return;
    const score = file.lengthBytes * (type.canPlay === 'native' ? 1e6 : 1);
    if (score <= bestScore) return;
    best = index;
    bestScore = score;
  });
  return best;
}

function filesOf(task: TorrentTask, basePath: string): TorrentFile[] {
  const ledger = task.stored?.ledger;
  const files: TorrentFile[] = [];
  task.meta?.files.forEach((file, index) => {
    if (file.isPad) return;
    const downloadedBytes = ledger?.haveBytes[index] ?? 0;
    const type = mediaTypeOf(file.path);
    files.push({
      index,
      path: file.path,
      lengthBytes: file.lengthBytes,
      downloadedBytes,
      progress: file.lengthBytes ? downloadedBytes / file.lengthBytes : 1,
      selected: ledger?.isSelected(index) ?? true,
      priority: task.record.filePriorities[index] ?? 'normal',
      isStreamable: type !== null && type.kind !== 'subtitles',
      canPlay: type?.canPlay ?? 'no',
      streamUrl: `${basePath}stream/${task.infoHash}/${index}/${encodeURIComponent(lastElement(file.path))}`,
    });
  });
  return files;
}

/** What follows from the metadata alone; padding (BEP 47) counts for nothing. */
interface MetaFacts {
  readonly contentBytes: number;
  readonly fileCount: number;
  readonly mainFileIndex: number | null;
}

const metaFacts = new WeakMap<TorrentMeta, MetaFacts>();

/** A summary is made four times a second, and a torrent may have many files. */
function factsOf(meta: TorrentMeta): MetaFacts {
  const known = metaFacts.get(meta);
  if (known) return known;
  const files = meta.files.filter(({ isPad }) => !isPad);
  const facts = {
    contentBytes: files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
    fileCount: files.length,
    mainFileIndex: mainFileOf(meta),
  };
  metaFacts.set(meta, facts);
  return facts;
}

function lastElement(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A link to the torrent that names these trackers. */
export function magnetOf(infoHash: string, name: string, trackers: readonly string[]): string {
  const parts = [`xt=urn:btih:${infoHash}`, `dn=${encodeURIComponent(name)}`];
  for (const tracker of trackers) parts.push(`tr=${encodeURIComponent(tracker)}`);
  return `magnet:?${parts.join('&')}`;
}
