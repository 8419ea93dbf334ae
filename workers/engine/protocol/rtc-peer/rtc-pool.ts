/**
 * The worker's end of the rtc contract: makes connections by asking the page. How many there may be is connection-desk.ts's.
 *
 * A connection lives: asked for → described (its SDP is known) → open → released. `pending` counts the first two.
 */
import {
  toRtcEvent,
  type RtcCommand,
  type RtcConfig,
  type RtcEvent,
  type RtcFailure,
} from '../../../contract/rtc.ts';
import { adoptChannel, PumpedChannel } from './data-channel.ts';
import { RtcConnection } from './rtc-connection.ts';

interface Entry {
  readonly connection: RtcConnection;
  described: ((sdp: string) => void) | null;
  refused: ((error: Error) => void) | null;
  pump: PumpedChannel | null;
}

export interface DescribedConnection {
  readonly connection: RtcConnection;
  /** Our offer or answer, candidates included. */
  readonly sdp: string;
  /** Gives the remote's answer to our offer. */
  accept(sdp: string): void;
}

export class RtcPool {
  config: RtcConfig = { iceServers: [], relayOnly: false };
  /** A connection could not be made at all; what was asked for resolves to `null`. */
  onRefused: (failure: RtcFailure) => void = () => undefined;
  readonly #entries = new Map<number, Entry>();
  #nextId = 1;

  constructor(readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      const event = toRtcEvent(data);
      if (event) this.#receive(event);
    };
  }

  get open(): number {
    let open = 0;
    for (const { connection } of this.#entries.values()) if (connection.isOpen) open++;
    return open;
  }

  get pending(): number {
    return this.#entries.size - this.open;
  }

  /** Makes a connection that offers. Resolves to `null` when the browser refuses. */
  offer(): Promise<DescribedConnection | null> {
    return this.#make((id) => ({ kind: 'offer', id, config: this.config }));
  }

  /** Makes a connection that answers a remote offer. Resolves to `null` when the browser refuses, or the SDP is none. */
  answer(sdp: string): Promise<DescribedConnection | null> {
    return this.#make((id) => ({ kind: 'answer', id, sdp, config: this.config }));
  }

  #make(command: (id: number) => RtcCommand): Promise<DescribedConnection | null> {
    const id = this.#nextId++;
    const connection = new RtcConnection(id, () => this.#release(id));
    const asked = command(id);
    connection.isOurOffer = asked.kind === 'offer';
    return new Promise((resolve) => {
      this.#entries.set(id, {
        connection,
        described: (sdp) =>
          resolve({
            connection,
            sdp,
            accept: (answer) => this.#post({ kind: 'accept', id, sdp: answer }),
          }),
        refused: () => resolve(null),
        pump: null,
      });
      this.#post(asked);
    });
  }

  #receive(event: RtcEvent): void {
    const entry = this.#entries.get(event.id);
    if (!entry) {
      if (event.kind === 'channel') event.channel.close();
      return;
    }
    switch (event.kind) {
      case 'sdp':
        entry.described?.(event.sdp);
        entry.described = entry.refused = null;
        return;
      case 'channel':
        return entry.connection.bind(adoptChannel(event.channel));
      case 'connected':
        entry.connection.remoteAddress = event.address;
        entry.connection.remotePort = event.port;
        entry.connection.isWavering = false;
        return;
      case 'disconnected':
        entry.connection.isWavering = true;
        return;
      case 'pump-open':
        entry.pump = new PumpedChannel(event.id, (command, transfer) =>
          this.#post(command, transfer),
        );
        entry.connection.bind(entry.pump);
        return entry.pump.onopen?.();
      case 'pump-data':
        return entry.pump?.onmessage?.(new Uint8Array(event.bytes));
      case 'pump-drained':
        return entry.pump?.drained(event.bytes);
      case 'closed':
        entry.connection.failure = event.failure;
        if (entry.refused) this.onRefused(event.failure);
        entry.refused?.(new Error(event.reason));
        entry.connection.destroy();
        return;
    }
  }

  #release(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    entry.refused?.(new Error('released'));
    this.#post({ kind: 'close', id });
  }

  #post(command: RtcCommand, transfer: Transferable[] = []): void {
    this.port.postMessage(command, transfer);
  }
}
