/**
 * What a stored part of the event log must look like to be believed. A kind is known by its category alone: the log
 * outlives the version of Rill that wrote it, and a kind of another version is still worth reading.
 */
import * as v from 'valibot';
import type { EventCategory, RillEvent } from '../../contract/events.ts';
import { infoHash, instant } from './record-schema.ts';

const CATEGORIES = [
  'torrent',
  'peer',
  'tracker',
  'queue',
  'storage',
  'session',
] as const satisfies readonly EventCategory[];
const kind = v.custom<RillEvent['kind']>(
  (value) =>
    typeof value === 'string' &&
    /^[a-z]+:[a-z-]+$/.test(value) &&
    CATEGORIES.some((category) => value.startsWith(`${category}:`)),
  'must be a kind of event',
);
const figure = v.union([v.string(), v.number(), v.boolean(), v.null()]);
const event = v.object({
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  at: instant,
  kind,
  infoHash: v.nullable(infoHash),
  message: v.string(),
  data: v.exactOptional(v.record(v.string(), figure)),
});
const page = v.object({ version: v.literal(1), events: v.array(v.unknown()) });

/** A run of events as it is stored, oldest first. */
export interface StoredEventPage {
  readonly version: 1;
  readonly events: readonly RillEvent[];
}

export interface ReadPage {
  readonly events: readonly RillEvent[];
  /** Nothing else is in it, so that it may be written again. */
  readonly isWhole: boolean;
}

/** What can be read of a stored page; nothing of one that is none, or of another version. */
export function readEventPage(stored: unknown): ReadPage {
  const read = v.safeParse(page, stored);
  if (!read.success) return { events: [], isWhole: false };
  const values = read.output.events;
  const events = values.flatMap((value) => {
    const one = v.safeParse(event, value);
    return one.success ? [one.output] : [];
  });
  return { events, isWhole: events.length === values.length };
}

/** The id under `unusedId`, or `null` when it is none. */
export function readUnusedId(stored: unknown): number | null {
  const read = v.safeParse(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), stored);
  return read.success ? read.output : null;
}
