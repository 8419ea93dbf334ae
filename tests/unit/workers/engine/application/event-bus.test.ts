import { expect, it } from 'vitest';
import {
  categoryOf,
  type NewEvent,
  type RillEvent,
} from '../../../../../workers/contract/events.ts';
import { EventBus } from '../../../../../workers/engine/application/event-bus.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const added: NewEvent = { kind: 'torrent:added', infoHash: null, message: 'Added.' };

it('numbers events without a gap and tells them in order', () => {
  const bus = new EventBus(new FakeClock(), 7);
  const told: RillEvent[] = [];
  bus.listen((event) => told.push(event));
  for (let n = 0; n < 3; n++) bus.emit({ ...added, data: { n } });
  expect(told.map(({ id, data }) => [id, data?.n])).toEqual([
    [7, 0],
    [8, 1],
    [9, 2],
  ]);
  expect(bus.since(0)).toEqual(told);
});

it.each([
  ['nothing kept is older', 0, [3, 4, 5, 6]],
  ['one of them', 4, [5, 6]],
  ['the newest', 6, []],
  ['one still to come', 99, []],
])('keeps the newest and gives those after an id: %s', (_, after, ids) => {
  const bus = new EventBus(new FakeClock(), 1, 4);
  for (let n = 0; n < 6; n++) bus.emit(added);
  expect(bus.since(after).map(({ id }) => id)).toEqual(ids);
});

it('goes on when a listener fails, and calls that one no more', () => {
  const bus = new EventBus(new FakeClock());
  const told: number[] = [];
  let calls = 0;
  bus.listen(() => {
    calls++;
    throw new Error('gone');
  });
  bus.listen(({ id }) => told.push(id));
  bus.emit(added);
  bus.emit(added);
  expect([calls, told]).toEqual([1, [1, 2]]);
});

it('tells no more to whoever stopped listening', () => {
  const bus = new EventBus(new FakeClock());
  const told: number[] = [];
  const stop = bus.listen(({ id }) => told.push(id));
  bus.emit(added);
  stop();
  bus.emit(added);
  expect(told).toEqual([1]);
});

it('has the category before the colon', () => {
  expect(categoryOf('storage:pressure')).toBe('storage');
});
