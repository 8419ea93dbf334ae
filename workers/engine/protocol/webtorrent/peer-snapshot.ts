/** One peer as the world sees it. */
import type { PeerSnapshot } from '../../../contract/snapshot.ts';
import type { WireSession } from './wire-session.ts';

export function snapshotPeer(session: WireSession, strikes: number): PeerSnapshot {
  const { wire, pieces } = session;
  const client = wire.peerExtendedHandshake['v'];
  return {
    id: wire.peerId ?? '',
    client: client instanceof Uint8Array ? new TextDecoder().decode(client).slice(0, 40) : '',
    kind: wire.type === 'webSeed' ? 'webseed' : 'webrtc',
    downloadBps: Math.round(wire.downloadSpeed()),
    uploadBps: Math.round(wire.uploadSpeed()),
    downloadedBytes: wire.downloaded,
    uploadedBytes: wire.uploaded,
    progress: pieces.length ? pieces.count / pieces.length : 0,
    isChoking: wire.peerChoking,
    isInterested: wire.peerInterested,
    amChoking: wire.amChoking,
    amInterested: wire.amInterested,
    isSnubbed: false,
    strikes,
    requestsInFlight: wire.requests.length,
  } satisfies PeerSnapshot;
}
