/**
 * Expected failures are values: only message, name and stack of an Error survive a worker boundary, and a person
 * needs more than that. `message` always says what is wrong and what to do next.
 */
import type { RateLimitState } from './cooldown.ts';

export type RillErrorKind =
  | 'bad-torrent'
  | 'too-large'
  | 'bad-info-hash'
  | 'unknown-torrent'
  | 'unknown-file'
  | 'bad-request'
  | 'no-peers'
  | 'cooldown'
  | 'rate-limited'
  | 'fetch-failed'
  | 'storage-full'
  | 'storage-unavailable'
  | 'not-finished'
  | 'bad-library'
  | 'engine-starting'
  | 'version-mismatch'
  | 'unexpected';

export interface RillError {
  readonly kind: RillErrorKind;
  /** What is wrong and what to do next, for a person. */
  readonly message: string;
  /** The field of the request that is at fault, when there is one. */
  readonly field?: string;
  /** When asking again may help, in whole seconds. */
  readonly retryAfterS?: number;
  /** For `storage-full`: bytes that were asked for. */
  readonly neededBytes?: number;
  /** For `storage-full`: bytes that were still to be had, as far as that could be measured. */
  readonly freeBytes?: number;
  /** For `rate-limited`, and for a `cooldown` that a limited request met: what is left of the limits. */
  readonly rateLimits?: readonly RateLimitState[];
}

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: RillError };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(
  kind: RillErrorKind,
  message: string,
  extra: Omit<RillError, 'kind' | 'message'> = {},
): { readonly ok: false; readonly error: RillError } {
  return { ok: false, error: { kind, message, ...extra } };
}

/** Closes a switch over a union: a case that was forgotten fails the type check. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
