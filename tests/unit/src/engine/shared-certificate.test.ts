import { expect, test } from 'vitest';
import { SharedCertificate } from '../../../../src/engine/shared-certificate.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function scene(lifeMs: number) {
  const made: RTCCertificate[] = [];
  const times = { now: 0 };
  const certificate = new SharedCertificate(() => {
    made.push({ expires: times.now + lifeMs, getFingerprints: () => [] });
    return Promise.resolve(made.at(-1)!);
  });
  const current = async (nowMs: number) => {
    times.now = nowMs;
    const given = certificate.current(nowMs);
    await Promise.resolve();
    return given;
  };
  return { made, current };
}

test('the first connection does not wait; those after it all have the same one', async () => {
  const { made, current } = scene(30 * DAY_MS);
  expect(await current(0)).toEqual([]);
  expect(await current(1)).toEqual([made[0]]);
  expect(await current(28 * DAY_MS)).toEqual([made[0]]);
  expect(made).toHaveLength(1);
});

test('it is renewed in its last day, and never used after its end', async () => {
  const { made, current } = scene(30 * DAY_MS);
  await current(0);
  expect(await current(29.5 * DAY_MS)).toEqual([made[0]]);
  expect(await current(29.6 * DAY_MS)).toEqual([made[1]]);
  expect(await current(60 * DAY_MS)).toEqual([]);
  expect(await current(60 * DAY_MS + 1)).toEqual([made[2]]);
});

test('a browser that makes none is asked again with the next connection', async () => {
  let isAble = false;
  const made = { expires: DAY_MS * 30, getFingerprints: () => [] } as RTCCertificate;
  const certificate = new SharedCertificate(() =>
    isAble ? Promise.resolve(made) : Promise.reject(new Error('not now')),
  );
  expect(certificate.current(0)).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  isAble = true;
  expect(certificate.current(1)).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(certificate.current(2)).toEqual([made]);
});
