/**
 * One WebSocket to one tracker, shared by every torrent that announces there. It reconnects by itself: 2 s after the
 * first failure, doubling up to 5 minutes, each time with up to half as much again by chance. A tracker that refuses,
 * hangs or talks garbage costs only itself.
 *
 *   closed ─► connecting ─► open ─► (lost) ─► waiting ─► connecting …
 */
import type { Deps } from '../../model/deps.ts';
import { readTrackerMessage, type TrackerMessage } from './tracker-message.ts';

/** `WebSocket.OPEN`, named here because the engine also runs where there is no global WebSocket (tests in Node). */
const OPEN = 1;
const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 5 * 60_000;
/** More garbage than this on one connection and the tracker is dropped until the next try. */
const MAX_GARBAGE = 10;

export interface TrackerListener {
  onOpen(): void;
  onMessage(message: Exclude<TrackerMessage, { kind: 'garbage' | 'ignored' }>): void;
  /** The connection failed or was lost; `retryAtMs` says when it is tried again. */
  onLost(reason: string, retryAtMs: number): void;
}

export class TrackerSocket {
  readonly #listeners = new Set<TrackerListener>();
  #socket: WebSocket | null = null;
  #cancelTimer: (() => void) | null = null;
  #failures = 0;
  #garbage = 0;

  constructor(
    readonly url: string,
    readonly deps: Deps,
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
    if (this.isOpen) queueMicrotask(() => this.#listeners.has(listener) && listener.onOpen());
    else if (!this.#socket && !this.#cancelTimer) this.#connect();
  }

  leave(listener: TrackerListener): void {
    this.#listeners.delete(listener);
    if (this.isUsed) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const socket = this.#socket;
    this.#socket = null;
    this.#failures = 0;
    if (socket) detach(socket).close();
  }

  /** Sends one message; false when the connection is not open. */
  send(message: object): boolean {
    if (!this.isOpen) return false;
    this.#socket!.send(JSON.stringify(message));
    return true;
  }

  /** The machine slept: an open connection may be dead without knowing it, and waiting is over. */
  wake(): void {
    const isConnecting = this.#socket !== null && !this.isOpen;
    if (!this.isUsed || isConnecting) return;
    this.#cancelTimer?.();
    if (this.#socket) detach(this.#socket).close();
    this.#failures = 0;
    this.#connect();
  }

  #connect(): void {
    this.#cancelTimer = null;
    this.#garbage = 0;
    let socket: WebSocket;
    try {
      socket = this.makeSocket(this.url);
    } catch (error) {
      return this.#lost(error instanceof Error ? error.message : String(error));
    }
    this.#socket = socket;
    this.#cancelTimer = this.deps.clock.after(CONNECT_TIMEOUT_MS, () =>
      this.#lost('it did not answer in time'),
    );
    socket.onopen = () => {
      this.#cancelTimer?.();
      this.#cancelTimer = null;
      for (const listener of [...this.#listeners]) listener.onOpen();
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
    socket.onclose = () => this.#lost('it closed the connection');
    socket.onerror = () => this.#lost('it could not be reached');
  }

  #receive(data: unknown): void {
    const message = readTrackerMessage(data);
    if (message.kind === 'garbage') {
      this.#garbage++;
      if (this.#garbage > MAX_GARBAGE) this.#lost(`it sent garbage: ${message.reason}`);
      return;
    }
    if (message.kind === 'ignored') return;
    this.#failures = 0;
    for (const listener of [...this.#listeners]) listener.onMessage(message);
  }

  #lost(reason: string): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#socket) detach(this.#socket).close();
    this.#socket = null;
    if (!this.isUsed) return;
    const base = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    const delayMs = base * (1 + this.deps.random() / 2);
    this.#cancelTimer = this.deps.clock.after(delayMs, () => this.#connect());
    const retryAtMs = this.deps.clock.now() + delayMs;
    for (const listener of [...this.#listeners]) listener.onLost(reason, retryAtMs);
  }
}

function detach(socket: WebSocket): WebSocket {
  socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
  return socket;
}

/** One socket per tracker URL over all torrents. */
export class TrackerSockets {
  readonly #sockets = new Map<string, TrackerSocket>();

  constructor(readonly deps: Deps) {}

  join(url: string, listener: TrackerListener): TrackerSocket {
    let socket = this.#sockets.get(url);
    if (!socket) this.#sockets.set(url, (socket = new TrackerSocket(url, this.deps)));
    socket.join(listener);
    return socket;
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
