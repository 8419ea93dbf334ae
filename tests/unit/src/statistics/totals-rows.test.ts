import { expect, test } from 'vitest';
import { totalsRows } from '../../../../src/statistics/totals-rows.ts';
import { makeStatistics } from '../../../support/fake-engine.ts';
import { statisticsRecord } from '../../../support/catalogue-records.ts';

test('sums are said in words and units, session beside lifetime', () => {
  const { session } = makeStatistics();
  const lifetime = { ...statisticsRecord().totals, ratio: 1.4, uptimeS: 50 * 86_400 };
  const rows = totalsRows(session, lifetime);
  expect(Object.fromEntries(rows.map((row) => [row.label, [row.session, row.lifetime]]))).toEqual({
    Downloaded: ['0 bytes', '5 GB'],
    Uploaded: ['0 bytes', '7 GB'],
    Ratio: ['0.00', '1.40'],
    'Checked and good': ['0 bytes', '4.9 GB'],
    'Thrown away': ['0 bytes', '1 MB'],
    'Pieces with wrong data': ['0', '3'],
    'Banned peers': ['0', '1'],
    'Metadata from the cache': ['–', '40% of 10'],
    'Fetching or giving': ['0s', '1d 1h'],
    'Giving only': ['0s', '16h 40m'],
    Running: ['1s', '50 days'],
  });
});
