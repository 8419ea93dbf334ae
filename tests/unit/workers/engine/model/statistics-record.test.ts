/** record-schema.test.ts has the records of torrents. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readStatistics } from '../../../../../workers/engine/model/record-schema.ts';
import { statisticsRecord } from '../../../../support/catalogue-records.ts';

const url = new URL('../../../../fixtures/catalogue/statistics-v1.json', import.meta.url);
const v1 = JSON.parse(readFileSync(url, 'utf8')) as Record<string, object>;

test.each(['statistics', 'fresh'])('of version 1 are opened: %s', (name) => {
  expect(readStatistics(v1[name])).toEqual({ kind: 'read', record: v1[name] });
});

test('of a newer version are told from damaged ones', () => {
  expect(readStatistics({ version: 2 })).toEqual({ kind: 'newer' });
});

const history = {
  periodS: 300,
  newestSlot: 7,
  downloadedBytes: [1, 2],
  uploadedBytes: [3, 4],
  coveredMs: [5, 6],
};

test.each([
  ['with a date that is none', { since: 'once' }, 'since'],
  [
    'with a sum that is none',
    { totals: { ...statisticsRecord().totals, bannedPeers: -1 } },
    'totals.bannedPeers',
  ],
  [
    'with a sum past all counting',
    { totals: { ...statisticsRecord().totals, uptimeS: 1e300 } },
    'totals.uptimeS',
  ],
  ['without a sum', { totals: {} }, 'totals.downloadedBytes'],
  ['without its rates', { history: undefined }, 'history'],
  [
    'with rates that are none',
    { history: { ...history, coveredMs: [0.5, 0] } },
    'history.coveredMs.0',
  ],
  ['with rates of different lengths', { history: { ...history, uploadedBytes: [1] } }, 'history'],
  [
    'with rates without end',
    { history: { ...history, uploadedBytes: Array(10_001).fill(0) } },
    'history.uploadedBytes',
  ],
])('are damaged %s', (_, change, field) => {
  expect(readStatistics({ ...statisticsRecord({ history }), ...change })).toMatchObject({
    kind: 'damaged',
    problem: expect.stringContaining(field),
  });
});
