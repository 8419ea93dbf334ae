/**
 * Data channels through a simulated network. Each member has one line up and one down of a given speed; its channels take
 * turns on them, message by message, and a message is copied, as a network would.
 */
import type { DataChannelLike } from '../../workers/engine/protocol/rtc-peer/data-channel.ts';
import type { SimClock } from './sim-clock.ts';

/** What SCTP, DTLS, UDP and IP add to a message. */
const OVERHEAD_BYTES = 100;
/** As data-channel.ts. */
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;
/** After a member vanished the other side finds out, as with ICE. */
const CUT_NOTICED_MS = 30_000;

export interface LineSpeeds {
  /** Bytes per second. */
  readonly upBps: number;
  readonly downBps: number;
}

/** The two lines of one member. */
export class Line {
  /** Channels with something to send, whose turn is next first. */
  readonly #ready: ChannelEnd[] = [];
  #isSending = false;
  #downFreeAtMs = 0;

  constructor(
    readonly clock: SimClock,
    readonly speeds: LineSpeeds,
  ) {}

  queue(end: ChannelEnd): void {
    this.#ready.push(end);
    this.#sendNext();
  }

  /** A message has come to the far end of the line down; `deliver` is called when it is through. */
  receive(lengthBytes: number, deliver: () => void): void {
    const nowMs = this.clock.exactMs;
    const takesMs = ((lengthBytes + OVERHEAD_BYTES) * 1_000) / this.speeds.downBps;
    this.#downFreeAtMs = Math.max(nowMs, this.#downFreeAtMs) + takesMs;
    this.clock.plan(this.#downFreeAtMs - nowMs, deliver);
  }

  #sendNext(): void {
    if (this.#isSending) return;
    const end = this.#ready.shift();
    if (!end) return;
    const message = end.takeMessage();
    if (!message) return this.#sendNext();
    this.#isSending = true;
    const takesMs = ((message.length + OVERHEAD_BYTES) * 1_000) / this.speeds.upBps;
    this.clock.plan(takesMs, () => {
      this.#isSending = false;
      if (end.hasMessages) this.#ready.push(end);
      end.sent(message);
      this.#sendNext();
    });
  }
}

/** One side of a channel. */
class ChannelEnd implements DataChannelLike {
  onopen: (() => void) | null = null;
  onmessage: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null;
  ondrain: (() => void) | null = null;
  onclose: (() => void) | null = null;
  other: ChannelEnd | null = null;
  isClosed = false;
  isOpen = false;
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #bufferedBytes = 0;

  constructor(
    readonly link: Link,
    readonly line: Line,
  ) {}

  get hasRoom(): boolean {
    return this.isOpen && !this.isClosed && this.#bufferedBytes < HIGH_WATER_BYTES;
  }

  get hasMessages(): boolean {
    return this.#waiting.length > 0;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.isClosed || !this.isOpen) throw new Error('the channel is not open');
    this.#bufferedBytes += bytes.length;
    const wasIdle = !this.hasMessages;
    this.#waiting.push(bytes.slice());
    if (wasIdle) this.line.queue(this);
  }

  close(): void {
    if (this.isClosed) return;
    this.gone();
    this.link.later(() => this.other!.gone());
  }

  /** The connection is over, for whatever reason. */
  gone(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#waiting.length = 0;
    this.link.onEnd();
    this.onclose?.();
  }

  takeMessage(): Uint8Array<ArrayBuffer> | undefined {
    return this.link.isCut ? undefined : this.#waiting.shift();
  }

  /** The message has left: it arrives, unless one of the two is gone by then. */
  sent(message: Uint8Array<ArrayBuffer>): void {
    const before = this.#bufferedBytes;
    this.#bufferedBytes -= message.length;
    if (before > LOW_WATER_BYTES && this.#bufferedBytes <= LOW_WATER_BYTES) this.ondrain?.();
    const { link } = this;
    const other = this.other!;
    link.later(() => {
      if (other.isClosed || link.isCut) return;
      other.line.receive(message.length, () => {
        if (other.isClosed || link.isCut) return;
        link.trace(other === link.a ? 0 : 1, message);
        other.onmessage?.(message);
      });
    });
  }
}

export class Link {
  readonly a: ChannelEnd;
  readonly b: ChannelEnd;
  isCut = false;
  #ended = 0;

  constructor(
    readonly clock: SimClock,
    lines: readonly [Line, Line],
    readonly latencyMs: number,
    /** Each message as it is delivered; `side`: whose. */
    readonly trace: (side: 0 | 1, message: Uint8Array) => void,
    /** Both sides know that it is over. */
    readonly onOver: () => void,
  ) {
    this.a = new ChannelEnd(this, lines[0]);
    this.b = new ChannelEnd(this, lines[1]);
    this.a.other = this.b;
    this.b.other = this.a;
  }

  /** Both sides find it open after a round trip, if they still want it. */
  open(): void {
    this.clock.plan(2 * this.latencyMs, () => {
      for (const end of [this.a, this.b]) {
        if (this.a.isClosed || this.b.isClosed) return;
        end.isOpen = true;
        end.onopen?.();
      }
    });
  }

  /** One of the two vanishes without a word: nothing arrives any more, and in half a minute both know. */
  cut(): void {
    this.isCut = true;
    this.clock.plan(CUT_NOTICED_MS, () => {
      this.a.gone();
      this.b.gone();
    });
  }

  /** Calls back when what is sent now would arrive. */
  later(callback: () => void): void {
    this.clock.plan(this.latencyMs, callback);
  }

  onEnd(): void {
    if (++this.#ended === 2) this.onOver();
  }
}
