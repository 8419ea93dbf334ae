import { createStore, get, set } from 'idb-keyval';
import { describe, expect, it, vi } from 'vitest';
import type { CooldownRecord } from '../../../../../../workers/engine/model/cooldown-store.ts';
import { IdbCooldowns } from '../../../../../../workers/engine/storage/catalogue/idb-cooldowns.ts';
import { hashOf } from '../../../../../support/catalogue-records.ts';
import { FakeClock } from '../../../../../support/fake-clock.ts';
import { BROKEN } from './catalogue-scene.ts';

let scenes = 0;

function setUp(openStore = createStore) {
  const prefix = `rill-test-cooldowns-${Date.now()}-${++scenes}`;
  const log = vi.fn();
  const clock = new FakeClock();
  const open = () => new IdbCooldowns({ log, clock, openStore }, prefix);
  return { log, clock, open, raw: createStore(`${prefix}-cooldowns`, 'cooldowns') };
}

const record = (change: Partial<CooldownRecord> = {}): CooldownRecord => ({
  infoHash: hashOf(1),
  name: 'A film',
  reason: 'no-peers',
  attempts: 1,
  sinceMs: 1_000,
  untilMs: 301_000,
  ...change,
});

describe('failures in IndexedDB', () => {
  it('are there again after a reload, as they were saved last', async () => {
    const { open } = setUp();
    const cooldowns = open();
    expect(await cooldowns.read()).toEqual([]);
    const last = [record({ attempts: 2 }), record({ infoHash: hashOf(2), reason: 'timeout' })];
    await Promise.all([cooldowns.save([record()]), cooldowns.save([]), cooldowns.save(last)]);
    expect(await open().read()).toEqual(last);
  });

  it.each([
    ['of another version', { version: 2, cooldowns: [record()] }, []],
    ['of no shape', 'text', []],
    ['with an entry that is damaged', { version: 1, cooldowns: [{}, record()] }, [record()]],
  ])('%s are read as far as they can be', async (_, stored, read) => {
    const { open, raw } = setUp();
    await open().save([]);
    await set('cooldowns', stored, raw);
    expect(await open().read()).toEqual(read);
  });

  it('cost nothing but themselves when the database fails', async () => {
    const { open, log } = setUp(() => BROKEN);
    await open().save([record()]);
    expect(await open().read()).toEqual([]);
    expect(log).toHaveBeenCalledTimes(2);
  });

  it('are not waited for when the database does not open', async () => {
    const { open, clock } = setUp(() => () => new Promise<never>(() => undefined));
    const reading = open().read();
    clock.advance(3_000);
    expect(await reading).toEqual([]);
  });

  it('keep a version with them', async () => {
    const { open, raw } = setUp();
    await open().save([record()]);
    expect(await get('cooldowns', raw)).toEqual({ version: 1, cooldowns: [record()] });
  });
});
