/** The page of the connections bench: Rill's RtcHost over a worker, or connections of its own. */
import { RtcHost } from '../../../src/engine/rtc-host.ts';
import { runSide, type Connector, type SideJob, type SideRun } from './side.ts';

declare global {
  var startSide: (job: SideJob) => void;
  var sideRun: Promise<SideRun>;
}

/** Resolves with the run at `sideRun`, which the bench waits for later: the other side has to be started too. */
globalThis.startSide = (job) => {
  globalThis.sideRun = job.kind === 'rill' ? runRill(job) : runBare(job);
};

function runRill(job: SideJob): Promise<SideRun> {
  const { port1, port2 } = new MessageChannel();
  const host = new RtcHost(port1, { canTransfer: true });
  const worker = new Worker('worker.js', { type: 'module' });
  worker.postMessage(job, [port2]);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<SideRun>) =>
      resolve({ ...data, open: Math.min(data.open, host.size) });
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}

async function runBare(job: SideJob): Promise<SideRun> {
  const algorithm: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };
  const certificate = await RTCPeerConnection.generateCertificate(algorithm);
  const certificates = job.kind === 'bare' ? [certificate] : [];
  return runSide(job, new BareConnector(certificates));
}

class BareConnector implements Connector {
  onOpen: (n: number) => void = () => undefined;
  readonly #connections = new Map<number, RTCPeerConnection>();
  readonly #channels: RTCDataChannel[] = [];

  constructor(readonly certificates: RTCCertificate[]) {}

  async offer(n: number): Promise<string> {
    const connection = this.#make(n);
    this.#watch(n, connection.createDataChannel('bare'));
    return describe(connection, await connection.createOffer());
  }

  async answer(n: number, sdp: string): Promise<string> {
    const connection = this.#make(n);
    connection.ondatachannel = ({ channel }) => this.#watch(n, channel);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    return describe(connection, await connection.createAnswer());
  }

  accept(n: number, sdp: string): void {
    void this.#connections.get(n)!.setRemoteDescription({ type: 'answer', sdp });
  }

  countOpen(): number {
    return this.#channels.filter(({ readyState }) => readyState === 'open').length;
  }

  #make(n: number): RTCPeerConnection {
    const connection = new RTCPeerConnection({ certificates: this.certificates });
    this.#connections.set(n, connection);
    return connection;
  }

  #watch(n: number, channel: RTCDataChannel): void {
    this.#channels.push(channel);
    if (channel.readyState === 'open') this.onOpen(n);
    else channel.onopen = () => this.onOpen(n);
  }
}

async function describe(
  connection: RTCPeerConnection,
  description: RTCSessionDescriptionInit,
): Promise<string> {
  await connection.setLocalDescription(description);
  if (connection.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === 'complete') resolve();
      };
    });
  }
  return connection.localDescription!.sdp;
}
