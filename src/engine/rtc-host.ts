/**
 * The page's end of the rtc contract: owns every RTCPeerConnection, because the interface exists in windows only.
 *
 * Invariants: a data channel is transferred in the task that creates it (`createDataChannel`) or announces it
 * (`ondatachannel`); a task later the browser refuses (FACTS.md, WebRTC). Then, or where `canTransfer` is off, its messages
 * are pumped instead, and the worker never sends more than the credit it was given. A connection that ends is closed in the
 * same task and nothing here holds it any longer: Chromium counts closed ones until they are collected.
 */
import {
  toRtcCommand,
  type RtcCommand,
  type RtcConfig,
  type RtcEvent,
  type RtcFailure,
} from '../../workers/contract/rtc.ts';
import { selectedAddress } from './selected-address.ts';
import { SharedCertificate } from './shared-certificate.ts';

/** An offer is sent without the candidates that take longer than this to gather. */
const GATHERING_TIMEOUT_MS = 3_000;
/** Where only relays may be used nothing goes out without one, and those over TCP or TLS take some round trips. */
const RELAY_TIMEOUT_MS = 8_000;
const PUMP_LOW_WATER_BYTES = 256 * 1024;

interface Hosted {
  readonly connection: RTCPeerConnection;
  readonly isRelayOnly: boolean;
  pumped: RTCDataChannel | null;
  /** Bytes handed to the pumped channel whose room was not given back yet. */
  pumpedBytes: number;
  hasConnected: boolean;
  /** What a STUN or TURN server last said instead of an address. */
  serverError: string;
  /** Ends the wait for candidates. */
  endGathering: () => void;
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
          return await this.#offer(command.id, command.config);
        case 'answer':
          return await this.#answer(command.id, command.config, command.sdp);
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
      this.#ended(command.id, 'bad-description', messageOf(error));
    }
  }

  async #offer(id: number, config: RtcConfig): Promise<void> {
    const hosted = this.#create(id, config);
    if (!hosted) return;
    this.#hand(id, hosted.connection.createDataChannel('rill'));
    await hosted.connection.setLocalDescription(await hosted.connection.createOffer());
    await this.#describe(id, hosted, 'offer');
  }

  async #answer(id: number, config: RtcConfig, sdp: string): Promise<void> {
    const hosted = this.#create(id, config);
    if (!hosted) return;
    const { connection } = hosted;
    connection.ondatachannel = ({ channel }) => this.#hand(id, channel);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    await this.#describe(id, hosted, 'answer');
  }

  /** `null` when the browser makes no more connections, or takes the servers for nonsense: said to the worker. */
  #create(id: number, { iceServers, relayOnly }: RtcConfig): Hosted | null {
    let connection: RTCPeerConnection;
    try {
      connection = new RTCPeerConnection({
        iceServers: iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
        certificates: this.#certificate.current(),
        iceTransportPolicy: relayOnly ? 'relay' : 'all',
      });
    } catch (error) {
      const reason = messageOf(error);
      const failure = reason.includes('so many') ? 'too-many' : 'bad-servers';
      this.#post({ kind: 'closed', id, failure, reason });
      return null;
    }
    const hosted: Hosted = {
      connection,
      isRelayOnly: relayOnly,
      pumped: null,
      pumpedBytes: 0,
      hasConnected: false,
      serverError: '',
      endGathering: () => undefined,
    };
    this.#hosted.set(id, hosted);
    connection.onconnectionstatechange = () => this.#follow(id, hosted);
    connection.onicecandidateerror = ({ url, errorCode, errorText }) => {
      hosted.serverError = `${url} answered ${errorCode} ${errorText}`;
    };
    return hosted;
  }

  #follow(id: number, hosted: Hosted): void {
    const { connection } = hosted;
    switch (connection.connectionState) {
      case 'connected':
        hosted.hasConnected = true;
        return void this.#locate(id, hosted);
      case 'disconnected':
        return this.#post({ kind: 'disconnected', id });
      case 'failed':
        return this.#ended(id, howItFailed(hosted), 'the connection failed');
      case 'closed':
        return this.#ended(id, 'closed', 'the connection closed');
    }
  }

  async #locate(id: number, { connection }: Hosted): Promise<void> {
    const { address, port } = await selectedAddress(connection);
    if (this.#hosted.get(id)?.connection.connectionState !== 'connected') return;
    this.#post({ kind: 'connected', id, address, port });
  }

  /** Sends the description once its candidates are gathered: signalling is not trickled. */
  async #describe(id: number, hosted: Hosted, type: 'offer' | 'answer'): Promise<void> {
    await gathered(hosted);
    const sdp = hosted.connection.localDescription?.sdp;
    if (!sdp || !this.#hosted.has(id)) return;
    if (sdp.includes('a=candidate:')) return this.#post({ kind: 'sdp', id, type, sdp });
    // Nobody could reach it, and it could reach nobody.
    const failure = hosted.isRelayOnly ? 'no-relay' : 'no-candidates';
    this.#ended(id, failure, hosted.serverError || 'no address was found');
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
    channel.onclose = () => this.#ended(id, 'closed', 'the channel closed');
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

  #ended(id: number, failure: RtcFailure, reason: string): void {
    if (!this.#hosted.has(id)) return;
    this.#close(id);
    this.#post({ kind: 'closed', id, failure, reason });
  }

  #close(id: number): void {
    const hosted = this.#hosted.get(id);
    if (!hosted) return;
    this.#hosted.delete(id);
    const { connection, pumped } = hosted;
    connection.onconnectionstatechange = null;
    connection.onicecandidateerror = null;
    connection.ondatachannel = null;
    if (pumped) pumped.onopen = pumped.onmessage = pumped.onclose = null;
    if (pumped) pumped.onbufferedamountlow = null;
    hosted.endGathering();
    connection.close();
  }

  #post(event: RtcEvent, transfer: Transferable[] = []): void {
    this.port.postMessage(event, transfer);
  }
}

function howItFailed({ connection, hasConnected }: Hosted): RtcFailure {
  if (hasConnected) return 'lost';
  const iceState = connection.iceConnectionState;
  return iceState === 'connected' || iceState === 'completed' ? 'dtls-failed' : 'checks-failed';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Resolves when all candidates are gathered, when that takes too long, or when the connection is closed. */
function gathered(hosted: Hosted): Promise<void> {
  const { connection } = hosted;
  if (connection.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, hosted.isRelayOnly ? RELAY_TIMEOUT_MS : GATHERING_TIMEOUT_MS);
    function done() {
      clearTimeout(timer);
      connection.removeEventListener('icegatheringstatechange', check);
      resolve();
    }
    function check() {
      if (connection.iceGatheringState === 'complete') done();
    }
    connection.addEventListener('icegatheringstatechange', check);
    hosted.endGathering = done;
  });
}
