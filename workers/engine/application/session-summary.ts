/** What the session says of itself every few minutes, for the event log: only when something moved. */
import type { NewEvent } from '../../contract/events.ts';
import { transferFigures, type Figures } from './figures.ts';

const UNITS = [
  ['GB', 1e9],
  ['MB', 1e6],
] as const;

/** `moved` within the last `periodS` seconds; `null` when that is nothing. Time alone is nothing. */
export function summaryOf(moved: Figures, periodS: number): NewEvent | null {
  const { activeS: _, seedingS: __, ...counts } = transferFigures(moved);
  if (Object.values(counts).every((count) => count === 0)) return null;
  const { downloadedBytes, uploadedBytes, wastedBytes, hashFailures, bannedPeers } = counts;
  const parts = [
    `${inWords(downloadedBytes)} received, ${inWords(uploadedBytes)} given`,
    wastedBytes > 0 && `${inWords(wastedBytes)} thrown away`,
    hashFailures > 0 && `${counted(hashFailures, 'piece')} with wrong data`,
    bannedPeers > 0 && `${counted(bannedPeers, 'peer')} banned`,
  ];
  return {
    kind: 'session:summary',
    infoHash: null,
    message: `In the last ${counted(Math.round(periodS / 60), 'minute')}: ${parts.filter(Boolean).join(', ')}.`,
    data: { periodS, ...counts },
  };
}

function inWords(bytes: number): string {
  const [unit, size] = UNITS.find(([, least]) => bytes >= least) ?? (['kB', 1e3] as const);
  const digits = { maximumFractionDigits: unit === 'kB' ? 0 : 1 };
  return `${(bytes / size).toLocaleString('en', digits)} ${unit}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
