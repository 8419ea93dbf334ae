/**
 * What happened, for whoever asks by id: the newest events of every kind in memory, and the newest of those that matter
 * later also in storage.
 *
 * Invariants:
 * - Ids grow with every event, over restarts too: a block of them is reserved in storage before it is used up, and a start
 *   begins after all that were reserved.
 * - Who asks again with the `next` of the last answer gets each event that is still here once, in order, and is told
 *   (`isGap`) when something that came between is not here any more.
 * - Storage that fails or does not answer holds up nothing: what could not be written is tried again with the next flush, and
 *   the oldest of it is given up when there is too much.
 */
import { ok, type Result } from '../../contract/errors.ts';
import type { EventKind, EventPage, NewEvent, RillEvent } from '../../contract/events.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { TorrentEvent } from '../../contract/snapshot.ts';
import type { Deps } from '../model/deps.ts';
import { KEPT_EVENTS, type EventStore, type StoredEvents } from '../model/event-store.ts';
import { checkEventQuery, type EventQuery } from './commands.ts';
import { EventBus } from './event-bus.ts';
import { errorHistory } from './torrent-log.ts';

/** At 10,000 events a second storage has five seconds to reserve the next block. */
const BLOCK_IDS = 100_000;
const STORE_PATIENCE_MS = 3_000;
/** What comes within this time goes to a reader that waits in one answer. */
const GATHER_MS = 50;

/** Soon out of date and many: a torrent of a thousand pieces would push out a month of everything else. */
const PASSING: ReadonlySet<EventKind> = new Set([
  'torrent:progress',
  'torrent:piece',
  'tracker:state',
]);

export class EventLog {
  readonly #bus: EventBus;
  readonly #capacity: number;
  readonly #store: EventStore;
  readonly #deps: Pick<Deps, 'clock' | 'log'>;
  /** Of lasting kinds, oldest first, also from earlier starts. */
  #lasting: RillEvent[];
  /** Of those, what is not in storage yet. */
  #unwritten: RillEvent[] = [];
  /** Ids below this one are reserved. */
  #reservedId: number;
  readonly #errors: ReturnType<typeof errorHistory>;
  #isReserving = false;
  #hasFailed = false;
  #writing: Promise<void> = Promise.resolve();
  readonly #waiting = new Set<() => void>();

  private constructor(
    store: EventStore,
    deps: Pick<Deps, 'clock' | 'log'>,
    { events, unusedId }: StoredEvents,
    capacity: number,
  ) {
    this.#store = store;
    this.#deps = deps;
    // Without a memory the time of day in microseconds grows over restarts, and faster than events come.
    const firstId = unusedId ?? deps.clock.now() * 1000;
    this.#capacity = capacity;
    this.#bus = new EventBus(deps.clock, firstId, capacity);
    this.#reservedId = firstId;
    this.#lasting = events.slice(-capacity);
    this.#errors = errorHistory(events);
    this.#bus.listen((event) => this.#entered(event));
  }

