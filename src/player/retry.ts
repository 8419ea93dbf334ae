/** What a media element's failure means, and when to try again. Pure. */
export type Verdict =
  | { readonly kind: 'retry'; readonly message: string }
  /** `canSave`: the bytes are there, only this browser cannot show them. */
  | { readonly kind: 'give-up'; readonly message: string; readonly canSave: boolean };

/** What the stream itself answers when it is asked for one byte, or null when it did not answer. */
export type Probe = {
  readonly status: number;
  /** What it says when it has no byte. */
  readonly error: { readonly kind: string; readonly message: string } | null;
} | null;

/** Doubling from half a second, 8 s at most. `attempt` counts from 0. */
export function retryDelayMs(attempt: number): number {
  return Math.min(500 * 2 ** attempt, 8_000);
}

/** After so many attempts in a row a stream that answers is taken to be the wrong format. */
const ATTEMPTS_FOR_FORMAT = 2;

const WAITING = 'Waiting for the first pieces…';

/** `isHindered`: something keeps the rest of the file from coming, so it is not the format that ended the playback. */
export function judge(probe: Probe, attempt: number, isHindered: boolean): Verdict {
  if (probe === null)
    return { kind: 'retry', message: 'The connection to Rill’s engine broke. Trying again…' };
  const { status, error } = probe;
  if (status >= 400) return refused(status, error);
  if (isHindered) return { kind: 'retry', message: WAITING };
  return attempt < ATTEMPTS_FOR_FORMAT
    ? { kind: 'retry', message: 'Playback stopped. Trying again…' }
    : {
        kind: 'give-up',
        message:
          'This browser cannot play this format. Save the file and open it in another player.',
        canSave: true,
      };
}

function refused(status: number, error: NonNullable<Probe>['error']): Verdict {
  switch (error?.kind) {
    case 'engine-starting':
      return { kind: 'retry', message: WAITING };
    // Why no byte comes, and what to do about it: it may come later.
    case 'cooldown':
    case 'no-peers':
    case 'storage-full':
    case 'storage-unavailable':
      return { kind: 'retry', message: error.message };
  }
  if (status === 404)
    return {
      kind: 'give-up',
      message: 'This file is not in your library any more. Add its torrent again to play it.',
      canSave: false,
    };
  if (status === 503) return { kind: 'retry', message: WAITING };
  return { kind: 'retry', message: 'The file could not be read just now. Trying again…' };
}
