/** JSON answers, and the one table from the kind of a failure to its HTTP status (API.md). */
import { rateLimitHeaders } from './rate-limit-headers.ts';
import type { RillError, RillErrorKind } from '../contract/errors.ts';

const STATUS_BY_KIND: Readonly<Record<RillErrorKind, number>> = {
  'bad-torrent': 400,
  'bad-info-hash': 400,
  'bad-request': 400,
  'bad-library': 400,
  'unknown-torrent': 404,
  'unknown-file': 404,
  'no-peers': 404,
  'not-finished': 409,
  'too-large': 413,
  'rate-limited': 429,
  unexpected: 500,
  'fetch-failed': 502,
  cooldown: 503,
  'engine-starting': 503,
  'storage-unavailable': 503,
  'version-mismatch': 503,
  'storage-full': 507,
};

/** What every 503 says when the failure does not: a page that is loading has its engine up within this. */
const RETRY_AFTER_S = 2;

/** A JSON answer with an exact length, never stored and never taken for another type. */
export function jsonResponse(
  body: unknown,
  status = 200,
  extra: Readonly<Record<string, string>> = {},
): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return new Response(bytes, {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(bytes.byteLength),
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      ...extra,
    },
  });
}

/** The answer for a failure: `{error: {kind, message, ...}}`, with Retry-After where asking again may help. */
export function errorResponse(
  error: RillError,
  status = STATUS_BY_KIND[error.kind],
  extra: Readonly<Record<string, string>> = {},
): Response {
  const retryAfterS = error.retryAfterS ?? (status === 503 ? RETRY_AFTER_S : undefined);
  const retry = retryAfterS === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterS)) };
  const { rateLimits, ...told } = error;
  return jsonResponse({ error: told }, status, {
    ...retry,
    ...rateLimitHeaders(rateLimits),
    ...extra,
  });
}

/** 405, naming what is allowed (RFC 9110 section 15.5.6). */
export function methodNotAllowed(method: string, allow: string): Response {
  const message = `${method} is not possible here. Use ${allow}.`;
  return errorResponse({ kind: 'bad-request', message }, 405, { Allow: allow });
}

/** 403 for a use of a URL that would let content act as the app. */
export function forbidden(message: string): Response {
  return errorResponse({ kind: 'bad-request', message }, 403);
}

/** HEAD gets the head that GET would get, and no body (RFC 9110 section 9.3.2). */
export function withoutBody(response: Response): Response {
  return new Response(null, { status: response.status, headers: response.headers });
}

/** Runs a handler; what it throws becomes a 500, so that no request is left without an answer. */
export async function answerOrExplain(handle: () => Promise<Response>): Promise<Response> {
  try {
    return await handle();
  } catch (cause) {
    console.error(cause);
    const detail = cause instanceof Error ? cause.message : String(cause);
    const message = `Something went wrong in the service worker (${detail}). Reload the page and try again.`;
    return errorResponse({ kind: 'unexpected', message });
  }
}
