import type { RillError } from '../../workers/contract/errors.ts';
import type { EventPage, RillEvent } from '../../workers/contract/events.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';
import type { Later } from '../ui/later.ts';

const PAGE_EVENTS = 2_000;
const WAIT_MS = 25_000;
/** Nobody reads faster than four times a second. */
const REST_MS = 250;
/** The engine may be on its way to another tab. */
const RETRY_MS = 2_000;
/** As many as the engine has: ten thousand of all kinds, and as many of those that last. */
const KEPT_EVENTS = 20_000;

/** The event log as it grows, oldest first, for as long as somebody looks. */
export class EventWatch {
  #events = $state.raw<readonly RillEvent[]>([]);
  #error = $state.raw<RillError | null>(null);
  #isLoaded = $state(false);
  readonly #engine: Pick<EngineClient, 'call'>;
  readonly #later: Later;
  #next = 0;
  #isStopped = false;
  #stopTimer = () => {};

  constructor(engine: Pick<EngineClient, 'call'>, later: Later) {
    this.#engine = engine;
    this.#later = later;
    void this.#ask();
  }

  get events(): readonly RillEvent[] {
    return this.#events;
  }

  /** Why the log cannot be read now; what was read stays. */
  get error(): RillError | null {
    return this.#error;
  }

  /** All that was in the log is here. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }

  async #ask(): Promise<void> {
    const waitMs = this.#isLoaded ? WAIT_MS : 0;
    const page = await this.#engine.call((engine) =>
      engine.events(this.#next, PAGE_EVENTS, waitMs),
    );
    if (this.#isStopped) return;
    this.#error = page.ok ? null : page.error;
    if (page.ok) this.#take(page.value);
    const isFull = page.ok && page.value.events.length === PAGE_EVENTS;
    const restMs = page.ok ? (isFull ? 0 : REST_MS) : RETRY_MS;
    this.#stopTimer = this.#later(restMs, () => void this.#ask());
  }

  #take({ events, next }: EventPage): void {
    this.#next = next;
    if (events.length < PAGE_EVENTS) this.#isLoaded = true;
    const [first] = events;
    if (!first) return;
    // Lower ids are those of another log: the data of this page was cleared.
    const isAnother = first.id <= (this.#events.at(-1)?.id ?? 0);
    this.#events = [...(isAnother ? [] : this.#events), ...events].slice(-KEPT_EVENTS);
  }
}
