/** Whoever comes back with the id of the last event misses none that is still in the log, and gets none twice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventPage } from '../../../../../workers/contract/events.ts';
import { EventLog } from '../../../../../workers/engine/application/event-log.ts';
import { fakeDeps } from '../../../../support/fake-clock.ts';
import { FakeStorage } from '../../../../support/fake-storage.ts';

const CAPACITY = 20;

type Step =
  | { readonly kind: 'emit'; readonly lasts: boolean; readonly count: number }
  | { readonly kind: 'read'; readonly limit: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'restart' };

const steps = fc.array<Step>(
  fc.oneof(
    fc.record({
      kind: fc.constant('emit' as const),
      lasts: fc.boolean(),
      count: fc.integer({ min: 1, max: 15 }),
    }),
    fc.record({ kind: fc.constant('read' as const), limit: fc.integer({ min: 1, max: 12 }) }),
    fc.constantFrom<Step>({ kind: 'flush' }, { kind: 'restart' }),
  ),
  { maxLength: 60 },
);

/** A log that is restarted at will, and all ids it ever gave. */
class World {
  readonly given: number[] = [];
  storage = new FakeStorage();
  log!: EventLog;

  async start(): Promise<void> {
    this.storage = new FakeStorage(this.storage.disk);
    this.log = await EventLog.open(this.storage.events, fakeDeps(), CAPACITY);
  }

  async ask(since: number, limit: number): Promise<EventPage> {
    const answer = await this.log.answer(since, limit, 0);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  }

  async emit(lasts: boolean): Promise<void> {
    const kind = lasts ? 'torrent:error' : 'torrent:piece';
    this.log.emit({ kind, infoHash: null, message: '' });
    const newest = await this.ask(this.given.at(-1) ?? 0, 2_000);
    this.given.push(newest.events.at(-1)!.id);
  }

  /** Everything that is here now. */
  async here(): Promise<number[]> {
    return (await this.ask(0, 2_000)).events.map(({ id }) => id);
  }
}

async function play(script: readonly Step[]): Promise<void> {
  const world = new World();
  await world.start();
  const got: number[] = [];
  let next = 0;
  for (const step of script) {
    if (step.kind === 'emit') {
      for (let n = 0; n < step.count; n++) await world.emit(step.lasts);
    } else if (step.kind === 'flush') await world.log.flush();
    else if (step.kind === 'restart') await world.start();
    else {
      const page = await world.ask(next, step.limit);
      const ids = page.events.map(({ id }) => id);
      const between = world.given.filter((id) => id > next && id <= page.next);
      // Without a gap it is all there ever was; with one, all of it that is still here.
      if (!page.isGap) expect(ids).toEqual(between);
      const here = await world.here();
      expect(ids).toEqual(here.filter((id) => id > next).slice(0, step.limit));
      got.push(...ids);
      next = page.next;
    }
  }
  for (const list of [got, world.given]) {
    expect(list).toEqual([...new Set(list)].toSorted((a, b) => a - b));
  }
}

test('a reader that comes back at random, over restarts', async () => {
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: 200 });
});
