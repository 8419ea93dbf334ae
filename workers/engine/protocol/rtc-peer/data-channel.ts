/**
 * One shape over the two ways a data channel reaches the worker: transferred (its messages never touch the page's main
 * thread) or pumped by the page with credits, where a browser cannot transfer it.
 */
import { PUMP_CREDIT_BYTES, type RtcCommand } from '../../../contract/rtc.ts';

/** Sending goes on below this many buffered bytes; one round trip must not empty the buffer (FACTS.md). */
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;

export interface DataChannelLike {
  /** False while too much is buffered; `ondrain` is called when there is room again. */
  readonly hasRoom: boolean;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((bytes: Uint8Array<ArrayBuffer>) => void) | null;
  ondrain: (() => void) | null;
  onclose: (() => void) | null;
}

/** Adopts a transferred channel. Call in the task that received it: thresholds and handlers do not survive the transfer. */
export function adoptChannel(channel: RTCDataChannel): DataChannelLike {
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = LOW_WATER_BYTES;
  const like: DataChannelLike = {
    get hasRoom() {
      return channel.readyState === 'open' && channel.bufferedAmount < HIGH_WATER_BYTES;
    },
    send: (bytes) => channel.send(bytes),
    close: () => channel.close(),
    onopen: null,
    onmessage: null,
    ondrain: null,
    onclose: null,
  };
  channel.onopen = () => like.onopen?.();
  channel.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) like.onmessage?.(new Uint8Array(data));
  };
  channel.onbufferedamountlow = () => like.ondrain?.();
  channel.onclose = () => like.onclose?.();
  channel.onerror = () => like.onclose?.();
  if (channel.readyState === 'open') queueMicrotask(() => like.onopen?.());
  return like;
}

/** The worker's half of a channel that the page pumps. */
export class PumpedChannel implements DataChannelLike {
  onopen: (() => void) | null = null;
  onmessage: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null;
  ondrain: (() => void) | null = null;
  onclose: (() => void) | null = null;
  #creditBytes = PUMP_CREDIT_BYTES;

  constructor(
    readonly id: number,
    readonly post: (command: RtcCommand, transfer: Transferable[]) => void,
  ) {}

  get hasRoom(): boolean {
    return this.#creditBytes > 0;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const copy = bytes.slice().buffer;
    this.#creditBytes -= copy.byteLength;
    this.post({ kind: 'pump-send', id: this.id, bytes: copy }, [copy]);
  }

  /** The page says that many bytes left its channel's buffer. */
  drained(bytes: number): void {
    const hadRoom = this.hasRoom;
    this.#creditBytes = Math.min(PUMP_CREDIT_BYTES, this.#creditBytes + bytes);
    if (!hadRoom && this.hasRoom) this.ondrain?.();
  }

  close(): void {
    this.post({ kind: 'close', id: this.id }, []);
  }
}
