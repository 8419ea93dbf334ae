/** One peer as the world sees it. */
import type { PeerSnapshot } from '../../../contract/snapshot.ts';
import type { WireSession } from './wire-session.ts';

export function snapshotPeer(session: WireSession, strikes: number): PeerSnapshot {
  const { wire, view, pieces } = session;
  return {
    id: view.id,
    client: clientName(wire.peerExtendedHandshake['v'], wire.peerId ?? ''),
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
    isSnubbed: session.isSnubbed,
    strikes,
    requestsInFlight: wire.requests.length,
  } satisfies PeerSnapshot;
}

const CLIENTS: ReadonlyMap<string, string> = new Map([
  ['WW', 'WebTorrent'],
  ['WD', 'WebTorrent Desktop'],
  ['LT', 'libtorrent'],
  ['qB', 'qBittorrent'],
  ['BI', 'BiglyBT'],
]);

/** What the peer calls itself (BEP 10 `v`), else what its id says in Azureus style (BEP 20), else nothing. */
export function clientName(version: unknown, peerIdHex: string): string {
  if (version instanceof Uint8Array) return new TextDecoder().decode(version).slice(0, 40);
  const id = peerIdHex.slice(0, 16).replace(/../g, (hex) => String.fromCharCode(parseInt(hex, 16)));
  const [, code, digits] = /^-([A-Za-z]{2})(\d{4})-$/.exec(id) ?? [];
  const name = code && CLIENTS.get(code);
  return name ? `${name} ${Number(digits!.slice(0, 2))}.${Number(digits!.slice(2))}` : '';
}
