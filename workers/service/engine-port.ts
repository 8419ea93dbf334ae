/**
 * The service worker's one door to the engine, and the only file here that imports Comlink.
 *
 * Invariant: every call settles within its deadline. A port is used while the page that gave it leads and answers; a
 * call that is late, a port that closes or a new leader drops it, and the next call asks for another.
 */
import * as Comlink from 'comlink';
import type { Engine } from '../contract/engine.ts';
import { fail, ok, type Result } from '../contract/errors.ts';
import { noEngine, type Broker } from './broker.ts';
import { withDeadline } from './deadline.ts';

type Calls<Name extends keyof Engine> = {
  readonly [K in Name]: (...args: Parameters<Engine[K]>) => Promise<Awaited<ReturnType<Engine[K]>>>;
};

/** What the service worker asks of the engine. */
export type EngineCalls = Calls<
  | 'events'
  | 'health'
  | 'add'
  | 'pause'
  | 'resume'
  | 'remove'
  | 'recheck'
  | 'reannounce'
  | 'change'
  | 'moveInQueue'
  | 'torrent'
  | 'torrents'
  | 'statistics'
  | 'settings'
  | 'changeSettings'
  | 'openStream'
  | 'played'
  | 'exportLibrary'
  | 'importLibrary'
  | 'cooling'
  | 'clearCooldown'
>;

/** Calls the engine, wherever it is. Fails with `engine-starting` when there is none or it does not answer in time. */
export interface EngineCaller {
  call<T>(
    ask: (engine: EngineCalls) => Promise<Result<T>>,
    deadlineMs?: number,
  ): Promise<Result<T>>;
}

export const CALL_DEADLINE_MS = 8000;

interface Connection {
  readonly engine: EngineCalls;
  /** Resolves when the port is of no more use. */
  readonly gone: Promise<void>;
  readonly close: () => void;
}

interface Attempt {
  readonly leader: string;
  readonly connection: Promise<Result<Connection>>;
}

export class EnginePort implements EngineCaller {
  readonly #broker: Broker;
  readonly #buildVersion: string;
  #attempt: Attempt | null = null;

  constructor(broker: Broker, buildVersion: string) {
    this.#broker = broker;
    this.#buildVersion = buildVersion;
  }

  async call<T>(
    ask: (engine: EngineCalls) => Promise<Result<T>>,
    deadlineMs = CALL_DEADLINE_MS,
  ): Promise<Result<T>> {
    const leader = await this.#broker.leader();
    if (leader === null) {
      this.drop();
      return noEngine();
    }
    const attempt = this.#connect(leader);
    const connection = await attempt.connection;
    if (!connection.ok) return connection;
    const { engine, gone } = connection.value;
    const answer = Promise.race([ask(engine), gone.then(noEngine)]).catch(engineThrew);
    return withDeadline<Result<T>>(answer, deadlineMs, () => {
      if (this.#attempt === attempt) this.drop();
      return noEngine();
    });
  }

  /** Forgets the port; calls that wait on it fail now. For a new leader, and for a port that stopped answering. */
  drop(): void {
    const attempt = this.#attempt;
    this.#attempt = null;
    void attempt?.connection.then((connection) => connection.ok && connection.value.close());
  }

  #connect(leader: string): Attempt {
    if (this.#attempt?.leader === leader) return this.#attempt;
    this.drop();
    const attempt: Attempt = { leader, connection: this.#open() };
    this.#attempt = attempt;
    const forget = () => {
      if (this.#attempt === attempt) this.#attempt = null;
    };
    void attempt.connection.then(
      (connection) => (connection.ok ? void connection.value.gone.then(forget) : forget()),
      forget,
    );
    return attempt;
  }

  async #open(): Promise<Result<Connection>> {
    const port = await this.#broker.requestPort();
    if (!port.ok) return port;
    const remote = Comlink.wrap<Engine>(port.value);
    const connection = connectionOver(port.value, remote);
    const greeting = await withDeadline<Result<unknown>>(
      Promise.resolve(remote.hello(this.#buildVersion)).catch(engineThrew),
      CALL_DEADLINE_MS,
      noEngine,
    );
    if (greeting.ok) return ok(connection);
    connection.close();
    return greeting;
  }
}

function connectionOver(port: MessagePort, remote: Comlink.Remote<Engine>): Connection {
  let markGone = () => {};
  const gone = new Promise<void>((resolve) => {
    markGone = resolve;
  });
  // Where the browser has it, this event tells at once that the page at the other end was closed.
  port.addEventListener('close', markGone);
  return {
    engine: callsOver(remote),
    gone,
    close() {
      markGone();
      remote[Comlink.releaseProxy]();
      // Comlink closes the port only after the other end agrees; one that stopped answering never does.
      port.close();
    },
  };
}

function callsOver(remote: Comlink.Remote<Engine>): EngineCalls {
  return {
    events: (since, limit, waitMs) => remote.events(since, limit, waitMs),
    health: () => remote.health(),
    add: (source, options) => remote.add(source, options),
    pause: (infoHash) => remote.pause(infoHash),
    resume: (infoHash) => remote.resume(infoHash),
    remove: (infoHash, data) => remote.remove(infoHash, data),
    recheck: (infoHash) => remote.recheck(infoHash),
    reannounce: (infoHash) => remote.reannounce(infoHash),
    change: (infoHash, change) => remote.change(infoHash, change),
    moveInQueue: (infoHash, to) => remote.moveInQueue(infoHash, to),
    torrent: (infoHash) => remote.torrent(infoHash),
    torrents: () => remote.torrents(),
    statistics: () => remote.statistics(),
    settings: () => remote.settings(),
    changeSettings: (patch) => remote.changeSettings(patch),
    openStream: (request, port) => remote.openStream(request, Comlink.transfer(port, [port])),
    played: (infoHash) => remote.played(infoHash),
    exportLibrary: () => remote.exportLibrary(),
    importLibrary: (bytes) => remote.importLibrary(bytes),
    cooling: () => remote.cooling(),
    clearCooldown: (infoHash) => remote.clearCooldown(infoHash),
  };
}

function engineThrew(cause: unknown): Result<never> {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return fail('unexpected', `The engine failed (${detail}). Reload the page and try again.`);
}
