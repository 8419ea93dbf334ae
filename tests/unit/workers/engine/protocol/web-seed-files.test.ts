import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MetaFile } from '../../../../../workers/engine/model/torrent-meta.ts';
import { webSeedRanges } from '../../../../../workers/engine/protocol/web-seed-files.ts';

/** Files end to end, as the strict reader lays them; a path that begins with `.pad` is padding. */
function meta(rawName: string, sizes: readonly (readonly [string, number])[], isMultiFile = true) {
  let offsetBytes = 0;
  const files = sizes.map(([path, lengthBytes]): MetaFile => {
    const file = {
      path,
      rawPath: path.split('/'),
      lengthBytes,
      offsetBytes,
      isPad: path.startsWith('.pad'),
    };
    offsetBytes += lengthBytes;
    return file;
  });
  return { rawName, isMultiFile, files };
}

const single = meta('clip 1.mp4', [['clip 1.mp4', 100]], false);

test('a single file is the URL itself', () => {
  expect(webSeedRanges('https://a.test/some/clip.mp4', single, 10, 20)).toEqual([
    {
      url: 'https://a.test/some/clip.mp4',
      file: 0,
      startBytes: 10,
      lengthBytes: 20,
      fileLengthBytes: 100,
    },
  ]);
});

test('a URL that ends in a slash is a folder that holds the file', () => {
  expect(webSeedRanges('https://a.test/some/', single, 0, 1)[0]!.url).toBe(
    'https://a.test/some/clip%201.mp4',
  );
});

test.each(['https://a.test/pub', 'https://a.test/pub/'])(
  'a torrent of several files is a folder with its name: %s',
  (seedUrl) => {
    const album = meta('album', [
      ['a.mp3', 10],
      ['b/c.mp3', 10],
    ]);
    expect(webSeedRanges(seedUrl, album, 5, 10)).toEqual([
      {
        url: 'https://a.test/pub/album/a.mp3',
        file: 0,
        startBytes: 5,
        lengthBytes: 5,
        fileLengthBytes: 10,
      },
      {
        url: 'https://a.test/pub/album/b/c.mp3',
        file: 1,
        startBytes: 0,
        lengthBytes: 5,
        fileLengthBytes: 10,
      },
    ]);
  },
);

test('a torrent that lists one file is a folder all the same', () => {
  const listed = meta('album', [['a.mp3', 10]]);
  expect(webSeedRanges('https://a.test/pub', listed, 0, 10)[0]!.url).toBe(
    'https://a.test/pub/album/a.mp3',
  );
});

test('padding is asked of nobody', () => {
  const padded = meta('x', [
    ['a', 10],
    ['.pad/6', 6],
    ['b', 16],
  ]);
  expect(webSeedRanges('https://a.test/', padded, 8, 10)).toEqual([
    { url: 'https://a.test/x/a', file: 0, startBytes: 8, lengthBytes: 2, fileLengthBytes: 10 },
    { url: null, file: 1, startBytes: 0, lengthBytes: 6, fileLengthBytes: 6 },
    { url: 'https://a.test/x/b', file: 2, startBytes: 0, lengthBytes: 2, fileLengthBytes: 16 },
  ]);
});

test('names are percent-encoded as they are spelled, so that none of them ends or leaves its path', () => {
  const odd = meta('a?b#c', [['100% ä/…&=+.txt', 1]]);
  expect(webSeedRanges('https://a.test/', odd, 0, 1)[0]!.url).toBe(
    'https://a.test/a%3Fb%23c/100%25%20%C3%A4/%E2%80%A6%26%3D%2B.txt',
  );
});

test('an empty file is not asked for', () => {
  const album = meta('x', [
    ['a', 4],
    ['empty', 0],
    ['b', 4],
  ]);
  expect(webSeedRanges('https://a.test/', album, 0, 8).map(({ url }) => url)).toEqual([
    'https://a.test/x/a',
    'https://a.test/x/b',
  ]);
});

test('the parts of any range lie end to end, each within its file, and cover exactly the range', () => {
  const sizes = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (lengths, a, b) => {
      const album = meta(
        'x',
        lengths.map((length, i) => [`${i % 3 === 1 ? '.pad/' : ''}${i}`, length] as const),
      );
      const total = lengths.reduce((sum, length) => sum + length, 0);
      const start = a % (total + 1);
      const length = b % (total - start + 1);
      const parts = webSeedRanges('https://a.test/', album, start, length);
      let at = 0;
      for (const part of parts) {
        expect(part.lengthBytes).toBeGreaterThan(0);
        const file = album.files.find(
          ({ offsetBytes, lengthBytes }) =>
            start + at >= offsetBytes && start + at < offsetBytes + lengthBytes,
        )!;
        expect(album.files[part.file]).toBe(file);
        expect(part.startBytes).toBe(start + at - file.offsetBytes);
        expect(part.fileLengthBytes).toBe(file.lengthBytes);
        expect(part.startBytes + part.lengthBytes).toBeLessThanOrEqual(file.lengthBytes);
        expect(part.url === null).toBe(file.isPad);
        at += part.lengthBytes;
      }
      expect(at).toBe(length);
    }),
  );
});
