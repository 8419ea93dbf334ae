import { expect, test } from 'vitest';
import { Playback } from '../../../../src/player/playback.svelte.ts';
import { judge, retryDelayMs, type Probe } from '../../../../src/player/retry.ts';
import { subtitlesFor } from '../../../../src/player/subtitles.ts';
import { streamUrl } from '../../../../src/player/stream-url.ts';

test('waits double each time, eight seconds at most', () => {
  expect([0, 1, 2, 3, 4, 9].map(retryDelayMs)).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
});

const said = (status: number, kind?: string): Probe => ({
  status,
  error: kind === undefined ? null : { kind, message: `It said ${kind}.` },
});
const LEFT = /^This file is not in your library any more/;

test.each<[Probe, number, ReturnType<typeof judge>['kind'], RegExp]>([
  [null, 50, 'retry', /engine broke/],
  [said(503, 'engine-starting'), 50, 'retry', /^Waiting for the first pieces…$/],
  [said(503), 50, 'retry', /^Waiting for the first pieces…$/],
  [said(503, 'cooldown'), 50, 'retry', /^It said cooldown\.$/],
  [said(404, 'no-peers'), 50, 'retry', /^It said no-peers\.$/],
  [said(507, 'storage-full'), 50, 'retry', /^It said storage-full\.$/],
  [said(500, 'unexpected'), 50, 'retry', /could not be read/],
  [said(404, 'unknown-torrent'), 0, 'give-up', LEFT],
  [said(404, 'unknown-file'), 0, 'give-up', LEFT],
  [said(404), 0, 'give-up', LEFT],
  [said(206), 0, 'retry', /^Playback stopped/],
  [said(206), 2, 'give-up', /cannot play this format/],
])('a stream that answers %o at attempt %d: %s', (probe, attempt, kind, message) => {
  const verdict = judge(probe, attempt, false);
  expect([verdict.kind, verdict.message]).toEqual([kind, expect.stringMatching(message)]);
});

test('while something keeps the rest from coming, the format is not to blame', () => {
  expect(judge(said(206), 50, true).kind).toBe('retry');
});

function make(probes: Probe[], isHindered = false) {
  const log: string[] = [];
  const timers: (() => void)[] = [];
  const playback = new Playback({
    probe: async () => probes.shift() ?? null,
    isHindered: () => isHindered,
    reload: () => log.push('reload'),
    later: (ms, callback) => {
      log.push(`wait ${ms}`);
      timers.push(callback);
      return () => {};
    },
  });
  return { playback, log, next: () => timers.shift()?.() };
}

test('a stream that is not ready is tried again until it plays', async () => {
  const { playback, log, next } = make([said(503), said(503)]);
  await playback.failed();
  expect(playback.state).toMatchObject({
    kind: 'retrying',
    message: 'Waiting for the first pieces…',
  });
  next();
  await playback.failed();
  next();
  playback.advanced();
  expect(playback.state.kind).toBe('playing');
  expect(log).toEqual(['wait 500', 'reload', 'wait 1000', 'reload']);
});

test('a format this browser cannot play ends with a way to save it, and can be tried again', async () => {
  const { playback, log } = make([said(206), said(206), said(206)]);
  await playback.failed();
  await playback.failed();
  await playback.failed();
  expect(playback.state).toMatchObject({ kind: 'failed', canSave: true });
  playback.again();
  expect(log.at(-1)).toBe('reload');
});

test('what is hindered goes on at once when it is free, and what plays is left alone', async () => {
  const { playback, log } = make([said(206), said(206), said(206)], true);
  playback.freed();
  expect(log).toEqual([]);
  for (let n = 0; n < 3; n++) await playback.failed();
  expect(playback.state).toMatchObject({ kind: 'retrying' });
  playback.freed();
  expect(log).toEqual(['wait 500', 'wait 1000', 'wait 2000', 'reload']);
  playback.advanced();
  playback.freed();
  expect(log).toHaveLength(4);
});

test('after it is closed nothing happens any more', async () => {
  const { playback, log } = make([said(503)]);
  const failed = playback.failed();
  playback.stop();
  await failed;
  expect(log).toEqual([]);
});

test('subtitles go by the name of the film', () => {
  const files = ['a/Film.vtt', 'a/Film.en.vtt', 'a/Other.vtt', 'a/Film.srt', 'a/Film.mp4'].map(
    (path, index) => ({ index, path }),
  );
  expect(subtitlesFor('film.mp4', files).map((file) => file.index)).toEqual([0, 1]);
});

test('a stream lies below the folder the app is served from, whatever the name', () => {
  expect(streamUrl('https://x.example/rill/', 'ab', 2, 'a/b?#%.mp4')).toBe(
    'https://x.example/rill/stream/ab/2/a%2Fb%3F%23%25.mp4',
  );
});
