import { describe, expect, it } from 'vitest';
import { ReadCache } from '../../../../../workers/engine/storage/read-cache.ts';

const [a, b] = [{}, {}];
const line = (sizeBytes = 10) => new Uint8Array(sizeBytes);

describe('read cache', () => {
  it('lets the least recently used line go first, whoever owns it', () => {
    const cache = new ReadCache(30);
    cache.put(a, 1, line());
    cache.put(b, 1, line());
    cache.put(a, 2, line());
    expect(cache.get(a, 1)).toBeDefined();
    cache.put(b, 2, line());
    expect([cache.get(a, 1), cache.get(b, 1)].map(Boolean)).toEqual([true, false]);
    expect(cache.bytes).toBe(30);
  });

  it.each([
    ['a line of the limit', 30, 30],
    ['no line over the limit', 31, 0],
  ])('keeps %s', (_, sizeBytes, kept) => {
    const cache = new ReadCache(30);
    cache.put(a, 1, line(sizeBytes));
    expect(cache.bytes).toBe(kept);
  });

  it('counts a line that is put again once', () => {
    const cache = new ReadCache(30);
    cache.put(a, 1, line(20));
    cache.put(a, 1, line(25));
    expect([cache.bytes, cache.get(a, 1)?.length]).toEqual([25, 25]);
  });

  it('shrinks at once when its limit does, and is empty at a limit of 0', () => {
    const cache = new ReadCache(30);
    for (const number of [1, 2, 3]) cache.put(a, number, line());
    cache.setLimit(15);
    expect([cache.bytes, cache.get(a, 3)?.length]).toEqual([10, 10]);
    cache.setLimit(0);
    expect([cache.bytes, cache.get(a, 3)]).toEqual([0, undefined]);
  });

  it('drops one line, or all of one owner', () => {
    const cache = new ReadCache(100);
    for (const owner of [a, b]) for (const number of [1, 2]) cache.put(owner, number, line());
    cache.drop(a, 1);
    cache.drop(a, 7);
    expect(cache.bytes).toBe(30);
    cache.dropOwner(b);
    cache.dropOwner({});
    expect([cache.bytes, cache.get(b, 2), cache.get(a, 2)?.length]).toEqual([10, undefined, 10]);
  });
});
