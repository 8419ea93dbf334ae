/**
 * `GET /api/events?since=ID`: the event log as server-sent events: what is still in it after that id (without one: from now
 * on), then what comes. `Last-Event-ID` goes before `since`. An `EventSource` sends it when it connects again, but Chromium (156)
 * shows it to no service worker, and does not connect again at all when the body ends with an error or with the service worker:
 * a reader that wants to go on where it was asks with the last id itself (docs/API.md).
 * `GET /api/events.jsonl`, `?format=jsonl` or `Accept: application/jsonl`: what is in the log, as a file of JSON lines.
 */
import { fail, ok, type Result } from '../contract/errors.ts';
import type { EventPage } from '../contract/events.ts';
import type { ApiContext } from './api-context.ts';
import type { EngineCaller } from './engine-port.ts';
import { eventStream } from './event-stream.ts';
import { attachment, SAFETY_HEADERS } from './media-response.ts';

const PAGE_EVENTS = 1_000;
/** A comment is sent after as long a silence, so that whatever is in between does not take the connection for dead. */
const PING_MS = 15_000;
/** An engine that goes is asked for again after this: another tab takes over within three seconds. */
const RETRY_MS = 1_000;
/** The engine answers a question that waits no later than this, or it is not there any more. */
const ANSWER_MS = PING_MS + 8_000;

const JSON_LINES = 'application/jsonl';
const EVENT_STREAM = 'text/event-stream';

export async function readEvents(context: ApiContext): Promise<Result<Response>> {
  const { engine, request } = context;
  const query = new URL(request.url).searchParams;
  const accept = request.headers.get('Accept') ?? '';
  if (query.get('format') === 'jsonl' || accept.includes(JSON_LINES)) return exportEvents(context);
  const since = toEventId('since', request.headers.get('Last-Event-ID') ?? query.get('since'));
  if (!since.ok) return since;
  const first = await ask(engine, since.value, 0);
  // An EventSource takes any failure for the last word; an end it takes for a reason to connect again.
  if (!first.ok && !accept.includes(EVENT_STREAM)) return first;
  const pages = first.ok ? follow(engine, first.value) : [];
  const headers = { ...SAFETY_HEADERS, 'Content-Type': EVENT_STREAM, 'Cache-Control': 'no-store' };
  return ok(new Response(eventStream(pages, since.value), { headers }));
}

/** What is in the log after `since` (0 when it is not named), oldest first, one event a line. */
export async function exportEvents({ engine, request }: ApiContext): Promise<Result<Response>> {
  const since = toEventId('since', new URL(request.url).searchParams.get('since') ?? '0');
  if (!since.ok) return since;
  const lines: string[] = [];
  let next = since.value;
  for (;;) {
    const page = await ask(engine, next, 0);
    if (!page.ok) return page;
    for (const event of page.value.events) lines.push(`${JSON.stringify(event)}\n`);
    if (page.value.events.length < PAGE_EVENTS) break;
    ({ next } = page.value);
  }
  const bytes = new TextEncoder().encode(lines.join(''));
  const headers = {
    ...SAFETY_HEADERS,
    'Content-Type': JSON_LINES,
    'Content-Length': String(bytes.byteLength),
    'Content-Disposition': attachment('rill-events.jsonl'),
    'Cache-Control': 'no-store',
  };
  return ok(new Response(bytes, { headers }));
}

/**
 * Page after page, from `first` on; a question is out only while somebody reads. When the engine goes this waits for the next
 * one: an `EventSource` that had to connect again would lose its place.
 */
async function* follow(engine: EngineCaller, first: EventPage): AsyncGenerator<EventPage> {
  let page = first;
  for (;;) {
    yield page;
    const answer = await ask(engine, page.next, PING_MS);
    if (answer.ok) page = answer.value;
    else {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      page = { events: [], next: page.next, isGap: false };
    }
  }
}

function ask(
  engine: EngineCaller,
  since: number | null,
  waitMs: number,
): Promise<Result<EventPage>> {
  return engine.call((calls) => calls.events(since, PAGE_EVENTS, waitMs), ANSWER_MS);
}

/** The id of an event, 0 for before the first; `null` for none. */
function toEventId(field: string, text: string | null): Result<number | null> {
  if (text === null) return ok(null);
  const id = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(id)) return ok(id);
  const message = `The field "${field}" is the id of an event, a whole number from 0.`;
  return fail('bad-request', message, { field });
}
