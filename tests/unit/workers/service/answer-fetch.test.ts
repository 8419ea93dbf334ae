import { describe, expect, it, vi } from 'vitest';
import { answerFetch, type FetchLike } from '../../../../workers/service/answer-fetch.ts';
import { requestFor, SCOPE } from './fakes.ts';

/** What is answered for a request, or `null` when it is left to the network. */
async function answerTo(
  request: Request,
  precached: readonly string[] = [],
): Promise<string | null> {
  let answer: Promise<Response> | null = null;
  const event: FetchLike = {
    request,
    respondWith: (promise) => {
      answer = promise;
    },
  };
  answerFetch(event, {
    scope: SCOPE,
    stream: async (_, segments) => new Response(`stream ${segments.join(' ')}`),
    save: async (_, segments) => new Response(`save ${segments.join(' ')}`),
    api: () => {
      throw new Error('the handler broke');
    },
    shell: (_, url) =>
      precached.includes(url) ? Promise.resolve(new Response(`shell ${url}`)) : null,
  });
  // `answerFetch` has returned: a service worker may not call respondWith any later.
  const pending = answer as Promise<Response> | null;
  if (!pending) return null;
  const response = await pending;
  return `${response.status} ${response.headers.get('Location') ?? (await response.text())}`;
}

const INDEX = `${SCOPE}index.html`;
const navigate = { destination: 'document', navigate: true };

describe('a request', () => {
  it('for a stream goes to its handler', async () => {
    expect(await answerTo(requestFor('stream/abc/0'))).toBe('200 stream abc 0');
  });

  it('for a download goes to its handler', async () => {
    expect(await answerTo(requestFor('save/abc.zip', navigate))).toBe('200 save abc.zip');
  });

  it('whose handler throws at once still gets an answer', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await answerTo(requestFor('api/health'))).toMatch(/^500 .*the handler broke/);
    log.mockRestore();
  });

  it('for a precached file comes from the precache', async () => {
    const url = `${SCOPE}assets/app.js`;
    expect(await answerTo(requestFor('assets/app.js'), [url])).toBe(`200 shell ${url}`);
  });

  it('for any other file is left to the network', async () => {
    expect(await answerTo(requestFor('assets/other.js'))).toBeNull();
    expect(await answerTo(requestFor('https://elsewhere.test/stream/abc/0'))).toBeNull();
  });
});

describe('a navigation', () => {
  it('to the app opens the precached page, whatever the query', async () => {
    expect(await answerTo(requestFor('?source=pwa', navigate), [INDEX])).toBe(`200 shell ${INDEX}`);
  });

  it('deep into the app is sent to where its relative URLs work', async () => {
    expect(await answerTo(requestFor('some/where?lang=de', navigate), [INDEX])).toBe(
      `302 ${SCOPE}?lang=de`,
    );
  });

  it('is left to the network while nothing is precached', async () => {
    expect(await answerTo(requestFor('', navigate))).toBeNull();
  });
});
