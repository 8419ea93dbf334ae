import { describe, expect, it, vi } from 'vitest';
import type { RillErrorKind } from '../../../../workers/contract/errors.ts';
import {
  answerOrExplain,
  errorResponse,
  jsonResponse,
  methodNotAllowed,
  withoutBody,
} from '../../../../workers/service/json-response.ts';

it('says exactly how long the body is, in bytes', async () => {
  const response = jsonResponse({ name: 'Löwe' }, 201);
  expect(response.status).toBe(201);
  const bytes = await response.arrayBuffer();
  expect(response.headers.get('Content-Length')).toBe(String(bytes.byteLength));
  expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
});

describe('the status of a failure', () => {
  const statuses: Record<RillErrorKind, number> = {
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
    cooldown: 503,
    unexpected: 500,
    'fetch-failed': 502,
    'engine-starting': 503,
    'storage-unavailable': 503,
    'version-mismatch': 503,
    'storage-full': 507,
  };
  it.each(Object.entries(statuses))('%s is %i', async (kind, status) => {
    const error = { kind: kind as RillErrorKind, message: 'do this', field: 'f' };
    const response = errorResponse(error);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error });
    expect(response.headers.has('Retry-After')).toBe(status === 503);
  });

  it('carries whole seconds in Retry-After', () => {
    const response = errorResponse({ kind: 'no-peers', message: 'wait', retryAfterS: 7.2 });
    expect(response.headers.get('Retry-After')).toBe('8');
  });
});

it('names the methods that are possible', () => {
  const response = methodNotAllowed('PUT', 'GET, HEAD');
  expect(response.status).toBe(405);
  expect(response.headers.get('Allow')).toBe('GET, HEAD');
});

it('keeps the head when it takes the body away', async () => {
  const response = withoutBody(jsonResponse({ a: 1 }));
  expect(response.headers.get('Content-Length')).toBe('7');
  expect(await response.text()).toBe('');
});

it('turns what a handler throws into a 500 a person can read', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const response = await answerOrExplain(() => Promise.reject(new Error('the wheel came off')));
  expect(response.status).toBe(500);
  const body = await response.json();
  expect(body.error.kind).toBe('unexpected');
  expect(body.error.message).toContain('the wheel came off');
  expect(log).toHaveBeenCalledOnce();
  log.mockRestore();
});
