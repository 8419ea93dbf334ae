import { expect, it } from 'vitest';
import type { RateLimitState } from '../../../../workers/contract/cooldown.ts';
import { rateLimitHeaders } from '../../../../workers/service/rate-limit-headers.ts';

const adds: RateLimitState = { name: 'adds', limit: 15, windowS: 60, remaining: 14, resetS: 60 };
const metadata: RateLimitState = { ...adds, name: 'metadata', limit: 10, remaining: 9, resetS: 58 };

it('says nothing of what is not limited', () => {
  expect(rateLimitHeaders(undefined)).toEqual({});
  expect(rateLimitHeaders([])).toEqual({});
});

it('lists every limit, and tells those who know only one of the nearest', () => {
  expect(rateLimitHeaders([adds, metadata])).toEqual({
    'RateLimit-Policy': '"adds";q=15;w=60, "metadata";q=10;w=60',
    RateLimit: '"adds";r=14;t=60, "metadata";r=9;t=58',
    'RateLimit-Limit': '10',
    'RateLimit-Remaining': '9',
    'RateLimit-Reset': '58',
  });
});

it('takes of two that are used up the one that takes longer', () => {
  const [one, other] = [
    { ...adds, remaining: 0, resetS: 50 },
    { ...metadata, remaining: 0, resetS: 20 },
  ];
  expect(rateLimitHeaders([other, one])).toMatchObject({
    'RateLimit-Limit': '15',
    'RateLimit-Reset': '50',
  });
});
