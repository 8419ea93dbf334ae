import { describe, expect, it } from 'vitest';
import { routeOf } from '../../../../workers/service/router.ts';

const stream = (...segments: string[]) => ({ kind: 'stream', segments });
const save = (...segments: string[]) => ({ kind: 'save', segments });
const api = (...segments: string[]) => ({ kind: 'api', segments });
const asset = { kind: 'asset' };

describe.each(['https://rill.test/', 'https://rill.test/some/app/'])('under %s', (scope) => {
  const route = (path: string, mode = 'cors', method = 'GET') =>
    routeOf({ url: new URL(path, scope).href, mode, method }, scope);

  it.each([
    ['stream/abc/0/clip.mp4?download=1', stream('abc', '0', 'clip.mp4')],
    ['stream/abc/0/', stream('abc', '0')],
    ['stream/abc/0/a%2Fb', stream('abc', '0', 'a%2Fb')],
    ['stream', stream()],
    ['stream/', stream()],
    ['save/abc/0/clip.mp4', save('abc', '0', 'clip.mp4')],
    ['save/abc.zip?files=0-3&finished', save('abc.zip')],
    ['api/torrents', api('torrents')],
    ['api/torrents/', api('torrents')],
    ['api', api()],
    ['streams/abc', asset],
    ['saved/abc', asset],
    ['apiary', asset],
    ['assets/app.js', asset],
    ['', asset],
  ])('a fetch of %j', (path, expected) => {
    expect(route(path)).toEqual(expected);
  });

  it.each([
    ['', { kind: 'shell' }],
    ['?source=pwa', { kind: 'shell' }],
    ['index.html?x=1#magnet:?xt=1', { kind: 'shell' }],
    ['library', { kind: 'redirect', location: scope }],
    ['deep/er?lang=de#magnet:?xt=1', { kind: 'redirect', location: `${scope}?lang=de` }],
    ['sample/clip.torrent', asset],
    ['api/torrents', api('torrents')],
    ['stream/abc/0', stream('abc', '0')],
    ['save/abc/0/clip.mp4', save('abc', '0', 'clip.mp4')],
  ])('a navigation to %j', (path, expected) => {
    expect(route(path, 'navigate')).toEqual(expected);
  });

  it('leaves a posted form to the network', () => {
    expect(route('share', 'navigate', 'POST')).toEqual(asset);
  });
});

it.each([
  ['https://elsewhere.test/app/stream/abc/0'],
  ['https://rill.test/stream/abc/0'],
  ['https://rill.test/application/stream/abc/0'],
])('%s is outside the scope', (url) => {
  expect(routeOf({ url, mode: 'navigate', method: 'GET' }, 'https://rill.test/app/')).toEqual(
    asset,
  );
});
