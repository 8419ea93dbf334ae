/**
 * Finds a port to the engine among the pages, for the service worker itself and for tabs that ask it
 * (contract/broker.ts draws the messages). Nothing here outlives an event that waits for it, so a service worker that
 * was stopped starts again with no memory and loses nothing.
 */
import { ENGINE_LOCK, type BrokerMessage } from '../contract/broker.ts';
import { fail, ok, type Result, type RillError } from '../contract/errors.ts';
import { withDeadline } from './deadline.ts';

/** What a page must be able to do; `Client` has it. */
export interface PageLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
}

export interface BrokerDeps {
  readonly locks: Pick<LockManager, 'query'>;
  /** Every open page of the origin, controlled or not. */
  readonly pages: () => Promise<readonly PageLike[]>;
  /** Name of a Web Lock that is held while this service worker runs, so that an engine notices its end. */
  readonly aliveLock: string;
}

type EngineWanted = Extract<BrokerMessage, { kind: 'engine-wanted' }>;
type PortClient = Omit<
  Extract<BrokerMessage, { kind: 'engine-port-wanted' }>,
  'kind' | 'requestId'
>;

/** A leading page answers at once or, while its engine starts, within this. */
export const PORT_TIMEOUT_MS = 4000;

interface Waiting {
  readonly question: BrokerMessage;
  settle(answer: Result<MessagePort>): void;
}

export class Broker {
  readonly #deps: BrokerDeps;
  readonly #waiting = new Map<string, Waiting>();

  constructor(deps: BrokerDeps) {
    this.#deps = deps;
  }

  /** Names the page that runs the engine, or `null` when none does. The name is only good for comparing. */
  async leader(): Promise<string | null> {
    const { held = [] } = await this.#deps.locks.query();
    const lock = held.find(({ name }) => name === ENGINE_LOCK);
    return lock ? (lock.clientId ?? 'unnamed') : null;
  }

  /**
   * Asks every page for a fresh port, for a client (by default ourselves). Fails with
   * `engine-starting`: at once when no page leads, else in 4 s; and with the leader's reason when its engine cannot run.
   */
  async requestPort(
    client: PortClient = { aliveLock: this.#deps.aliveLock, origin: 'script' },
  ): Promise<Result<MessagePort>> {
    if ((await this.leader()) === null) return noEngine();
    const requestId = crypto.randomUUID();
    const question: BrokerMessage = { kind: 'engine-port-wanted', requestId, ...client };
    const answered = new Promise<Result<MessagePort>>((resolve) => {
      this.#waiting.set(requestId, { question, settle: resolve });
    });
    await this.#ask(question);
    const result = await withDeadline(answered, PORT_TIMEOUT_MS, noEngine);
    this.#waiting.delete(requestId);
    return result;
  }

  /** Takes a port a page has sent. One that nobody waits for (any more) is closed, so its engine can let go of it. */
  deliver(requestId: string, port: MessagePort): void {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    if (waiting) waiting.settle(ok(port));
    else port.close();
  }

  /** Takes the word of the leading page that its engine could not start. */
  refuse(requestId: string, error: RillError): void {
    this.#waiting.get(requestId)?.settle({ ok: false, error });
    this.#waiting.delete(requestId);
  }

  /** There is a new leader: who was asked before may have been the old one, on its way out, which answers nobody. */
  async askAgain(): Promise<void> {
    for (const { question } of [...this.#waiting.values()]) await this.#ask(question);
  }

  async #ask(question: BrokerMessage): Promise<void> {
    for (const page of await this.#deps.pages()) page.postMessage(question, []);
  }

  /**
   * Answers a tab that wants the engine. Without an engine, or while one starts, it stays silent: the tab asks again or
   * leads itself. One that cannot start is told.
   */
  async passOn(wanted: EngineWanted, asker: PageLike): Promise<void> {
    const { requestId } = wanted;
    const { aliveLock } = wanted;
    const port = await this.requestPort(aliveLock === undefined ? {} : { aliveLock });
    if (!port.ok) {
      const { error } = port;
      if (error.kind === 'engine-starting') return;
      return asker.postMessage(
        { kind: 'engine-failed', requestId, error } satisfies BrokerMessage,
        [],
      );
    }
    const message: BrokerMessage = { kind: 'engine-port', requestId, port: port.value };
    asker.postMessage(message, [port.value]);
  }
}

/** The failure of every call that finds no engine to answer it. */
export function noEngine(): Result<never> {
  const message = 'The engine is not running yet. Keep Rill open in a tab and try again.';
  return fail('engine-starting', message, { retryAfterS: 2 });
}
