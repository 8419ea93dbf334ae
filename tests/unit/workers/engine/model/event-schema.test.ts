import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { readEventPage, readUnusedId } from '../../../../../workers/engine/model/event-schema.ts';

/** As version 1 wrote it. */
const stored = JSON.parse(
  readFileSync(new URL('../../../../fixtures/catalogue/events-v1.json', import.meta.url), 'utf8'),
);

test('a page of each version is read as it was written', () => {
  expect(readEventPage(stored)).toEqual({ events: stored.events, isWhole: true });
});

it.each([
  ['no id', { id: undefined }],
  ['an id below 1', { id: 0 }],
  ['no time', { at: 'yesterday' }],
  ['a kind of no category', { kind: 'weather:rain' }],
  ['no kind', { kind: 7 }],
  ['an info hash that is none', { infoHash: 'AB' }],
  ['no message', { message: null }],
  ['data that is no figure', { data: { deep: { er: 1 } } }],
])('leaves out an event with %s, and no other', (_, change) => {
  const [first, ...rest] = stored.events;
  const page = { ...stored, events: [{ ...first, ...change }, ...rest] };
  expect(readEventPage(page)).toEqual({ events: rest, isWhole: false });
});

it.each([undefined, null, 7, {}, { version: 2, events: [] }, { version: 1, events: 'x' }])(
  'reads nothing of %j',
  (value) => expect(readEventPage(value)).toEqual({ events: [], isWhole: false }),
);

test('a kind that only another version knows is kept', () => {
  const [first] = stored.events;
  const event = { ...first, kind: 'torrent:dreamt' };
  expect(readEventPage({ version: 1, events: [event] }).events).toEqual([event]);
});

it.each([
  [100_001, 100_001],
  [0, null],
  ['1', null],
  [undefined, null],
])('reads %j as the unused id %j', (value, id) => expect(readUnusedId(value)).toBe(id));
