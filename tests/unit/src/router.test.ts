import { expect, test } from 'vitest';
import { Router, type RouterWindow } from '../../../src/router.svelte.ts';
import { hashOf } from '../../support/fake-engine.ts';

/** The few parts of a window with a history, moved by hand. */
function fakeWindow(hash: string) {
  const entries: { hash: string; state: unknown }[] = [{ hash, state: null }];
  let at = 0;
  let listener = () => {};
  const set = (url: string | URL | null | undefined, state: unknown, isNew: boolean) => {
    if (isNew) entries.splice(++at);
    entries[at] = {
      hash: url === null || url === undefined ? (entries[at]?.hash ?? '') : `${url}`,
      state,
    };
  };
  const window = {
    addEventListener: (_: string, callback: () => void) => void (listener = callback),
    location: {
      get hash() {
        return entries[at]?.hash ?? '';
      },
    },
    history: {
      get state() {
        return entries[at]?.state;
      },
      get length() {
        return entries.length;
      },
      pushState: (state: unknown, _: string, url?: string | URL | null) => set(url, state, true),
      replaceState: (state: unknown, _: string, url?: string | URL | null) =>
        set(url, state, false),
      back: () => {
        at -= 1;
        listener();
      },
    },
  };
  const follow = (url: string) => {
    set(url, null, true);
    listener();
  };
  return { window: window as unknown as RouterWindow, follow, depth: () => at };
}

const infoHash = hashOf('a1');

test('closing the player goes back to where it was opened', () => {
  const { window, follow, depth } = fakeWindow('#/');
  const router = new Router(window);
  follow(`#/torrent/${infoHash}`);
  follow(`#/play/${infoHash}/0/a.mp4`);
  expect(router.route.kind).toBe('play');
  expect(router.background).toEqual({ kind: 'torrent', infoHash });
  router.close({ kind: 'library' });
  expect(router.route).toEqual({ kind: 'torrent', infoHash });
  expect(depth()).toBe(1);
});

test('closing what was opened by URL goes to the place above, and never leaves the page', () => {
  const { window, depth } = fakeWindow(`#/play/${infoHash}/0/a.mp4`);
  const router = new Router(window);
  router.close({ kind: 'torrent', infoHash });
  expect(router.route).toEqual({ kind: 'torrent', infoHash });
  expect(depth()).toBe(0);
});

test('a route can be given without an entry of its own', () => {
  const { window, depth } = fakeWindow('#/');
  const router = new Router(window);
  router.go({ kind: 'torrent', infoHash });
  router.replace({ kind: 'library' });
  expect(router.route.kind).toBe('library');
  expect(depth()).toBe(1);
});
