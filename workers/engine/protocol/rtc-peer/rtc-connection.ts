/**
 * A peer connection as the stream that webtorrent's Peer expects: a Duplex with an `id`. It emits `open` when its channel
 * opens. Signalling is the announcer's business; it sets `id` when it knows the remote peer.
 */
import { Duplex } from 'streamx';
import type { RtcFailure } from '../../../contract/rtc.ts';
import type { CandidateKinds } from '../ice-diagnosis.ts';
import type { DataChannelLike } from './data-channel.ts';

/** Strangers are sent no larger message than this (FACTS.md, webtorrent in a worker). */
const MAX_MESSAGE_BYTES = 64 * 1024;

export class RtcConnection extends Duplex {
  /** The remote peer id as hex, once it is known. */
  id: string;
  isOpen = false;
  /** For webtorrent: see `introduce`. */
  connected = false;
  /** We made the offer and the peer answered it; else the other way round. */
  isOurOffer = false;
  /** What this side can be reached by, once it is described. */
  own: CandidateKinds = { host: false, reflexive: false, relay: false };
  /** The peer's IP address, once the page has told it; `null` where the browser does not tell. */
  remoteAddress: string | null = null;
  remotePort: number | null = null;
  /** It does not answer at the moment. */
  isWavering = false;
  /** Why it ended, if it ended by itself. */
  failure: RtcFailure | null = null;
  #channel: DataChannelLike | null = null;
  #take: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null;
  #whenRoom: (() => void) | null = null;
  #giveUpWrite: (() => void) | null = null;
  readonly #onRelease: () => void;

  constructor(rtcId: number, onRelease: () => void) {
    super({ highWaterMark: 1024 * 1024, byteLength: (chunk) => chunk.length });
    this.id = `rtc-${rtcId}`;
    this.#onRelease = onRelease;
    // A peer that vanishes is no error of ours; webtorrent listens for its own needs, but not before it adopts us.
    this.on('error', () => undefined);
  }

  /** Called in the task that received the channel. */
  bind(channel: DataChannelLike): void {
    if (this.destroying) return channel.close();
    this.#channel = channel;
    channel.onopen = () => {
      if (this.isOpen || this.destroying) return;
      this.isOpen = true;
      this.emit('open');
      this.#roomAgain();
    };
    channel.onmessage = (bytes) => {
      if (this.destroying) return;
      if (this.#take) this.#take(bytes);
      else this.push(bytes);
    };
    channel.ondrain = () => this.#roomAgain();
    channel.onclose = () => this.destroy();
  }

  /**
   * Hands the open connection to webtorrent, by `add`. Its Peer pipes one that is connected before anybody has seen that peer;
   * told only afterwards, it pipes as it is told to (direct-pipes.ts).
   */
  introduce(add: () => void): void {
    add();
    if (this.destroying) return;
    this.connected = true;
    this.emit('connect');
  }

  /** From now on messages go to `take` in the task that brings them, after what waits in the stream. */
  deliver(take: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    if (this._readableState.buffered === 0) {
      this.#take = take;
      return;
    }
    const onData = (bytes: Uint8Array<ArrayBuffer>) => {
      take(bytes);
      if (this._readableState.buffered > 0) return;
      this.removeListener('data', onData);
      this.#take = take;
    };
    this.on('data', onData);
  }

  override _writev(batch: Uint8Array[], callback: (error?: Error | null) => void): void {
    const messages = toMessages(batch);
    const sendSome = () => {
      try {
        while (messages.length) {
          if (!this.isOpen || !this.#channel?.hasRoom) {
            this.#whenRoom = sendSome;
            this.#giveUpWrite = () => callback(null);
            return;
          }
          this.#channel.send(messages.shift()!);
        }
      } catch (error) {
        callback(error as Error);
        return;
      }
      callback(null);
    };
    sendSome();
  }

  override _predestroy(): void {
    const giveUpWrite = this.#whenRoom && this.#giveUpWrite;
    this.#whenRoom = null;
    this.isOpen = false;
    this.connected = false;
    // A stream is destroyed only after its write under way has ended: one that waits for room would hold it for ever.
    giveUpWrite?.();
  }

  override _destroy(callback: (error?: Error | null) => void): void {
    this.#channel?.close();
    this.#channel = null;
    this.#onRelease();
    callback(null);
  }

  #roomAgain(): void {
    const resume = this.#whenRoom;
    this.#whenRoom = null;
    resume?.();
  }
}

/**
 * Joins small writes and cuts large ones: bittorrent-protocol writes each block as a 13-byte header and 16 KiB of
 * payload, and one message for both costs the network stack half as much.
 */
export function toMessages(batch: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  let totalBytes = 0;
  for (const chunk of batch) totalBytes += chunk.length;
  let room = 0;
  let at = 0;
  let message: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  for (const chunk of batch) {
    for (let from = 0; from < chunk.length;) {
      if (room === 0) {
        room = Math.min(MAX_MESSAGE_BYTES, totalBytes);
        message = new Uint8Array(room);
        messages.push(message);
        at = 0;
      }
      const take = Math.min(room, chunk.length - from);
      message.set(chunk.subarray(from, from + take), at);
      at += take;
      from += take;
      room -= take;
      totalBytes -= take;
    }
  }
  return messages;
}
