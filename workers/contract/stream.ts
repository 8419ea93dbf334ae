/**
 * Bytes go sideways: the service worker opens a range of a file and pulls it over a MessagePort. One pull is one
 * chunk; nothing is sent that was not asked for, so a slow reader costs no memory.
 */
import type { RillError } from './errors.ts';

/** A pull asks for at most this many bytes. */
export const MAX_PULL_BYTES = 256 * 1024;

export interface StreamRequest {
  readonly infoHash: string;
  readonly fileIndex: number;
  /** First byte of the file that is wanted. */
  readonly startByte: number;
  /** One past the last byte that is wanted. */
  readonly endByte: number;
}

export interface StreamHead {
  readonly path: string;
  readonly lengthBytes: number;
}

/** Reader → engine. */
export type StreamCommand = { readonly kind: 'pull' } | { readonly kind: 'cancel' };

/** Engine → reader. */
export type StreamEvent =
  | { readonly kind: 'chunk'; readonly bytes: ArrayBuffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: RillError };