  /** Reads what is kept and reserves ids; goes on without when storage does not answer. Never rejects. */
  static async open(
    store: EventStore,
    deps: Pick<Deps, 'clock' | 'log'>,
    capacity = KEPT_EVENTS,
  ): Promise<EventLog> {
    const nothing: StoredEvents = { events: [], unusedId: null };
    const reading = store.read().catch((error: unknown) => {
      deps.log('warning', 'the event log could not be read', error);
      return nothing;
    });
    const log = new EventLog(store, deps, await inTime(deps, reading, nothing), capacity);
    await inTime(deps, log.#reserve(), undefined);
    return log;
  }

  emit(event: NewEvent): void {
    this.#bus.emit(event);
  }

  /** What went wrong with the torrent at earlier starts, newest first. */
  errorsOf(infoHash: InfoHash): readonly TorrentEvent[] {
    return this.#errors.get(infoHash) ?? [];
  }

  /**
   * `Engine.events`. With `waitMs` an answer that is not full comes after a moment in which more may come, so that who asks
   * again and again asks twenty times a second at most.
   */
  async answer(since: unknown, limit: unknown, waitMs: unknown): Promise<Result<EventPage>> {
    const query = checkEventQuery(since, limit, waitMs);
    return query.ok ? ok(await this.#events(query.value)) : query;
  }

  /** Writes down what is not in storage yet; resolves when that is done, or has failed or takes too long. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return inTime(this.#deps, this.#writing, undefined);
  }

  async #events({ since, limit, waitMs }: EventQuery): Promise<EventPage> {
    const from = since ?? this.#bus.newestId;
    const now = this.#page(from, limit);
    if (waitMs === 0 || now.isGap || now.events.length >= limit) return now;
    if (now.events.length === 0 && !(await this.#come(waitMs))) return now;
    await new Promise<void>((resolve) => this.#deps.clock.after(GATHER_MS, resolve));
    return this.#page(from, limit);
  }

  #page(since: number, limit: number): EventPage {
    const bus = this.#bus;
    // An id that was never given: of another profile, or of one whose data was cleared.
    const isForeign = since > bus.newestId;
    const from = isForeign ? 0 : since;
    const isGap = isForeign || from < bus.oldestId - 1;
    const older = isGap ? this.#lastingBetween(from, bus.oldestId).slice(0, limit) : [];
    const events = [...older, ...bus.since(from, limit - older.length)];
    return { events, next: events.at(-1)?.id ?? from, isGap };
  }

  #lastingBetween(afterId: number, beforeId: number): readonly RillEvent[] {
    return this.#lasting.filter(({ id }) => id > afterId && id < beforeId);
  }

  #entered(event: RillEvent): void {
    if (!PASSING.has(event.kind)) {
      for (const list of [this.#lasting, this.#unwritten]) {
        list.push(event);
        // In steps: to move ten thousand for each one that comes would cost more than all the rest.
        if (list.length > this.#capacity * 1.1) list.splice(0, list.length - this.#capacity);
      }
    }
    if (this.#reservedId - event.id < BLOCK_IDS / 2) void this.#reserve();
    for (const wake of this.#waiting) wake();
  }

  /** Resolves with whether an event came in that time. */
  #come(waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (hasCome: boolean) => {
        cancel();
        this.#waiting.delete(wake);
        resolve(hasCome);
      };
      const wake = () => settle(true);
      const cancel = this.#deps.clock.after(waitMs, () => settle(false));
      this.#waiting.add(wake);
    });
  }

  async #write(): Promise<void> {
    const events = this.#unwritten;
    if (events.length === 0) return;
    this.#unwritten = [];
    try {
      await this.#store.append(events);
      this.#hasFailed = false;
    } catch (error) {
      this.#unwritten = [...events, ...this.#unwritten].slice(-this.#capacity);
      this.#failed(error);
    }
  }

  async #reserve(): Promise<void> {
    if (this.#isReserving) return;
    this.#isReserving = true;
    const unusedId = this.#bus.newestId + 1 + BLOCK_IDS;
    try {
      await this.#store.reserve(unusedId);
      this.#reservedId = unusedId;
    } catch (error) {
      // Not with each event: the next block is tried when half of this one would be gone.
      this.#reservedId = unusedId;
      this.#failed(error);
    } finally {
      this.#isReserving = false;
    }
  }

  /** Once, until it works again: the next flush is seconds away. */
  #failed(error: unknown): void {
    if (!this.#hasFailed) this.#deps.log('warning', 'the event log could not be saved', error);
    this.#hasFailed = true;
  }
}

/** What comes of the promise, or `otherwise` when that takes longer than storage is waited for. */
async function inTime<T>(
  { clock }: Pick<Deps, 'clock'>,
  promise: Promise<T>,
  otherwise: T,
): Promise<T> {
  let cancel = () => {};
  const late = new Promise<T>((resolve) => {
    cancel = clock.after(STORE_PATIENCE_MS, () => resolve(otherwise));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
