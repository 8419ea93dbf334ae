/** A torrent that rests, in words: what was tried in vain, when it is tried again, and that a person need not wait. */
import { unreachable, type RillError } from '../../contract/errors.ts';
import type { Cooling } from './cooldown.ts';
import type { TorrentTrouble } from './torrent-trouble.ts';

/** The answer to whoever asks for it meanwhile and is not a person. */
export function cooldownError(cooling: Cooling): RillError {
  const { secondsLeft } = cooling;
  return {
    kind: 'cooldown',
    message: `${whatFailed(cooling)} It is tried again in ${timeText(secondsLeft)}; ask again then, or resume it in Rill to try at once.`,
    retryAfterS: secondsLeft,
  };
}

export function cooldownTrouble(cooling: Cooling): TorrentTrouble {
  const { secondsLeft, sinceMs } = cooling;
  const message = `${whatFailed(cooling)} Rill tries again in ${timeText(secondsLeft)}.`;
  return { kind: 'no-peers', message, since: new Date(sinceMs).toISOString() };
}

export function whatFailed({ reason }: Pick<Cooling, 'reason'>): string {
  switch (reason) {
    case 'no-peers':
      return 'Nobody was found who has it.';
    case 'timeout':
      return 'The peers that were found did not give what was asked for.';
    case 'connection':
      return 'Peers are known, but no connection to any of them came about.';
    default:
      return unreachable(reason);
  }
}

/** Not exact to the second, so that it can be read while it runs. */
function timeText(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `about ${Math.round(seconds / 60)} minutes`;
}
