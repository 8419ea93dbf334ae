/** A browser with a minimal peer (minimal-peer.worker.ts): its page only signals, and transfers the channel. */
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../../support/launch.ts';
import type { MadeTorrent } from '../../support/torrents.ts';
import { bundle } from '../bundle.ts';
import { serveWorker } from '../run-in-worker.ts';

const WORKER = fileURLToPath(new URL('./minimal-peer.worker.ts', import.meta.url));

export interface MinimalJob {
  readonly channel: RTCDataChannel;
  readonly handshake: Uint8Array<ArrayBuffer>;
  readonly lengthBytes: number;
  readonly pieceLength: number;
  readonly pieceHashes: Uint8Array;
}

export interface MinimalRun {
  /** From the first interest to the last byte written. */
  readonly transferMs: number;
}

/** Downloads the torrent from the one other peer of its swarm. */
export async function runMinimalPeer(
  torrent: MadeTorrent,
  tracker: string,
  around: (pid: number, run: () => Promise<MinimalRun>) => Promise<MinimalRun>,
): Promise<MinimalRun> {
  const served = await serveWorker(await bundle(WORKER));
  const launched = await launchBrowser();
  try {
    const page = await launched.context.newPage();
    await page.goto(served.url);
    return await around(launched.pid, () =>
      page.evaluate(runInPage, {
        tracker,
        infoHash: torrent.infoHash,
        lengthBytes: torrent.content.length,
        pieceLength: torrent.pieceLength,
        pieceHashes: torrent.pieceHashes.toString('base64'),
      }),
    );
  } finally {
    await launched.close();
    served.close();
  }
}

interface PageJob {
  readonly tracker: string;
  readonly infoHash: string;
  readonly lengthBytes: number;
  readonly pieceLength: number;
  readonly pieceHashes: string;
}

/** Runs in the page. */
async function runInPage(job: PageJob): Promise<MinimalRun> {
  const infoHash = job.infoHash.match(/../g)!.map((hex) => parseInt(hex, 16));
  const peerId = [...'-XX0000-', ...crypto.randomUUID().slice(0, 12)].join('');
  const handshake = new Uint8Array(68);
  handshake.set(new TextEncoder().encode('\u0013BitTorrent protocol'));
  handshake.set(infoHash, 28);
  handshake.set(new TextEncoder().encode(peerId), 48);

  const worker = new Worker('worker.js', { type: 'module' });
  const done = new Promise<MinimalRun>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<MinimalRun>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel('minimal');
  const { lengthBytes, pieceLength } = job;
  const pieceHashes = Uint8Array.from(atob(job.pieceHashes), (char) => char.charCodeAt(0));
  const workerJob = { channel, handshake, lengthBytes, pieceLength, pieceHashes };
  // TypeScript's list of transferables does not have it yet.
  worker.postMessage(workerJob, [channel as unknown as Transferable]);
  await connection.setLocalDescription(await connection.createOffer());
  await new Promise<void>((resolve) => {
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
  });

  const socket = new WebSocket(job.tracker);
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    const { answer } = JSON.parse(data) as { answer?: RTCSessionDescriptionInit };
    if (answer) void connection.setRemoteDescription(answer);
  };
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  const announce = {
    action: 'announce',
    event: 'started',
    info_hash: String.fromCharCode(...infoHash),
    peer_id: peerId,
    numwant: 1,
    uploaded: 0,
    downloaded: 0,
    left: lengthBytes,
    offers: [{ offer_id: peerId, offer: connection.localDescription!.toJSON() as object }],
  };
  socket.send(JSON.stringify(announce));
  const run = await done;
  connection.close();
  socket.close();
  return run;
}
