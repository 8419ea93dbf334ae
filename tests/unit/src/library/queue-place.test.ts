import { expect, test } from 'vitest';
import { movableTorrents } from '../../../../src/library/queue-place.ts';
import type { TorrentDetail } from '../../../../workers/contract/snapshot.ts';
import { hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const RUNS = {};
const WAITS = { state: 'queued', queuePosition: 1 } as const;
const SHARES = { state: 'seeding', progress: 1 } as const;
const WAITS_TO_SHARE = { ...WAITS, progress: 1 } as const;
const HIGH = { priority: 'high' } as const;

test.each<[string, readonly Partial<TorrentDetail>[], readonly number[]]>([
  ['nobody waits', [RUNS, RUNS, SHARES], []],
  ['one runs, another waits', [RUNS, WAITS], [0, 1]],
  ['only the one that waits is there', [WAITS], []],
  ['downloads wait, and no seed does', [RUNS, WAITS, SHARES, SHARES], [0, 1]],
  ['a seed waits', [RUNS, RUNS, SHARES, WAITS_TO_SHARE], [2, 3]],
  ['of another priority there is one alone', [{ ...RUNS, ...HIGH }, RUNS, WAITS], [1, 2]],
  ['one is paused', [{ state: 'paused' }, RUNS, WAITS], [1, 2]],
  ['one failed', [{ state: 'failed' }, RUNS, WAITS], [1, 2]],
  ['one was started beside the queue', [{ isForced: true }, RUNS, WAITS], [1, 2]],
  [
    'links wait to be looked into',
    [{ state: 'metadata', lengthBytes: 0 }, { ...WAITS, lengthBytes: 0 }, RUNS],
    [0, 1],
  ],
])('%s', (_, facts, expected) => {
  const torrents = facts.map((fact, index) =>
    makeTorrent({ infoHash: hashOf((index + 16).toString(16)), ...fact }),
  );
  const movable = movableTorrents(torrents);
  expect(torrents.flatMap(({ infoHash }, index) => (movable.has(infoHash) ? [index] : []))).toEqual(
    expected,
  );
});
