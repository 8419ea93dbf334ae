import { unreachable } from '../../workers/contract/errors.ts';
import type {
  CheckSnapshot,
  TorrentHealth,
  TorrentSummary,
} from '../../workers/contract/snapshot.ts';
import { formatBytes } from '../ui/format-bytes.ts';
import { formatDuration } from '../ui/format-duration.ts';
import { formatOrdinal } from '../ui/format-ordinal.ts';
import { formatPercent } from '../ui/format-percent.ts';

export type Tone = 'accent' | 'good' | 'muted' | 'warn' | 'bad';

export interface TorrentStatus {
  readonly label: string;
  readonly tone: Tone;
}

const OFFLINE: TorrentStatus = { label: 'Offline', tone: 'warn' };

/** A torrent's state in a person's words. */
export function torrentStatus(torrent: TorrentSummary): TorrentStatus {
  if (torrent.check) return checkStatus(torrent.check);
  switch (torrent.state) {
    case 'queued':
      switch (torrent.health.kind) {
        case 'no-peers':
          return { label: 'Resting before the next try', tone: 'warn' };
        case 'waiting':
          return { label: 'Waiting: metered connection', tone: 'warn' };
        default:
          return { label: queueText(torrent), tone: torrent.progress >= 1 ? 'good' : 'muted' };
      }
    case 'metadata':
      return metadataStatus(torrent);
    case 'checking':
      return { label: 'Checking what is here', tone: 'accent' };
    case 'downloading':
      return downloadingStatus(torrent);
    case 'seeding':
      return torrent.health.kind === 'offline'
        ? { label: 'Complete, offline', tone: 'good' }
        : { label: 'Complete, sharing', tone: 'good' };
    case 'complete':
      return { label: 'Complete, has given enough', tone: 'good' };
    case 'paused':
      return pausedStatus(torrent);
    case 'failed':
      return { label: 'Needs attention', tone: 'bad' };
    default:
      return unreachable(torrent.state);
  }
}

function metadataStatus(torrent: TorrentSummary): TorrentStatus {
  switch (torrent.health.kind) {
    case 'ok':
    case 'waiting':
      return { label: lookingText(torrent), tone: 'accent' };
    default:
      return downloadingStatus(torrent);
  }
}

/** `Waiting its turn: 4th`, when it waits; else how it stands to the queue, or nothing. */
export function queueText({ state, queuePosition, progress, isForced }: TorrentSummary): string {
  if (state === 'paused' || state === 'failed') return '';
  if (state !== 'queued') return isForced ? 'Started now, beside the queue.' : 'It has its turn.';
  const what = progress >= 1 ? 'Complete, waiting to share' : 'Waiting its turn';
  return queuePosition > 0 ? `${what}: ${formatOrdinal(queuePosition)}` : what;
}

/** For a row: what is not as usual. */
export function priorityText({ priority }: TorrentSummary): string {
  return priority === 'normal' ? '' : priority === 'high' ? 'High priority' : 'Low priority';
}

/** `Looking inside`, with how much of the file list is here while it comes. */
function lookingText({ metadata }: TorrentSummary): string {
  if (!metadata) return 'Looking inside';
  const { receivedBytes, sizeBytes } = metadata;
  return `Looking inside, ${formatBytes(receivedBytes)} of ${formatBytes(sizeBytes)}`;
}

function checkStatus({ progress, isPaused }: CheckSnapshot): TorrentStatus {
  return isPaused
    ? { label: `Check paused at ${formatPercent(progress)}`, tone: 'muted' }
    : { label: `Checking ${formatPercent(progress)}`, tone: 'accent' };
}

/** A torrent may stand still because a person said so, or because storage did. */
function pausedStatus({ health, progress }: TorrentSummary): TorrentStatus {
  switch (health.kind) {
    case 'evicted':
      return { label: evictedText(health), tone: 'warn' };
    case 'storage-full':
      return { label: 'Waiting for room', tone: 'bad' };
    case 'storage':
      return { label: 'Paused: storage failed', tone: 'bad' };
    default:
      return { label: progress >= 1 ? 'Complete, not sharing' : 'Paused', tone: 'muted' };
  }
}

/** `The browser removed 1.2 GB of this torrent`; "part" when it is not known how much. */
export function evictedText({ neededBytes }: TorrentHealth): string {
  const what = neededBytes === undefined ? 'part' : formatBytes(neededBytes);
  return `The browser removed ${what} of this torrent`;
}

/** Nothing but what is wrong with it is different for one whose file list is not here yet. */
function downloadingStatus({ health, peerCounts }: TorrentSummary): TorrentStatus {
  switch (health.kind) {
    case 'ok':
      return { label: 'Downloading', tone: 'accent' };
    case 'waiting':
      return {
        label: peerCounts.connected > 0 ? 'Waiting for data' : 'Finding peers',
        tone: 'accent',
      };
    case 'no-peers':
      return { label: 'No peers found yet', tone: 'warn' };
    case 'no-seeds':
      return { label: 'Nobody has all of it', tone: 'warn' };
    case 'only-native-peers':
      return { label: 'Peers out of a browser’s reach', tone: 'warn' };
    case 'tracker-unreachable':
      return { label: 'No tracker reachable', tone: 'warn' };
    case 'stalled':
      return { label: 'Stalled', tone: 'warn' };
    case 'slow-disk':
      return { label: 'Downloading, slow disk', tone: 'warn' };
    case 'verifying':
      return { label: 'Checking what is here', tone: 'accent' };
    case 'offline':
      return OFFLINE;
    case 'storage':
      return { label: 'Storage failed', tone: 'bad' };
    case 'storage-full':
      return { label: 'Storage is full', tone: 'bad' };
    case 'evicted':
      return { label: evictedText(health), tone: 'warn' };
    case 'failed':
      return { label: 'Needs attention', tone: 'bad' };
    default:
      return unreachable(health.kind);
  }
}

/** `1.2 GB of 3.4 GB`, or the whole size once it is here. */
export function sizeText({ downloadedBytes, selectedBytes, progress }: TorrentSummary): string {
  if (selectedBytes === 0) return '';
  if (progress >= 1) return formatBytes(selectedBytes);
  return `${formatBytes(downloadedBytes)} of ${formatBytes(selectedBytes)}`;
}

/** `3m 20s left`, or nothing when nobody can say. */
export function timeLeftText({ etaS, state }: TorrentSummary): string {
  const duration = state === 'downloading' ? formatDuration(etaS) : '';
  return duration && `${duration} left`;
}

export function peersText({ connected }: TorrentSummary['peerCounts']): string {
  return connected === 1 ? '1 peer' : `${connected} peers`;
}

/** Its progress as the bar shows it, of the check while there is one: null while even the size is not known, of the file list while that comes. */
export function barFraction(torrent: TorrentSummary): number | null {
  if (torrent.check) return torrent.check.progress;
  if (torrent.state !== 'metadata') return torrent.progress;
  return torrent.metadata && torrent.metadata.receivedBytes / torrent.metadata.sizeBytes;
}

/** Whether it goes on only when a person says so. */
export function isStopped({ state, check }: Pick<TorrentSummary, 'state' | 'check'>): boolean {
  return ['paused', 'complete', 'failed'].includes(state) || (check?.isPaused ?? false);
}
