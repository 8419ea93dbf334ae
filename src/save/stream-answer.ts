/** An answer of `stream/…` to somebody who copies a file: whether it is what was asked for, and its bytes for the disk. */
import { errorOf } from '../engine/error-of.ts';

export interface Refusal {
  /** `source-broke`: ask again later. `refused`: asking again does not help. */
  readonly kind: 'source-broke' | 'refused';
  /** For a person. */
  readonly message: string;
}

/** Bytes of one write. Measured in Chromium: 1 MiB is slower, 16 MiB is no faster. */
const WRITE_BYTES = 4 * 1024 * 1024;

/** Why this answer cannot be used, or `null`: only exactly the bytes from `startByte` on can. */
export async function refusalOf(response: Response, startByte: number): Promise<Refusal | null> {
  const from = Number(/^bytes (\d+)-/.exec(response.headers.get('Content-Range') ?? '')?.[1] ?? 0);
  if (response.ok && from === startByte) return null;
  const message = response.ok ? null : ((await errorOf(response))?.message ?? null);
  await response.body?.cancel().catch(() => {});
  if (response.status >= 400 && response.status < 500) {
    return { kind: 'refused', message: message ?? 'Rill does not have this file any more.' };
  }
  return { kind: 'source-broke', message: message ?? 'Rill’s storage did not answer.' };
}

/**
 * The body in batches for one write each; the buffer is used again, so a batch is only good until the next is asked for.
 * What was received before the body broke off is given first.
 */
export async function* batchesOf(
  response: Response,
  atMostBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const batch = new Uint8Array(Math.min(WRITE_BYTES, atMostBytes));
  let filled = 0;
  let failure: unknown = null;
  try {
    while (reader && !failure) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        failure = cause ?? new Error('the body broke off');
        return { done: true, value: undefined } as const;
      });
      if (done) break;
      for (let at = 0; at < value.length;) {
        const part = value.subarray(at, at + batch.length - filled);
        batch.set(part, filled);
        at += part.length;
        filled += part.length;
        if (filled < batch.length) continue;
        yield batch;
        filled = 0;
      }
    }
    if (filled > 0) yield batch.subarray(0, filled);
    if (failure) throw failure;
  } finally {
    await reader?.cancel().catch(() => {});
  }
}
