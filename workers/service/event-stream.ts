/**
 * Pages of the event log as `text/event-stream` (HTML standard, "Server-sent events"), made while it is read.
 *
 * Invariants: a page is asked for only when the reader has taken the one before, so nothing piles up here for one that is slow
 * or gone: what it misses it is told of by an event `gap`; the body ends when there are no more pages.
 */
import type { EventPage, RillEvent } from '../contract/events.ts';

/** After its end an `EventSource` comes back that much later, milliseconds: an engine that moves to another tab needs as long. */
const RETRY_MS = 2_000;

type Pages = AsyncIterable<EventPage> | Iterable<EventPage>;

/** @param since what the reader asked for, `null` for nothing in particular */
export function eventStream(
  pages: Pages,
  since: number | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const texts = textsOf(pages, since);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      // A question that is out is answered in its time, and nobody waits for that.
      cancel: () => void texts.return(),
    },
    { highWaterMark: 0 },
  );
}

async function* textsOf(pages: Pages, since: number | null): AsyncGenerator<string, void> {
  yield `retry: ${RETRY_MS}\n\n`;
  let position = since;
  let isBehind = false;
  for await (const { events, next, isGap } of pages) {
    // A page that fills up the next one has the same gap.
    const gap = isGap && !isBehind ? [gapText(position, events[0]?.id ?? null)] : [];
    isBehind = isGap;
    position = next;
    yield [...gap, ...events.map(eventText)].join('') || ': ping\n\n';
  }
}

/** It has no id, so that a reader that is cut off after it asks for the same again. */
function gapText(after: number | null, before: number | null): string {
  const message =
    'Events between these two are not in the log any more. Read the present state anew.';
  return `event: gap\ndata: ${JSON.stringify({ after, before, message })}\n\n`;
}

/** JSON has no line breaks of its own. */
function eventText(event: RillEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}
