import { expect, test } from 'vitest';
import { FairQueue } from '../../../../../workers/engine/protocol/fair-queue.ts';

interface One {
  readonly name: string;
  isUrgent: boolean;
}

const one = (name: string, isUrgent = false): One => ({ name, isUrgent });
const anyone = () => true;

function queueOf(...members: readonly One[]): FairQueue<One> {
  const queue = new FairQueue<One>();
  for (const member of members) queue.add(member);
  return queue;
}

/** Who is served in the next turns, each taking as `bytes` says. */
function turns(queue: FairQueue<One>, count: number, bytes: (member: One) => number = () => 1) {
  let names = '';
  for (let n = 0; n < count; n++) {
    const next = queue.next(anyone, true)!;
    queue.served(next, bytes(next));
    names += next.name;
  }
  return names;
}

test('nobody waits: nobody is next', () => {
  expect(queueOf().next(anyone, true)).toBeNull();
  expect(queueOf(one('a')).next(() => false, true)).toBeNull();
});

test('equals take turns, first come first', () => {
  expect(turns(queueOf(one('a'), one('b'), one('c')), 9)).toBe('abcabcabc');
});

test('who takes more at once has its turn less often', () => {
  const queue = queueOf(one('A'), one('b'));
  const names = turns(queue, 40, ({ name }) => (name === 'A' ? 4 : 1));
  expect(names.replaceAll('b', '')).toHaveLength(8);
});

test('who comes late has no claim on what went before', () => {
  const queue = queueOf(one('a'));
  turns(queue, 1_000);
  queue.add(one('b'));
  expect(turns(queue, 6)).toBe('bababa');
});

test('leaving and coming again gains nothing', () => {
  const [a, b] = [one('a'), one('b')];
  const queue = queueOf(a, b);
  const bytes = { a: 0, b: 0 };
  for (let n = 0; n < 100; n++) {
    const next = queue.next(anyone, true)!;
    queue.served(next, 1);
    bytes[next.name as 'a' | 'b']++;
    queue.delete(a);
    queue.add(a);
  }
  expect(bytes).toEqual({ a: 50, b: 50 });
});

test('who may not go is passed over, and does not save up', () => {
  const queue = queueOf(one('a'), one('b'));
  for (let n = 0; n < 100; n++) {
    const next = queue.next(({ name }) => name === 'b', true)!;
    queue.served(next, 1);
  }
  expect(turns(queue, 6)).toBe('ababab');
});

test('who is urgent goes before others where urgency counts, and takes turns among its kind', () => {
  const queue = queueOf(one('a'), one('b', true), one('c', true));
  expect(turns(queue, 4)).toBe('bcbc');
  expect(queue.next(anyone, false)!.name).toBe('a');
});

test('one that waited behind urgent ones has an equal part afterwards, not all', () => {
  const [a, b] = [one('a'), one('b', true)];
  const queue = queueOf(a, b);
  turns(queue, 100);
  b.isUrgent = false;
  expect(turns(queue, 6)).toBe('ababab');
});
