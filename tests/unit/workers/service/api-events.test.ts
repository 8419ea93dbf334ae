import { describe, expect, it, vi } from 'vitest';
import type { EventPage, RillEvent } from '../../../../workers/contract/events.ts';
import { fail, ok, type Result } from '../../../../workers/contract/errors.ts';
import type { EngineCalls, EngineCaller } from '../../../../workers/service/engine-port.ts';
import { createLocalApi } from '../../../../workers/service/local-api.ts';
import { until } from '../../../support/fake-clock.ts';
import { callerOf, noCaller, requestFor } from './fakes.ts';

const event = (id: number, message = 'Added.'): RillEvent => ({
  id,
  at: '2026-11-21T10:00:00.000Z',
  kind: 'torrent:added',
  infoHash: null,
  message,
});

/** A log that a test fills; a question that waits is answered with the next page that is put into it. */
class FakeLog {
  events: RillEvent[] = [];
  readonly asked: (readonly [number | null, number])[] = [];
  #waiting: ((page: Result<EventPage>) => void) | null = null;

  readonly calls: Partial<EngineCalls> = {
    events: async (since, limit, waitMs = 0) => {
      this.asked.push([since, waitMs]);
      const page = this.#page(since ?? this.events.at(-1)?.id ?? 0, limit);
      if (waitMs === 0 || page.events.length > 0) return ok(page);
      return new Promise((resolve) => (this.#waiting = resolve));
    },
  };

  /** Answers the question that waits, as soon as there is one. */
  async answer(page: Result<EventPage>): Promise<void> {
    await until(() => this.#waiting !== null, 'a question');
    this.#waiting!(page);
    this.#waiting = null;
  }

  #page(since: number, limit: number): EventPage {
    const events = this.events.filter(({ id }) => id > since).slice(0, limit);
    const oldest = this.events[0]?.id ?? 1;
    return { events, next: events.at(-1)?.id ?? since, isGap: since < oldest - 1 };
  }
}

function ask(
  engine: Partial<EngineCalls> | EngineCaller,
  path: string,
  headers: Record<string, string> = {},
) {
  const caller = 'call' in engine ? (engine as EngineCaller) : callerOf(engine);
  return createLocalApi(caller)(
    requestFor(`api/${path}`, { headers }),
    path.split('?')[0]!.split('/'),
  );
}

/** Reads a body a chunk at a time. */
function chunksOf(response: Response) {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? null : decoder.decode(value);
    },
    cancel: () => reader.cancel(),
  };
}

const RETRY = 'retry: 2000\n\n';
const textOf = (one: RillEvent) =>
  `id: ${one.id}\nevent: ${one.kind}\ndata: ${JSON.stringify(one)}\n\n`;

