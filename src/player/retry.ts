/** What a media element's failure means, and when to try again. Pure. */
export type Verdict =
  | { readonly kind: 'retry'; readonly message: string }
  /** `canSave`: the bytes are there, only this browser cannot show them. */
  | { readonly kind: 'give-up'; readonly message: string; readonly canSave: boolean };

/** What the stream itself answers when it is asked for one byte: a status, or null when it did not answer. */
export type Probe = number | null;

/** Doubling from half a second, 8 s at most. `attempt` counts from 0. */
export function retryDelayMs(attempt: number): number {
  return Math.min(500 * 2 ** attempt, 8_000);
}

/** After so many attempts in a row a stream that answers is taken to be the wrong format. */
const ATTEMPTS_FOR_FORMAT = 2;

export function judge(probe: Probe, attempt: number): Verdict {
  if (probe === null)
    return { kind: 'retry', message: 'The connection to Rill’s engine broke. Trying again…' };
  if (probe === 503) return { kind: 'retry', message: 'Waiting for the first pieces…' };
  if (probe === 404)
    return {
      kind: 'give-up',
      message: 'This file is not in your library any more. Add its torrent again to play it.',
      canSave: false,
    };
  if (probe >= 400)
    return { kind: 'retry', message: 'The file could not be read just now. Trying again…' };
  return attempt < ATTEMPTS_FOR_FORMAT
    ? { kind: 'retry', message: 'Playback stopped. Trying again…' }
    : {
        kind: 'give-up',
        message:
          'This browser cannot play this format. Save the file and open it in another player.',
        canSave: true,
      };
}
