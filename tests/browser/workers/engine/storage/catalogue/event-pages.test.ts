/** The event log in a real IndexedDB. */
import { createStore, entries, get, set } from 'idb-keyval';
import { expect, test } from 'vitest';
import type { RillEvent } from '../../../../../../workers/contract/events.ts';
import { EventPages } from '../../../../../../workers/engine/storage/catalogue/event-pages.ts';

let scenes = 0;

function setUp() {
  const prefix = `rill-events-test-${Date.now()}-${++scenes}`;
  return {
    prefix,
    open: () => new EventPages(prefix),
    raw: createStore(`${prefix}-events`, 'events'),
  };
}

const many = (from: number, count: number): RillEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    id: from + index,
    at: '2026-11-21T10:00:00.000Z',
    kind: 'torrent:error',
    infoHash: null,
    message: `event ${from + index}`,
    data: { figure: from + index },
  }));

test('begins with nothing, and the first id', async () => {
  expect(await setUp().open().read()).toEqual({ events: [], unusedId: 1 });
});

test('gives back what was added, over reloads, with the ids that were reserved', async () => {
  const { open } = setUp();
  const first = open();
  await first.read();
  await first.reserve(1_000);
  await first.append(many(1, 300));
  await first.append(many(301, 1));
  const second = open();
  expect(await second.read()).toEqual({ events: many(1, 301), unusedId: 1_000 });
  await second.append(many(1_000, 5));
  const { events, unusedId } = await open().read();
  expect([events.length, events.at(-1)!.id, unusedId]).toEqual([306, 1_004, 1_005]);
});

test('keeps ten thousand in some forty pages, the oldest go', async () => {
  const { open, raw } = setUp();
  const store = open();
  for (let from = 1; from < 12_000; from += 1_000) await store.append(many(from, 1_000));
  const { events } = await open().read();
  expect(events.at(-1)!.id).toBe(12_000);
  expect(events.length).toBeGreaterThanOrEqual(10_000);
  expect(events.length).toBeLessThan(10_256);
  expect(await entries(raw)).toHaveLength(Math.ceil(events.length / 256));
});

test('old pages that cannot be deleted are no reason to give the new events again, and go later', async () => {
  const { raw, prefix } = setUp();
  let writes = 0;
  const store = new EventPages(prefix, () => (mode, callback) => {
    if (mode === 'readwrite' && ++writes === 2) return Promise.reject(new Error('not now'));
    return raw(mode, callback);
  });
  await store.append(many(1, 12_000));
  expect((await store.read()).events).toEqual(many(1, 12_000));
  await store.append(many(12_001, 1));
  const ids = (await store.read()).events.map(({ id }) => id);
  expect([ids.length < 12_000, ids.at(-1), new Set(ids).size]).toEqual([true, 12_001, ids.length]);
});

test('a damaged page costs its events and no others, and is overwritten by none', async () => {
  const { open, raw } = setUp();
  const store = open();
  await store.append(many(1, 600));
  await set(257, { version: 1, events: ['nonsense', ...many(400, 2)] }, raw);
  await set('unused-id', 'nonsense', raw);
  const again = open();
  const { events, unusedId } = await again.read();
  expect(events.map(({ id }) => id)).toEqual([
    ...many(1, 256).map(({ id }) => id),
    400,
    401,
    ...many(513, 88).map(({ id }) => id),
  ]);
  expect(unusedId).toBe(601);
  await again.append(many(601, 1));
  expect((await get<{ events: unknown[] }>(257, raw))!.events).toHaveLength(3);
  expect((await get<{ events: unknown[] }>(513, raw))!.events).toHaveLength(89);
});

test('a newest page that is damaged or of a newer Rill is left as it is', async () => {
  const { open, raw } = setUp();
  await open().append(many(1, 3));
  const newer = { version: 2, log: 'of tomorrow' };
  await set(1, newer, raw);
  const again = open();
  expect(await again.read()).toEqual({ events: [], unusedId: 258 });
  await again.append(many(258, 2));
  expect(await get(1, raw)).toEqual(newer);
  expect((await open().read()).events).toEqual(many(258, 2));
});
