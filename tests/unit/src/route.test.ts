import { describe, expect, test } from 'vitest';
import { formatRoute, parseRoute } from '../../../src/route.ts';
import { hashOf } from '../../support/fake-engine.ts';

const infoHash = hashOf('a1');

describe('parseRoute', () => {
  test.each([
    '',
    '#',
    '#/',
    '#/nonsense',
    '#/torrent/short',
    '#/play/x/0',
    `#/play/${infoHash}/-1`,
    '#magnet:?xt=x',
  ])('%s is the library', (hash) => expect(parseRoute(hash)).toEqual({ kind: 'library' }));

  test('the storage view, and nothing below it', () => {
    expect(parseRoute('#/storage')).toEqual({ kind: 'storage' });
    expect(parseRoute(formatRoute({ kind: 'storage' }))).toEqual({ kind: 'storage' });
    expect(parseRoute('#/storage/x')).toEqual({ kind: 'library' });
  });

  test('the statistics, and nothing below them', () => {
    expect(parseRoute(formatRoute({ kind: 'statistics' }))).toEqual({ kind: 'statistics' });
    expect(parseRoute('#/statistics/x')).toEqual({ kind: 'library' });
  });

  test('what happened, to everything or to one torrent', () => {
    expect(parseRoute('#/activity')).toEqual({ kind: 'activity', infoHash: null });
    expect(parseRoute(`#/activity/${infoHash.toUpperCase()}`)).toEqual({
      kind: 'activity',
      infoHash,
    });
    for (const hash of [null, infoHash]) {
      const route = { kind: 'activity', infoHash: hash } as const;
      expect(parseRoute(formatRoute(route))).toEqual(route);
    }
    expect(parseRoute('#/activity/x')).toEqual({ kind: 'library' });
  });

  test('a torrent, whatever the case of its hash', () => {
    expect(parseRoute(`#/torrent/${infoHash.toUpperCase()}`)).toEqual({
      kind: 'torrent',
      infoHash,
    });
  });

  test('a file with and without its name', () => {
    expect(parseRoute(`#/play/${infoHash}/3`)).toEqual({
      kind: 'play',
      infoHash,
      fileIndex: 3,
      fileName: '',
    });
    expect(parseRoute(`#/play/${infoHash}/3/%E0%A4%A`)).toMatchObject({ fileName: '%E0%A4%A' });
  });
});

test('a name of any kind survives the URL', () => {
  const route = { kind: 'play', infoHash, fileIndex: 12, fileName: 'a/b #1 100% ?.mp4' } as const;
  expect(parseRoute(formatRoute(route))).toEqual(route);
});
