import { expect, test } from 'vitest';
import { hindranceOf } from '../../../../src/player/hindrance.ts';
import type { HealthKind, TorrentDetail } from '../../../../workers/contract/snapshot.ts';
import { hashOf, makeFile, makeTorrent } from '../../../support/fake-engine.ts';

type Facts = Partial<TorrentDetail> & { kind?: HealthKind; message?: string };

const film = makeFile(1, 'film.mp4', 100, 0.5);

function torrent({ kind = 'ok', message = 'So it is.', ...facts }: Facts): TorrentDetail {
  const health = { kind, message: kind === 'ok' ? '' : message, since: '', evidence: [] };
  return makeTorrent({ infoHash: hashOf('a'), files: [film], health, ...facts });
}

test.each<[string, Facts, ReturnType<typeof hindranceOf>]>([
  ['nothing is wrong', {}, null],
  ['the disk is slow', { kind: 'slow-disk' }, null],
  [
    'it is paused',
    { state: 'paused' },
    { message: 'It is paused, and what comes next is not here yet.', resume: 'Resume' },
  ],
  [
    'it has given enough and another of its files is wanted',
    { state: 'complete' },
    { message: 'It is paused, and what comes next is not here yet.', resume: 'Resume' },
  ],
  [
    'there is no room',
    { state: 'paused', kind: 'storage-full' },
    { message: 'So it is.', resume: null },
  ],
  [
    'the browser took it away',
    { state: 'paused', kind: 'evicted' },
    { message: 'So it is.', resume: 'Try again' },
  ],
  ['it failed', { state: 'failed', kind: 'failed' }, { message: 'So it is.', resume: 'Try again' }],
  [
    'the connection is metered',
    { state: 'queued', kind: 'waiting' },
    { message: 'So it is.', resume: null },
  ],
  [
    'it waits its turn',
    { state: 'queued', queuePosition: 2 },
    { message: 'It waits its turn, which comes now that it is played.', resume: null },
  ],
  ...(
    ['waiting', 'no-peers', 'no-seeds', 'stalled', 'offline', 'tracker-unreachable'] as const
  ).map((kind): [string, Facts, ReturnType<typeof hindranceOf>] => [
    `it downloads and is ${kind}`,
    { kind },
    { message: 'So it is.', resume: null },
  ]),
  ['the file is here', { state: 'paused', files: [{ ...film, progress: 1 }] }, null],
  ['there is no such file', { state: 'paused', files: [{ ...film, index: 0 }] }, null],
  [
    'nobody knows yet what is inside',
    { state: 'metadata', kind: 'no-peers', files: [] },
    { message: 'So it is.', resume: null },
  ],
])('when %s', (_, facts, expected) => {
  expect(hindranceOf(torrent(facts), 1, undefined)).toEqual(expected);
});

test('while it rests after a failure it is said what failed, without the seconds, and it need not be waited for', () => {
  const resting = torrent({ state: 'queued', kind: 'no-peers', message: 'In 59 seconds.' });
  expect(hindranceOf(resting, 1, { reason: 'no-peers' })).toEqual({
    message: 'Nobody was found who has it. Rill tries again by itself in a while.',
    resume: 'Try now',
  });
});
