import { expect, it, test } from 'vitest';
import type { EventPage, NewEvent, RillEvent } from '../../../../../workers/contract/events.ts';
import { EventLog } from '../../../../../workers/engine/application/event-log.ts';
import { fakeDeps, settled, until } from '../../../../support/fake-clock.ts';
import { emptyDisk, FakeStorage } from '../../../../support/fake-storage.ts';

const added: NewEvent = { kind: 'torrent:added', infoHash: null, message: 'Added.' };
const piece: NewEvent = { kind: 'torrent:piece', infoHash: null, message: 'A piece.' };

async function start(storage = new FakeStorage(), capacity?: number) {
  const deps = fakeDeps();
  const log = await EventLog.open(storage.events, deps, capacity);
  const page = async (since: number | null, limit = 100, waitMs = 0): Promise<EventPage> => {
    const answer = await log.answer(since, limit, waitMs);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  };
  return { deps, storage, log, page };
}

const idsOf = ({ events }: { readonly events: readonly RillEvent[] }) => events.map(({ id }) => id);

/** A start on what another one left. */
const restarted = ({ storage }: { readonly storage: FakeStorage }) =>
  start(new FakeStorage(storage.disk));

it('begins with 1, and tells the newest of what is asked for', async () => {
  const { log, page } = await start();
  for (const _ of [1, 2, 3]) log.emit(added);
  expect(await page(0)).toMatchObject({ events: [{ id: 1 }, { id: 2 }, { id: 3 }], next: 3 });
  expect(await page(1, 1)).toMatchObject({ events: [{ id: 2 }], next: 2, isGap: false });
  expect(await page(3)).toEqual({ events: [], next: 3, isGap: false });
  expect(await page(null)).toEqual({ events: [], next: 3, isGap: false });
});

it.each([
  ['since', -1, 10, 0],
  ['since', 'x', 10, 0],
  ['limit', 0, 0, 0],
  ['limit', 0, 2_001, 0],
  ['waitMs', 0, 10, 30_001],
])('refuses a wrong %s: %j, %j, %j', async (field, since, limit, waitMs) => {
  const { log } = await start();
  expect(await log.answer(since, limit, waitMs)).toMatchObject({
    ok: false,
    error: { kind: 'bad-request', field },
  });
});

test('ids go on after a restart, also after a crash right away', async () => {
  const first = await start();
  first.log.emit(added);
  await first.log.flush();
  first.log.emit(added);
  const second = await restarted(first);
  second.log.emit(added);
  const [, id] = idsOf(await second.page(0));
  expect(id).toBeGreaterThan(2);
  const third = await restarted(second);
  third.log.emit(added);
  expect(idsOf(await third.page(0)).at(-1)).toBeGreaterThan(id!);
});

test('where nothing outlives the engine ids grow all the same', async () => {
  const disk = { ...emptyDisk(), events: { events: [], unusedId: null } };
  const first = await start(new FakeStorage(disk));
  for (let n = 0; n < 50; n++) first.log.emit(added);
  const before = idsOf(await first.page(0)).at(-1)!;
  const deps = fakeDeps();
  deps.clock.advance(1);
  const log = await EventLog.open(new FakeStorage(disk).events, deps);
  log.emit(added);
  const answer = await log.answer(before, 10, 0);
  expect(answer).toMatchObject({ value: { isGap: true, events: [{ kind: 'torrent:added' }] } });
});

test('more ids are reserved long before they are used up', async () => {
  const { storage, log } = await start();
  expect(storage.disk.events.unusedId).toBe(100_001);
  for (let n = 0; n < 50_002; n++) log.emit(piece);
  await settled();
  expect(storage.disk.events.unusedId).toBeGreaterThan(150_000);
  expect(storage.eventJournal.filter((call) => call === 'reserveEvents')).toHaveLength(2);
});

test('pieces and progress are told and not kept', async () => {
  const first = await start();
  for (const kind of ['torrent:added', 'torrent:progress', 'torrent:piece', 'torrent:complete'])
    first.log.emit({ ...added, kind: kind as NewEvent['kind'] });
  expect(idsOf(await first.page(0))).toEqual([1, 2, 3, 4]);
  await first.log.flush();
  const { page } = await restarted(first);
  expect(await page(0)).toMatchObject({ events: [{ id: 1 }, { id: 4 }], next: 4 });
});