describe('GET /api/events', () => {
  it('replays what came after the id, then goes on with what comes', async () => {
    const log = new FakeLog();
    log.events = [event(1), event(2), event(3, 'Two\nlines.')];
    const response = await ask(log.calls, 'events?since=1');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const chunks = chunksOf(response);
    expect(await chunks.next()).toBe(RETRY);
    expect(await chunks.next()).toBe(textOf(event(2)) + textOf(event(3, 'Two\nlines.')));
    const coming = chunks.next();
    await log.answer(ok({ events: [event(4)], next: 4, isGap: false }));
    expect(await coming).toBe(textOf(event(4)));
    expect(log.asked).toEqual([
      [1, 0],
      [3, 15_000],
    ]);
    await chunks.cancel();
  });

  it('begins with what comes when it is not asked for more', async () => {
    const log = new FakeLog();
    log.events = [event(7)];
    const chunks = chunksOf(await ask(log.calls, 'events'));
    expect([await chunks.next(), await chunks.next()]).toEqual([RETRY, ': ping\n\n']);
    expect(log.asked).toEqual([[null, 0]]);
    await chunks.cancel();
  });

  it('takes Last-Event-ID before since, as a reader that connects again sends both', async () => {
    const log = new FakeLog();
    await ask(log.calls, 'events?since=1', { 'Last-Event-ID': '9' });
    expect(log.asked).toEqual([[9, 0]]);
  });

  it('says once where events are missing, and gives the gap no id', async () => {
    const pages: EventPage[] = [
      { events: [event(40)], next: 40, isGap: true },
      { events: [event(50)], next: 50, isGap: true },
      { events: [event(51)], next: 51, isGap: false },
      { events: [event(90)], next: 90, isGap: true },
    ];
    const chunks = chunksOf(
      await ask({ events: async () => ok(pages.shift()!) }, 'events?since=5'),
    );
    await chunks.next();
    const gap = await chunks.next();
    expect(gap).toMatch(
      /^event: gap\ndata: \{"after":5,"before":40,"message":"[^"]+\."\}\n\nid: 40\n/,
    );
    expect(await chunks.next()).toBe(textOf(event(50)));
    expect(await chunks.next()).toBe(textOf(event(51)));
    expect(await chunks.next()).toContain('{"after":51,"before":90,');
    await chunks.cancel();
  });

  it('says something every fifteen seconds when there is nothing to say', async () => {
    const log = new FakeLog();
    const chunks = chunksOf(await ask(log.calls, 'events?since=0'));
    await chunks.next();
    await chunks.next();
    const silence = chunks.next();
    await log.answer(ok({ events: [], next: 0, isGap: false }));
    expect(await silence).toBe(': ping\n\n');
    await chunks.cancel();
  });

  it('goes on where it was when the engine goes and comes again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log = new FakeLog();
    const chunks = chunksOf(await ask(log.calls, 'events?since=0'));
    await chunks.next();
    await chunks.next();
    const silence = chunks.next();
    await log.answer(fail('engine-starting', 'gone'));
    await until(() => vi.getTimerCount() > 0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await silence).toBe(': ping\n\n');
    const coming = chunks.next();
    await log.answer(ok({ events: [event(1)], next: 1, isGap: false }));
    expect(await coming).toBe(textOf(event(1)));
    expect(log.asked.at(-1)).toEqual([0, 15_000]);
    await chunks.cancel();
    vi.useRealTimers();
  });

  it('asks no more once the reader has gone, and never before it reads', async () => {
    const log = new FakeLog();
    const response = await ask(log.calls, 'events?since=0');
    expect(log.asked).toHaveLength(1);
    const chunks = chunksOf(response);
    await chunks.next();
    await chunks.next();
    const last = chunks.next();
    await until(() => log.asked.length === 2);
    await chunks.cancel();
    await log.answer(ok({ events: [event(1)], next: 1, isGap: false }));
    expect(await last).toBeNull();
    await Promise.resolve();
    expect(log.asked).toHaveLength(2);
  });

  it('without an engine is a 503, and to an EventSource an end after which it comes back', async () => {
    const plain = await ask(noCaller, 'events');
    expect([plain.status, plain.headers.get('Retry-After')]).toEqual([503, '2']);
    const patient = await ask(noCaller, 'events', { Accept: 'text/event-stream' });
    expect(patient.status).toBe(200);
    expect(await patient.text()).toBe(RETRY);
  });

  it.each(['-1', 'x', '1.5', '', '9007199254740993'])('refuses since=%j by name', async (since) => {
    const response = await ask(new FakeLog().calls, `events?since=${since}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { kind: 'bad-request', field: 'since' } });
  });
});

describe('the log as JSON lines', () => {
  it.each([
    ['events.jsonl', {}],
    ['events?format=jsonl', {}],
    ['events', { Accept: 'application/jsonl' }],
  ])('%s', async (path, headers) => {
    const log = new FakeLog();
    log.events = [event(1), event(2)];
    const response = await ask(log.calls, path, headers);
    expect(response.headers.get('Content-Type')).toBe('application/jsonl');
    expect(response.headers.get('Content-Disposition')).toContain('rill-events.jsonl');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(log.events);
  });

  it('has all of it, however long it is, from the id that is named', async () => {
    const log = new FakeLog();
    log.events = Array.from({ length: 2_500 }, (_, index) => event(index + 1));
    const lines = (await (await ask(log.calls, 'events.jsonl?since=100')).text()).trimEnd();
    expect(lines.split('\n')).toHaveLength(2_400);
    expect(log.asked.map(([since]) => since)).toEqual([100, 1_100, 2_100]);
  });

  it('is empty when nothing happened, and fails when there is no engine', async () => {
    expect(await (await ask(new FakeLog().calls, 'events.jsonl')).text()).toBe('');
    expect((await ask(noCaller, 'events.jsonl')).status).toBe(503);
  });
});
