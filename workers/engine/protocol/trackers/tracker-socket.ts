/**
 * One WebSocket to one tracker, shared by every torrent that announces there. It reconnects by itself (retry-delay.ts). A
 * tracker that refuses, hangs, never answers or talks garbage costs only itself.
 *
 *   closed ─► connecting ─► open ─► (lost) ─► waiting ─► connecting …
 *
 * Invariant: only a message that makes sense, and before any nonsense, ends the back-off; an open connection alone does not.
 */
import type { TrackerFailure } from '../../../contract/snapshot.ts';
import type { Deps } from '../../model/deps.ts';
import { Reachability } from '../partition.ts';
import { FIRST_RETRY_MS, retryDelayMs } from './retry-delay.ts';
import { readTrackerMessage, type TrackerMessage } from './tracker-message.ts';

/** `WebSocket.OPEN`, named here because the engine also runs where there is no global WebSocket (tests in Node). */
const OPEN = 1;
const CONNECT_TIMEOUT_MS = 10_000;
/** An attempt that took longer than this when everything was woken may have been made into the void. */
const FRESH_ATTEMPT_MS = 2_000;
/** More garbage than this on one connection and the tracker is dropped until the next try. */
const MAX_GARBAGE = 10;

export interface TrackerLoss {
  readonly failure: TrackerFailure;
  /** What the tracker did, completing "The tracker is not reachable: …". */
  readonly reason: string;
  /** When it is tried again, by the clock of `deps`; `null`: once there is a network again. */
  readonly retryAtMs: number | null;
}

export interface TrackerListener {
  onOpen(): void;
  onMessage(message: Exclude<TrackerMessage, { kind: 'garbage' | 'ignored' }>): void;
  /** The connection failed or was lost; said again to whoever joins while it is not tried. */
  onLost(loss: TrackerLoss): void;
  /** The connection may have been dead and is being made anew: what was said over it is void. */
  onRenewed(): void;
}

export class TrackerSocket {
  readonly #listeners = new Set<TrackerListener>();
  #socket: WebSocket | null = null;
  #cancelTimer: (() => void) | null = null;
  #failures = 0;
  #garbage = 0;
  /** The last loss, and when it was; `null` while it is tried or open. */
  #loss: (TrackerLoss & { readonly atMs: number }) | null = null;
  /** When the tracker last said something that made sense. */
  #heardAtMs = -Infinity;
  #triedAtMs = -Infinity;

