/** The engine as a whole, put together from its torrents: what presses, and whether all is well. */
import type { Health } from '../../contract/engine.ts';
import type {
  BackpressureSnapshot,
  EngineSnapshot,
  TorrentHealth,
} from '../../contract/snapshot.ts';
import type { TorrentTask } from './torrent.ts';

/** Sums over all torrents; the write time is that of the slowest. */
export function backpressureOf(tasks: Iterable<TorrentTask>): BackpressureSnapshot {
  let inFlightPieces = 0;
  let queuedPieces = 0;
  let queuedBytes = 0;
  let averageWriteMs = 0;
  let isBackpressured = false;
  for (const { member, stored } of tasks) {
    inFlightPieces += member?.stats().inFlightPieces ?? 0;
    if (!stored) continue;
    const { store } = stored.plan;
    queuedPieces += store.queuedPieces;
    queuedBytes += store.queuedBytes;
    averageWriteMs = Math.max(averageWriteMs, store.averageWriteMs);
    isBackpressured ||= store.isPressed;
  }
  return { inFlightPieces, queuedPieces, queuedBytes, averageWriteMs, isBackpressured };
}

/** What passes by itself within moments, or is nothing bad. */
const FINE: ReadonlySet<TorrentHealth['kind']> = new Set(['ok', 'waiting', 'verifying']);

export function healthOf(snapshot: EngineSnapshot): Health {
  const { torrents, backpressure, connections, storage, uptimeS, version } = snapshot;
  const count = (...states: string[]) =>
    torrents.filter(({ state }) => states.includes(state)).length;
  const troubles = torrents.filter(({ health }) => !FINE.has(health.kind));
  return {
    status: troubles.length ? 'degraded' : 'ok',
    reasons: troubles.map(({ name, health }) => `${name}: ${health.message}`),
    version,
    uptimeS,
    torrents: {
      active: count('metadata', 'checking', 'downloading'),
      queued: count('queued'),
      paused: count('paused'),
      seeding: count('seeding', 'complete'),
      failed: count('failed'),
    },
    peers: torrents.reduce((sum, { peerCounts }) => sum + peerCounts.connected, 0),
    connections,
    storage,
    memory: {
      queuedWriteBytes: backpressure.queuedBytes,
      cacheBytes: snapshot.cacheBytes,
      pieceBufferBytes: snapshot.pieceBufferBytes,
    },
    backpressure,
    leader: true,
  };
}
