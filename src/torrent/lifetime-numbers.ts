/** What a torrent has come to over all sessions, as a person reads it; what did not happen has no number. */
import type { TransferFigures } from '../../workers/contract/statistics.ts';
import { formatBytes } from '../ui/format-bytes.ts';
import { formatLongDuration } from '../ui/format-duration.ts';

export interface LabelledNumber {
  readonly label: string;
  readonly value: string;
}

export function lifetimeNumbers(figures: TransferFigures): LabelledNumber[] {
  const { verifiedBytes, activeS, seedingS, hashFailures, bannedPeers } = figures;
  const numbers = [
    { label: 'Received and good', value: formatBytes(verifiedBytes), happened: verifiedBytes > 0 },
    { label: 'Time active', value: formatLongDuration(activeS), happened: activeS > 0 },
    { label: 'Time giving', value: formatLongDuration(seedingS), happened: seedingS > 0 },
    { label: 'Wrong pieces', value: `${hashFailures}`, happened: hashFailures > 0 },
    { label: 'Banned peers', value: `${bannedPeers}`, happened: bannedPeers > 0 },
  ];
  return numbers.filter(({ happened }) => happened).map(({ label, value }) => ({ label, value }));
}
