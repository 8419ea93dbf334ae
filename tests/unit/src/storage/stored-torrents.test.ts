import { expect, test } from 'vitest';
import { bySize, otherBytes } from '../../../../src/storage/stored-torrents.ts';
import { hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const torrents = [10, 30, 10, 20].map((storedBytes, index) =>
  makeTorrent({ infoHash: hashOf(String(index)), storedBytes }),
);

test('the largest comes first, equals in the order of the library', () => {
  expect(bySize(torrents).map(({ infoHash }) => infoHash[0])).toEqual(['1', '3', '0', '2']);
});

test('what no torrent holds is the rest, and never less than nothing', () => {
  expect(otherBytes(torrents, 75)).toBe(5);
  expect(otherBytes(torrents, 60)).toBe(0);
});
