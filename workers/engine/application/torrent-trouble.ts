/** What storage can do to a torrent, in words: why it stands still, and what a person can do about it. */
import { fail, type RillError } from '../../contract/errors.ts';
import type { TorrentHealth } from '../../contract/snapshot.ts';

/** Why a torrent stands still, from when that was found. */
export type TorrentTrouble = Omit<TorrentHealth, 'evidence'>;

/** There is no room. `freeBytes`: what could be had when it was last tried, `null` when it was not yet. */
export function storageFull(
  neededBytes: number,
  freeBytes: number | null,
  since: string,
): TorrentTrouble {
  const free =
    freeBytes === null
      ? ''
      : `, and ${freeBytes < 1e6 ? 'nothing' : `about ${megabytes(freeBytes)}`} is free`;
  const message =
    `There is no room for the rest: it needs ${megabytes(neededBytes)}${free}. ` +
    'Remove a torrent with its data or free space on the disk; Rill then goes on by itself.';
  return {
    kind: 'storage-full',
    message,
    since,
    neededBytes,
    ...(freeBytes !== null && { freeBytes }),
  };
}

/** The browser or a person took stored bytes away; `bytes` is `null` when it is not known any more how many. */
export function evicted(bytes: number | null, since: string): TorrentTrouble {
  const what = bytes === null ? 'part' : megabytes(bytes);
  const message =
    `The browser removed ${what} of this torrent to make room. ` +
    'Resume it to fetch what is missing again, or remove it.';
  return {
    kind: 'evicted',
    message,
    since,
    ...(bytes !== null && { neededBytes: bytes }),
  };
}

/** Told to whoever waits for a piece, and shown, while transfers wait for a connection that costs nothing. */
export function metered(): RillError {
  return fail(
    'no-peers',
    'This connection is metered, so transfers wait for another one and then go on by themselves. ' +
      'To use this one, switch “Pause on metered connections” off in Settings.',
  ).error;
}

/** Told to whoever waits for a piece that does not come. */
export function notHere(why: string): RillError {
  return fail('no-peers', `${why} Resume it to play what is not here yet.`).error;
}

export function megabytes(bytes: number): string {
  return `${Math.max(1, Math.ceil(bytes / 1e6)).toLocaleString('en')} MB`;
}
