import { unreachable } from '../../workers/contract/errors.ts';
import type { TorrentSummary } from '../../workers/contract/snapshot.ts';
import { formatBytes } from '../ui/format-bytes.ts';
import { formatDuration } from '../ui/format-duration.ts';

export type Tone = 'accent' | 'good' | 'muted' | 'warn' | 'bad';

export interface TorrentStatus {
  readonly label: string;
  readonly tone: Tone;
}

/** A torrent's state in a person's words. */
export function torrentStatus(torrent: TorrentSummary): TorrentStatus {
  switch (torrent.state) {
    case 'queued':
      return { label: 'Waiting its turn', tone: 'muted' };
    case 'metadata':
      return { label: 'Looking inside', tone: 'accent' };
    case 'checking':
      return { label: 'Checking what is here', tone: 'accent' };
    case 'downloading':
      return downloadingStatus(torrent);
    case 'seeding':
      return { label: 'Complete, sharing', tone: 'good' };
    case 'complete':
      return { label: 'Complete', tone: 'good' };
    case 'paused':
      return { label: torrent.progress >= 1 ? 'Complete, not sharing' : 'Paused', tone: 'muted' };
    case 'failed':
      return { label: 'Needs attention', tone: 'bad' };
    default:
      return unreachable(torrent.state);
  }
}

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
    case 'storage':
      return { label: 'Storage is full', tone: 'bad' };
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

/** Its progress as the bar shows it: null while even the size is not known. */
export function barFraction(torrent: TorrentSummary): number | null {
  return torrent.state === 'metadata' ? null : torrent.progress;
}

export function isStopped({ state }: Pick<TorrentSummary, 'state'>): boolean {
  return state === 'paused' || state === 'failed';
}
