/** `GET /api/statistics` as API.md has it: nothing may be missing, and nothing more may be there. */
import * as v from 'valibot';
import type { Statistics } from '../../workers/contract/statistics.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(v.string(), v.isoTimestamp());

export const transfer = {
  downloadedBytes: count,
  uploadedBytes: count,
  verifiedBytes: count,
  wastedBytes: count,
  hashFailures: count,
  bannedPeers: count,
  activeS: count,
  seedingS: count,
};
const totals = v.strictObject({
  ...transfer,
  ratio: v.pipe(v.number(), v.finite(), v.minValue(0)),
  metadataCacheHits: count,
  metadataCacheMisses: count,
  uptimeS: count,
});
const series = (periodS: number, length: number) => {
  const rates = v.pipe(v.array(v.nullable(count)), v.length(length));
  return v.strictObject({
    periodS: v.literal(periodS),
    startAt: time,
    downloadBps: rates,
    uploadBps: rates,
  });
};

export const statisticsSchema = v.strictObject({
  since: time,
  session: totals,
  lifetime: totals,
  history: v.strictTuple([series(1, 300), series(10, 360), series(300, 288)]),
}) satisfies v.GenericSchema<unknown, Statistics>;
