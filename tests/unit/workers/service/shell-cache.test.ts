import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { answerFromShell } from '../../../../workers/service/shell-cache.ts';
import { SCOPE } from './fakes.ts';

/**
 * Workbox keeps its precache in module state and speaks to the service worker's globals, so each test loads it afresh
 * into a small stand-in for them.
 */
const stored = new Map<string, Response>();
const listeners = new Map<string, (event: ExtendableLike) => void>();

interface ExtendableLike {
  readonly type: string;
  readonly request?: Request;
  waitUntil(work: Promise<unknown>): void;
}

const cache = {
  match: async (key: Request | string) => stored.get(urlOf(key))?.clone(),
  put: async (key: Request | string, response: Response) => void stored.set(urlOf(key), response),
  keys: async () => [...stored.keys()].map((url) => new Request(url)),
  delete: async (key: Request) => stored.delete(key.url),
};
const urlOf = (key: Request | string) => (typeof key === 'string' ? key : key.url);
const network = vi.fn<typeof fetch>();

async function load() {
  vi.resetModules();
  stored.clear();
  listeners.clear();
  network.mockReset();
  network.mockImplementation(async (input) => {
    const { url } = input as Request;
    return new Response(`body of ${url}`, { headers: { 'X-Host': 'kept' } });
  });
  vi.stubGlobal('self', globalThis);
  vi.stubGlobal('location', new URL('service.worker.js', SCOPE));
  vi.stubGlobal('registration', { scope: SCOPE });
  vi.stubGlobal('caches', {
    open: async () => cache,
    keys: async () => [],
    match: cache.match,
  });
  vi.stubGlobal('fetch', network);
  vi.stubGlobal('addEventListener', (type: string, listen: (event: ExtendableLike) => void) =>
    listeners.set(type, listen),
  );
  vi.stubGlobal('ExtendableEvent', Event);
  vi.stubGlobal('FetchEvent', Event);
  vi.stubEnv('NODE_ENV', 'production');
  return import('../../../../workers/service/shell-cache.ts');
}

async function dispatch(type: string): Promise<void> {
  const work: Promise<unknown>[] = [];
  listeners.get(type)?.({ type, waitUntil: (promise) => work.push(promise) });
  await Promise.all(work);
}

const manifest = [
  { url: 'index.html', revision: 'r1' },
  { url: 'assets/app-abc.js', revision: null },
];

function fetchEvent(url: string, init: RequestInit = {}) {
  const request = new Request(url, init);
  return { type: 'fetch', request, waitUntil() {} } as unknown as Parameters<
    typeof answerFromShell
  >[0];
}

describe('the shell', () => {
  let shell: Awaited<ReturnType<typeof load>>;
  beforeEach(async () => {
    shell = await load();
    shell.installShell(manifest);
    await dispatch('install');
    network.mockRejectedValue(new TypeError('offline'));
  });

  it.each(['index.html', 'assets/app-abc.js'])('opens %s with no network', async (path) => {
    const url = SCOPE + path;
    const response = await shell.answerFromShell(fetchEvent(url), url);
    expect(await response?.text()).toMatch(new RegExp(`^body of ${url}`));
    expect(response?.headers.get('X-Host')).toBe('kept');
  });

  it('answers a navigation with the page itself, under another URL and with a fragment', async () => {
    const response = await shell.answerFromShell(
      fetchEvent(`${SCOPE}?x=1`),
      `${SCOPE}index.html#a`,
    );
    expect(response?.status).toBe(200);
  });

  it('leaves what is not precached, and what is not read, alone', () => {
    const other = `${SCOPE}assets/other.js`;
    expect(shell.answerFromShell(fetchEvent(other), other)).toBeNull();
    const page = `${SCOPE}index.html`;
    expect(shell.answerFromShell(fetchEvent(page, { method: 'POST' }), page)).toBeNull();
  });

  it('forgets the files of the version before', async () => {
    stored.set(`${SCOPE}assets/app-old.js`, new Response('old'));
    await dispatch('activate');
    expect([...stored.keys()].filter((url) => url.includes('old'))).toEqual([]);
    expect(stored.size).toBe(2);
  });
});

it('has nothing to say before a build made its list', async () => {
  const shell = await load();
  shell.installShell(undefined);
  expect(shell.answerFromShell(fetchEvent(SCOPE), `${SCOPE}index.html`)).toBeNull();
});
