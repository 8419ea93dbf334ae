/**
 * The page's end of the rtc contract: owns every RTCPeerConnection, because the interface exists in windows only.
 *
 * Invariant: a data channel is transferred in the task that creates it (`createDataChannel`) or announces it
 * (`ondatachannel`); a task later the browser refuses (FACTS.md, WebRTC). Then, or where `canTransfer` is off, its messages
 * are pumped instead, and the worker never sends more than the credit it was given.
 */
import { SharedCertificate } from './shared-certificate.ts';
import { toRtcCommand, type RtcCommand, type RtcEvent } from '../../workers/contract/rtc.ts';

/** An offer is sent without the candidates that take longer than this to gather. */
const GATHERING_TIMEOUT_MS = 5_000;
const PUMP_LOW_WATER_BYTES = 256 * 1024;

interface Hosted {
  readonly connection: RTCPeerConnection;
  pumped: RTCDataChannel | null;
  /** Bytes handed to the pumped channel whose room was not given back yet. */
  pumpedBytes: number;
}

export interface RtcHostOptions {
  /** Off in tests of the pump path, and where a browser cannot transfer channels. */
  readonly canTransfer: boolean;
}

export class RtcHost {
  readonly #hosted = new Map<number, Hosted>();
  readonly #certificate = new SharedCertificate();

  constructor(
    readonly port: MessagePort,
    readonly options: RtcHostOptions,
  ) {
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      const command = toRtcCommand(data);
      if (command) void this.#receive(command);
    };
  }

  /** Connections that are open or being made. */
  get size(): number {
    return this.#hosted.size;
  }

  /** Closes everything: the engine is gone. */
  close(): void {
    for (const id of [...this.#hosted.keys()]) this.#close(id);
    this.port.close();
  }

  async #receive(command: RtcCommand): Promise<void> {
    try {
      switch (command.kind) {
        case 'offer':
          return await this.#offer(command.id, command.config.stunServers);
        case 'answer':
          return await this.#answer(command.id, command.config.stunServers, command.sdp);
        case 'accept':
          return await this.#hosted
            .get(command.id)
            ?.connection.setRemoteDescription({ type: 'answer', sdp: command.sdp });
        case 'close':
          return this.#close(command.id);
        case 'pump-send':
          return this.#pumpSend(command.id, command.bytes);
      }
    } catch (error) {
      this.#closed(command.id, error instanceof Error ? error.message : String(error));
    }
  }

  async #offer(id: number, stunServers: readonly string[]): Promise<void> {
    const { connection } = this.#create(id, stunServers);
    this.#hand(id, connection.createDataChannel('rill'));
    await connection.setLocalDescription(await connection.createOffer());
    await this.#describe(id, connection, 'offer');
  }

  async #answer(id: number, stunServers: readonly string[], sdp: string): Promise<void> {
    const { connection } = this.#create(id, stunServers);
    connection.ondatachannel = ({ channel }) => this.#hand(id, channel);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    await this.#describe(id, connection, 'answer');
  }

  #create(id: number, stunServers: readonly string[]): Hosted {
    const iceServers = stunServers.length ? [{ urls: [...stunServers] }] : [];
    const connection = new RTCPeerConnection({
      iceServers,
      certificates: this.#certificate.current(),
    });
    const hosted: Hosted = { connection, pumped: null, pumpedBytes: 0 };
    this.#hosted.set(id, hosted);
    connection.onconnectionstatechange = () => {
      const { connectionState } = connection;
      if (connectionState === 'failed' || connectionState === 'closed') {
        this.#closed(id, `the connection ${connectionState}`);
      }
    };
    return hosted;
  }

  /** Sends the description once its candidates are gathered: signalling is not trickled. */
  async #describe(
    id: number,
    connection: RTCPeerConnection,
    type: 'offer' | 'answer',
  ): Promise<void> {
    await gathered(connection);
    const sdp = connection.localDescription?.sdp;
    if (!sdp || !this.#hosted.has(id)) return;
    this.#post({ kind: 'sdp', id, type, sdp });
  }

  #hand(id: number, channel: RTCDataChannel): void {
    if (this.options.canTransfer) {
      try {
        // TypeScript's list of transferables does not have it yet.
        this.#post({ kind: 'channel', id, channel }, [channel as unknown as Transferable]);
        return;
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'DataCloneError') throw error;
      }
    }
    this.#pump(id, channel);
  }

  #pump(id: number, channel: RTCDataChannel): void {
    const hosted = this.#hosted.get(id);
    if (!hosted) return;
    hosted.pumped = channel;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = PUMP_LOW_WATER_BYTES;
    channel.onopen = () => this.#post({ kind: 'pump-open', id });
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.#post({ kind: 'pump-data', id, bytes: data }, [data]);
    };
    channel.onbufferedamountlow = () => this.#giveBack(id, hosted);
    channel.onclose = () => this.#closed(id, 'the channel closed');
  }

  #pumpSend(id: number, bytes: ArrayBuffer): void {
    const hosted = this.#hosted.get(id);
    if (hosted?.pumped?.readyState !== 'open') return;
    hosted.pumped.send(bytes);
    hosted.pumpedBytes += bytes.byteLength;
    if (hosted.pumped.bufferedAmount <= PUMP_LOW_WATER_BYTES) this.#giveBack(id, hosted);
  }

  #giveBack(id: number, hosted: Hosted): void {
    const bytes = hosted.pumpedBytes - (hosted.pumped?.bufferedAmount ?? 0);
    if (bytes <= 0) return;
    hosted.pumpedBytes -= bytes;
    this.#post({ kind: 'pump-drained', id, bytes });
  }

  #closed(id: number, reason: string): void {
    if (!this.#hosted.has(id)) return;
    this.#close(id);
    this.#post({ kind: 'closed', id, reason });
  }

  #close(id: number): void {
    const hosted = this.#hosted.get(id);
    if (!hosted) return;
    this.#hosted.delete(id);
    hosted.connection.onconnectionstatechange = null;
    hosted.connection.close();
  }

  #post(event: RtcEvent, transfer: Transferable[] = []): void {
    this.port.postMessage(event, transfer);
  }
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, GATHERING_TIMEOUT_MS);
    function done() {
      clearTimeout(timer);
      connection.removeEventListener('icegatheringstatechange', check);
      resolve();
    }
    function check() {
      if (connection.iceGatheringState === 'complete') done();
    }
    connection.addEventListener('icegatheringstatechange', check);
  });
}
