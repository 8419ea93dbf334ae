/** The counts of a torrent as its record has them, and sums of them. */
import type { TransferFigures } from '../../contract/statistics.ts';
import type { TorrentRecord } from '../model/catalogue.ts';

export type Figures = Pick<
  TorrentRecord,
  | 'uploadedBytes'
  | 'receivedBytes'
  | 'wastedBytes'
  | 'verifiedBytes'
  | 'hashFailures'
  | 'bans'
  | 'activeS'
  | 'seedingS'
>;

export const NO_FIGURES: Figures = {
  uploadedBytes: 0,
  receivedBytes: 0,
  wastedBytes: 0,
  verifiedBytes: 0,
  hashFailures: 0,
  bans: 0,
  activeS: 0,
  seedingS: 0,
};

const NAMES = Object.keys(NO_FIGURES) as readonly (keyof Figures)[];

/** The figures alone, of a record that has more. */
export function figuresOf(record: Figures): Figures {
  return combine(record, NO_FIGURES, (a) => a);
}

export function sumOf(a: Figures, b: Figures): Figures {
  return combine(a, b, (x, y) => x + y);
}

export function differenceOf(a: Figures, b: Figures): Figures {
  return combine(a, b, (x, y) => x - y);
}

/** As the world is told. */
export function transferFigures(figures: Figures): TransferFigures {
  const { receivedBytes, bans, ...same } = figures;
  return { ...same, downloadedBytes: receivedBytes, bannedPeers: bans };
}

function combine(a: Figures, b: Figures, of: (x: number, y: number) => number): Figures {
  const result: Record<keyof Figures, number> = { ...NO_FIGURES };
  for (const name of NAMES) result[name] = of(a[name], b[name]);
  return result;
}
