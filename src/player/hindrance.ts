/** Why the rest of a file that is played does not come, as far as its torrent says; and what a person can do. Pure. */
import type { CoolingTorrent } from '../../workers/contract/cooldown.ts';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import { failureText } from '../health/failure-text.ts';

export interface Hindrance {
  /** It says nothing that changes by the second: it is read aloud when it changes. */
  readonly message: string;
  /** What the button says that has it go on; `null` where it goes on by itself, or not by a button. */
  readonly resume: string | null;
}

/** `null`: nothing keeps it, or all of the file is here. `cooling`: of this torrent, while it rests. */
export function hindranceOf(
  { state, health, files }: Pick<TorrentDetail, 'state' | 'health' | 'files'>,
  fileIndex: number,
  cooling: Pick<CoolingTorrent, 'reason'> | undefined,
): Hindrance | null {
  const file = files.find(({ index }) => index === fileIndex);
  if (file ? file.progress >= 1 : files.length > 0) return null;
  const { kind, message } = health;
  if (state === 'paused' || state === 'complete') {
    if (kind === 'storage-full') return { message, resume: null };
    if (kind !== 'ok') return { message, resume: 'Try again' };
    return { message: 'It is paused, and what comes next is not here yet.', resume: 'Resume' };
  }
  if (state === 'failed') return { message, resume: 'Try again' };
  if (cooling) {
    const failed = failureText(cooling.reason);
    return { message: `${failed} Rill tries again by itself in a while.`, resume: 'Try now' };
  }
  if (kind === 'ok') {
    return state === 'queued'
      ? { message: 'It waits its turn, which comes now that it is played.', resume: null }
      : null;
  }
  // It comes, only not as fast as it could.
  return kind === 'slow-disk' ? null : { message, resume: null };
}
