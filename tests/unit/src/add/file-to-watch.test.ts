import { expect, test } from 'vitest';
import { fileToWatch } from '../../../../src/add/file-to-watch.ts';
import { makeFile } from '../../../support/fake-engine.ts';

const FILES = [
  makeFile(0, 'film.mp4', 900),
  makeFile(1, 'trailer.mp4', 50),
  makeFile(2, 'sound.mp3', 70),
  makeFile(3, 'poster.jpg', 5_000),
  makeFile(4, 'film.srt', 9_000),
];

test.each<[string, readonly number[], number | null, number | null]>([
  ['the main file when it is chosen', [0, 1, 2], 0, 0],
  ['else the largest that plays', [1, 2, 3, 4], 0, 2],
  ['what is chosen only', [1], 0, 1],
  ['no picture and no subtitles', [3, 4], 0, null],
  ['nothing of nothing', [], null, null],
])('%s', (_, selected, mainFileIndex, expected) => {
  const detail = { files: FILES, mainFileIndex };
  expect(fileToWatch({ detail, selected: new Set(selected) })).toBe(expected);
});