  constructor(
    readonly url: string,
    readonly deps: Deps,
    readonly reach: Reachability,
    /** Whether no tracker is reached at all. */
    readonly isAlone: () => boolean,
    readonly makeSocket: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  get isUsed(): boolean {
    return this.#listeners.size > 0;
  }

  join(listener: TrackerListener): void {
    this.#listeners.add(listener);
    const tell = (say: () => void) =>
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) say();
      });
    const loss = this.#loss;
    if (this.isOpen) tell(() => listener.onOpen());
    else if (loss && this.deps.clock.now() - loss.atMs < FIRST_RETRY_MS)
      tell(() => listener.onLost(loss));
    else if (!this.#socket) this.#connect();
  }

  leave(listener: TrackerListener): void {
    this.#listeners.delete(listener);
    if (this.isUsed) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const socket = this.#socket;
    this.#socket = null;
    this.#loss = null;
    this.#failures = 0;
    if (socket) detach(socket).close();
  }

  /** Sends one message; false when the connection is not open. */
  send(message: object): boolean {
    if (!this.isOpen) return false;
    this.#socket!.send(JSON.stringify(message));
    return true;
  }

  /**
   * A message sent at `sinceMs` had no answer. The connection is given up when nothing that makes sense came over it since:
   * then the answer is true. Else the tracker lives and keeps silent about that one thing.
   */
  giveUpIfSilent(sinceMs: number): boolean {
    if (!this.isOpen || this.#heardAtMs >= sinceMs) return false;
    this.#lost('silent', 'it does not answer');
    return true;
  }

  /** The machine slept, or the network is back: an open connection may be dead without knowing it, and waiting is over. */
  wake(): void {
    const isConnecting = this.#socket !== null && !this.isOpen;
    const isFresh = this.deps.clock.now() - this.#triedAtMs < FRESH_ATTEMPT_MS;
    if (!this.isUsed || (isConnecting && isFresh)) return;
    if (this.#socket) detach(this.#socket).close();
    this.#failures = 0;
    for (const listener of [...this.#listeners]) listener.onRenewed();
    this.#connect();
  }

  #connect(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#loss = null;
    this.#garbage = 0;
    if (!this.reach.mayTry(this.url)) return this.#lost('refused', 'there is no network');
    this.#triedAtMs = this.deps.clock.now();
    let socket: WebSocket;
    try {
      socket = this.makeSocket(this.url);
    } catch (error) {
      return this.#lost('refused', error instanceof Error ? error.message : String(error));
    }
    this.#socket = socket;
    this.#cancelTimer = this.deps.clock.after(CONNECT_TIMEOUT_MS, () =>
      this.#lost('silent', 'it did not answer in time'),
    );
    let hasOpened = false;
    socket.onopen = () => {
      hasOpened = true;
      this.#cancelTimer?.();
      this.#cancelTimer = null;
      for (const listener of [...this.#listeners]) listener.onOpen();
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
    socket.onclose = () => this.#lost(hasOpened ? 'closed' : 'refused', 'it closed the connection');
    socket.onerror = () => this.#lost(hasOpened ? 'closed' : 'refused', 'it could not be reached');
  }

  #receive(data: unknown): void {
    const message = readTrackerMessage(data);
    if (message.kind === 'garbage') {
      this.#garbage++;
      if (this.#garbage > MAX_GARBAGE) this.#lost('garbage', `it sent garbage: ${message.reason}`);
      return;
    }
    if (message.kind === 'ignored') return;
    // Sense between nonsense does not make it a tracker to come back to every other second.
    if (this.#garbage === 0) this.#failures = 0;
    this.#heardAtMs = this.deps.clock.now();
    this.reach.contact();
    for (const listener of [...this.#listeners]) listener.onMessage(message);
  }

  #lost(failure: TrackerFailure, reason: string): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#socket) detach(this.#socket).close();
    this.#socket = null;
    if (!this.isUsed) return;
    const atMs = this.deps.clock.now();
    const loss = { failure, reason, retryAtMs: this.#planRetry(atMs), atMs };
    this.#loss = loss;
    for (const listener of [...this.#listeners]) listener.onLost(loss);
  }

  #planRetry(nowMs: number): number | null {
    if (!this.reach.mayTry(this.url)) return null;
    const isSought = this.reach.isSought && this.isAlone();
    const delayMs = retryDelayMs(this.#failures++, () => this.deps.random(), isSought);
    this.#cancelTimer = this.deps.clock.after(delayMs, () => this.#connect());
    return nowMs + delayMs;
  }
}

function detach(socket: WebSocket): WebSocket {
  socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
  return socket;
}

/** One socket per tracker URL over all torrents. */
export class TrackerSockets {
  readonly #sockets = new Map<string, TrackerSocket>();

  constructor(
    readonly deps: Deps,
    readonly reach = new Reachability(deps.clock, () => true),
  ) {}

  join(url: string, listener: TrackerListener): TrackerSocket {
    let socket = this.#sockets.get(url);
    if (!socket) {
      socket = new TrackerSocket(url, this.deps, this.reach, () => this.#isAlone);
      this.#sockets.set(url, socket);
    }
    socket.join(listener);
    return socket;
  }

  get #isAlone(): boolean {
    return [...this.#sockets.values()].every(({ isOpen }) => !isOpen);
  }

  /** Connects anew wherever it waits or may be dead. */
  wake(): void {
    for (const socket of this.#sockets.values()) socket.wake();
  }

  leave(url: string, listener: TrackerListener): void {
    const socket = this.#sockets.get(url);
    socket?.leave(listener);
    if (socket && !socket.isUsed) this.#sockets.delete(url);
  }
}
