/**
 * The RateLimit header fields. There is no RFC yet: `RateLimit-Policy` and `RateLimit` are as draft-ietf-httpapi-ratelimit-headers
 * has them since its version 08, of 11 so far (lists of the limits, by name: `q` requests in `w` seconds, `r` remaining, one more after `t` seconds). The three
 * fields of its drafts up to 06, which more clients read, say it of the limit that is nearest.
 */
import type { RateLimitState } from '../contract/cooldown.ts';

/** None for requests that count for no limit. */
export function rateLimitHeaders(
  limits: readonly RateLimitState[] | undefined,
): Readonly<Record<string, string>> {
  const [nearest] = [...(limits ?? [])].sort(
    (a, b) => a.remaining - b.remaining || b.resetS - a.resetS,
  );
  if (!limits || !nearest) return {};
  const each = (field: (limit: RateLimitState) => string) => limits.map(field).join(', ');
  return {
    'RateLimit-Policy': each(({ name, limit, windowS }) => `"${name}";q=${limit};w=${windowS}`),
    RateLimit: each(({ name, remaining, resetS }) => `"${name}";r=${remaining};t=${resetS}`),
    'RateLimit-Limit': String(nearest.limit),
    'RateLimit-Remaining': String(nearest.remaining),
    'RateLimit-Reset': String(nearest.resetS),
  };
}