test('what is pushed out of memory is a gap, in which only what lasts is left', async () => {
  const { log, page } = await start(new FakeStorage(), 4);
  for (const event of [added, piece, piece, added, piece, piece, piece]) log.emit(event);
  expect(await page(0)).toMatchObject({ isGap: true, next: 7 });
  expect(idsOf(await page(0))).toEqual([1, 4, 5, 6, 7]);
  expect(idsOf(await page(0, 2))).toEqual([1, 4]);
  expect(await page(3)).toMatchObject({ isGap: false, events: [{ id: 4 }, {}, {}, {}] });
});

test('a restart is a gap to who was here before, and to nobody after', async () => {
  const first = await start();
  first.log.emit(added);
  await first.log.flush();
  const { log, page } = await restarted(first);
  const { next, isGap } = await page(1);
  expect(isGap).toBe(true);
  log.emit(added);
  const page2 = await page((await page(null)).next - 1);
  expect(page2).toMatchObject({ isGap: false, events: [{ kind: 'torrent:added' }] });
  expect(idsOf(await page(next))).toEqual(idsOf(page2));
});

test('who asks with an id that was never given gets all there is', async () => {
  const { log, page } = await start();
  log.emit(added);
  expect(await page(5_000)).toMatchObject({ isGap: true, events: [{ id: 1 }], next: 1 });
});

test('a question waits for the first event and takes what comes with it', async () => {
  const { deps, log, page } = await start();
  let answer: EventPage | null = null;
  void page(0, 100, 10_000).then((value) => (answer = value));
  await settled();
  deps.clock.advance(9_000);
  await settled();
  expect(answer).toBeNull();
  for (let n = 0; n < 5; n++) log.emit(piece);
  await settled();
  for (let n = 0; n < 5; n++) log.emit(piece);
  deps.clock.advance(50);
  await until(() => answer !== null);
  expect(idsOf(answer!)).toHaveLength(10);
  expect(deps.clock.pendingTimers).toBe(0);
});

test('a question that waits in vain is answered with nothing, and leaves nothing behind', async () => {
  const { deps, page } = await start();
  let answer: EventPage | null = null;
  void page(0, 100, 10_000).then((value) => (answer = value));
  await settled();
  deps.clock.advance(10_000);
  await until(() => answer !== null);
  expect(answer).toEqual({ events: [], next: 0, isGap: false });
  expect(deps.clock.pendingTimers).toBe(0);
});

test('a full answer does not wait', async () => {
  const { log, page } = await start();
  for (let n = 0; n < 5; n++) log.emit(piece);
  expect(idsOf(await page(0, 3, 10_000))).toEqual([1, 2, 3]);
});

test('a store that cannot be read or written costs the engine nothing, and is tried again', async () => {
  const storage = new FakeStorage();
  storage.failing.set('readEvents', new Error('no database'));
  const { deps, log, page } = await start(storage);
  storage.failing.set('appendEvents', new Error('no room'));
  log.emit(added);
  await log.flush();
  log.emit(added);
  await log.flush();
  expect(deps.logged).toEqual([
    'warning: the event log could not be read',
    'warning: the event log could not be saved',
  ]);
  expect(await page(0)).toMatchObject({ events: [{}, {}] });
  storage.failing.clear();
  await log.flush();
  expect(idsOf(storage.disk.events)).toEqual(idsOf(await page(0)));
  await log.flush();
  expect(storage.eventJournal.filter((call) => call === 'appendEvents')).toHaveLength(3);
});

test('a store that does not answer is waited for three seconds', async () => {
  const storage = new FakeStorage();
  storage.holding.set('readEvents', new Promise(() => {}));
  const deps = fakeDeps();
  let log: EventLog | null = null;
  void EventLog.open(storage.events, deps).then((opened) => (log = opened));
  await settled();
  expect(log).toBeNull();
  deps.clock.advance(3_000);
  await until(() => log !== null);
  log!.emit(added);
  expect(await log!.answer(0, 10, 0)).toMatchObject({ value: { events: [added] } });
});
