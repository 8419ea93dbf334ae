import { SvelteMap } from 'svelte/reactivity';
import { describe, expect, it, test } from 'vitest';
import { EventList, namesOf, toJsonLines } from '../../../../src/activity/event-list.svelte.ts';
import type { RillEvent } from '../../../../workers/contract/events.ts';
import { hashOf } from '../../../support/fake-engine.ts';

const [one, other] = [hashOf('1'), hashOf('2')];

const event = (id: number, change: Partial<RillEvent> = {}): RillEvent => ({
  id,
  at: '2026-11-21T10:00:00.000Z',
  kind: 'torrent:added',
  infoHash: null,
  message: `event ${id}`,
  ...change,
});
const many = (count: number) => Array.from({ length: count }, (_, index) => event(index + 1));
const idsOf = (events: readonly RillEvent[]) => events.map(({ id }) => id);

/** A list over events that a test adds to. */
function listOver(events: RillEvent[], infoHash: string | null = null) {
  const log = new SvelteMap([['all', events]]);
  const all = () => log.get('all') ?? [];
  const list = new EventList(all, () => infoHash);
  return { list, add: (...more: RillEvent[]) => log.set('all', [...all(), ...more]) };
}

describe('what is listed', () => {
  const events = [
    event(1, { infoHash: one }),
    event(2, { kind: 'torrent:piece', infoHash: one }),
    event(3, { kind: 'torrent:progress', infoHash: other }),
    event(4, { kind: 'peer:banned', infoHash: other }),
    event(5, { kind: 'session:started' }),
  ];

  it('is newest first, without every piece and step', () => {
    const { list } = listOver(events);
    expect(idsOf(list.rows)).toEqual([5, 4, 1]);
    list.hasDetails = true;
    expect(idsOf(list.rows)).toEqual([5, 4, 3, 2, 1]);
  });

  it('is of one category, or of one torrent', () => {
    const { list } = listOver(events);
    list.category = 'peer';
    expect(idsOf(list.rows)).toEqual([4]);
    list.category = 'queue';
    expect(list.rows).toEqual([]);
    const its = listOver(events, other).list;
    its.hasDetails = true;
    expect(idsOf(its.rows)).toEqual([4, 3]);
  });
});

describe('pages', () => {
  it('hold a hundred each, to the oldest and back', () => {
    const { list } = listOver(many(250));
    expect([list.rows.length, list.newerCount, list.hasOlder]).toEqual([100, 0, true]);
    list.older();
    expect([list.rows[0]!.id, list.newerCount]).toEqual([150, 100]);
    list.older();
    expect([list.rows.length, list.newerCount, list.hasOlder]).toEqual([50, 200, false]);
    list.older();
    expect(list.rows).toHaveLength(50);
    list.newer();
    list.newer();
    expect([list.rows[0]!.id, list.newerCount]).toEqual([250, 0]);
  });

  it('stand still while more happens, except the newest', () => {
    const { list, add } = listOver(many(150));
    add(event(151));
    expect(list.rows[0]!.id).toBe(151);
    list.older();
    const before = idsOf(list.rows);
    add(...many(300).slice(151));
    expect(idsOf(list.rows).slice(0, before.length)).toEqual(before);
    expect(list.newerCount).toBe(249);
  });

  it('begin anew with another choice', () => {
    const { list } = listOver(many(250));
    list.older();
    list.category = 'torrent';
    expect(list.newerCount).toBe(0);
  });
});

test('a torrent keeps its name when it is gone, and the newest counts', () => {
  const names = namesOf([
    event(1, { infoHash: one, data: { name: one } }),
    event(2, { infoHash: one, data: { name: 'Film' } }),
    event(3, { infoHash: other, data: { pieces: 1 } }),
    event(4, { data: { name: 'nobody' } }),
  ]);
  expect([...names]).toEqual([[one, 'Film']]);
});

test('JSON lines are oldest first, one event each', () => {
  const text = new TextDecoder().decode(toJsonLines([event(2, { message: 'a\nb' }), event(1)]));
  const lines = text.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([1, 2]);
});
