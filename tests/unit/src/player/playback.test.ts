import { expect, test } from 'vitest';
import { Playback } from '../../../../src/player/playback.svelte.ts';
import { judge, retryDelayMs, type Probe } from '../../../../src/player/retry.ts';
import { subtitlesFor } from '../../../../src/player/subtitles.ts';
import { streamUrl } from '../../../../src/player/stream-url.ts';

test('waits double each time, eight seconds at most', () => {
  expect([0, 1, 2, 3, 4, 9].map(retryDelayMs)).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
});

test.each([
  [null, 50, 'retry'],
  [503, 50, 'retry'],
  [500, 50, 'retry'],
  [404, 0, 'give-up'],
  [206, 0, 'retry'],
  [206, 2, 'give-up'],
] as const)('a stream that answers %s at attempt %d: %s', (probe, attempt, kind) =>
  expect(judge(probe, attempt).kind).toBe(kind),
);

function make(probes: Probe[]) {
  const log: string[] = [];
  const timers: (() => void)[] = [];
  const playback = new Playback({
    probe: async () => probes.shift() ?? null,
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
  const { playback, log, next } = make([503, 503]);
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
  const { playback, log } = make([206, 206, 206]);
  await playback.failed();
  await playback.failed();
  await playback.failed();
  expect(playback.state).toMatchObject({ kind: 'failed', canSave: true });
  playback.again();
  expect(log.at(-1)).toBe('reload');
});

test('after it is closed nothing happens any more', async () => {
  const { playback, log } = make([503]);
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
