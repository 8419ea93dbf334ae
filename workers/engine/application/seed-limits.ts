/**
 * When a complete torrent has given enough: pure.
 *
 * Invariants: a limit of the torrent's own goes before that of the settings (`null`: none of its own), and 0 means never; one
 * that is reached suffices; only who is complete has reached any; while nobody else is known to have all of it, none counts if
 * the settings say so, and what is not known counts as nobody.
 */
import type { Settings } from '../../contract/settings.ts';
import type { TorrentLimits } from '../../contract/snapshot.ts';

export interface Giving {
  readonly isComplete: boolean;
  readonly selectedBytes: number;
  /** Over all sessions. */
  readonly uploadedBytes: number;
  /** Complete and giving, over all sessions. */
  readonly seedingS: number;
  readonly own: Pick<TorrentLimits, 'seedRatio' | 'seedMinutes'>;
}

export type SeedLimit =
  | { readonly kind: 'ratio'; readonly limit: number; readonly reached: number }
  | { readonly kind: 'time'; readonly limit: number; readonly reached: number };

type SeedSettings = Pick<Settings, 'seedRatio' | 'seedMinutes'>;

/** The limit that is reached; `null`: none is, it may go on giving. */
export function reachedLimit(giving: Giving, settings: SeedSettings): SeedLimit | null {
  const { isComplete, selectedBytes, uploadedBytes, seedingS, own } = giving;
  if (!isComplete || selectedBytes === 0) return null;
  const seedRatio = own.seedRatio ?? settings.seedRatio;
  const ratio = uploadedBytes / selectedBytes;
  if (seedRatio > 0 && ratio >= seedRatio) {
    return { kind: 'ratio', limit: seedRatio, reached: ratio };
  }
  const seedMinutes = own.seedMinutes ?? settings.seedMinutes;
  const minutes = seedingS / 60;
  if (seedMinutes > 0 && minutes >= seedMinutes) {
    return { kind: 'time', limit: seedMinutes, reached: minutes };
  }
  return null;
}

/** Others that have all of it, as far as one knows: seeds we are connected to, and what trackers count beside ourselves. */
export function otherSeeds(
  connectedSeeds: number,
  trackers: readonly { readonly seeds: number | null }[],
): number {
  return Math.max(connectedSeeds, ...trackers.map(({ seeds }) => (seeds ?? 0) - 1));
}

/** For a person: why it gives no more. */
export function limitWords({ kind, limit, reached }: SeedLimit): string {
  const what =
    kind === 'ratio'
      ? `It has given ${reached.toFixed(2)} times its size, and the limit is ${limit}.`
      : `It has been given for ${Math.floor(reached)} min, and the limit is ${limit}.`;
  return `${what} Resume it to give more, without a limit.`;
}
