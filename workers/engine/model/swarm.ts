/**
 * The port to the peers. The application says which torrent, which pieces it wants and how urgently; the swarm finds
 * peers, downloads, verifies, stores and uploads. Nothing outside `protocol/` knows which library does it.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type {
  Ban,
  ConnectionsSnapshot,
  MetadataSnapshot,
  PeerSnapshot,
  Priority,
  TorrentLimits,
  TrackerSnapshot,
} from '../../contract/snapshot.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Bitfield } from './bitfield.ts';
import type { QueuedChunkStore } from './chunk-store.ts';
import type { PieceMap, PieceRange } from './piece-map.ts';
import type { TorrentMeta } from './torrent-meta.ts';
import type { TrackerTiers } from './tracker-tiers.ts';

/** Of pieces under way, unless memory is short. A torrent of 16 MiB pieces would otherwise hold 320 MiB in twenty of them. */
export const MAX_IN_FLIGHT_BYTES = 24 * 1024 * 1024;
/** Of buffers kept to assemble the next pieces in, unless memory is short. */
export const MAX_SPARE_BYTES = 8 * 1024 * 1024;

/** What the swarm may keep of torrents' bytes, over all torrents. */
export interface BufferShares {
  readonly maxInFlightBytes: number;
  readonly maxSpareBytes: number;
}

export const ALL_BUFFERS: BufferShares = {
  maxInFlightBytes: MAX_IN_FLIGHT_BYTES,
  maxSpareBytes: MAX_SPARE_BYTES,
};

export interface JoinSpec {
  readonly infoHash: InfoHash;
  /** Checked against the host policy already; each URL is named once. */
  readonly trackers: TrackerTiers;
  readonly webSeeds: readonly string[];
}

export interface SwarmEvents {
  /** The raw bytes of `info` came from a peer and their SHA-1 is the info hash. Called once, only while there is no meta. */
  metadata(infoBytes: Uint8Array): void;
  /** A piece is verified, stored and readable. `have` is already updated. */
  piece(index: number): void;
  /** A piece did not match its hash and was thrown away. */
  hashFailure(index: number, lengthBytes: number): void;
  /** A write failed; the piece was thrown away and no new piece is started until `resume`. */
  storageFailed(error: Error): void;
  /** Something a person may want to know and nothing stops for. */
  warning(message: string): void;
}

export interface DownloadPlan {
  readonly meta: TorrentMeta;
  readonly map: PieceMap;
  readonly store: QueuedChunkStore;
  /** What is verified and stored; the swarm adds to it. */
  readonly have: Bitfield;
}

export interface SwarmStats {
  readonly downloadBps: number;
  readonly uploadBps: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly wastedBytes: number;
  readonly inFlightPieces: number;
  /** Connected, without web seeds that have given nothing since they failed. */
  readonly peers: number;
  /** For how long there has been none of them; 0 while there is one. */
  readonly aloneMs: number;
  /** How far the metadata is, while it is not known. */
  readonly metadata: MetadataSnapshot | null;
  /** Bans that this torrent brought about and that hold. */
  readonly banned: number;
  readonly seeds: number;
  /** Peers that have unchoked us and give nothing (protocol/snub.ts). */
  readonly snubbed: number;
  /** Nobody is reached, neither peers nor trackers, though somebody was before: the network is away (protocol/partition.ts). */
  readonly isCutOff: boolean;
  /** It could ask for something and waits: for tokens of a limit, or for room among what is in flight over all torrents. */
  readonly isHeldBack: boolean;
  /** Wanted pieces that are not here and that nobody connected has; 0 while a seed is connected, and before the metadata is known. */
  readonly missingPieces: number;
}

export type TrackerReach = 'tiers' | 'all';

export interface SwarmTorrent {
  /** Gives the swarm the metadata and a store; from now on it downloads what is wanted and uploads what is there. */
  begin(plan: DownloadPlan): void;
  /** Replaces the set of pieces that are wanted, and which of them come before others; without `priorityOf` none do. */
  want(pieces: Bitfield, priorityOf?: (index: number) => Priority): void;
  /** Pieces wanted before all others, nearest first; a later call with the same `reader` replaces the earlier. */
  hurry(reader: number, pieces: PieceRange | null): void;
  /**
   * How fast the torrent may move payload, from now on: bytes per second, 0 for no limit but the common one of the settings
   * (model/settings-schema.ts has the range). Paused or not; a torrent begins with none.
   */
  limit(limits: TorrentLimits): void;
  /**
   * While it is on and everything is here, peers are told of one piece at a time, so that they pass it on (BEP 16). Whoever is
   * connected when it begins knows already what is here; when it ends everybody learns.
   */
  superSeed(isOn: boolean): void;
  /** Pieces in their order instead of the rarest first, after what readers wait for and by priority. Off at first. */
  fetchInOrder(isOn: boolean): void;
  /**
   * Announces to these trackers from now on, and to no other; connections stay. `reach`: to those of each tier that BEP 12
   * names (the default), or to every one of them at once.
   */
  announceTo(trackers: TrackerTiers, reach?: TrackerReach): void;
  /** Asks the trackers for peers now. */
  reannounce(): void;
  /** More web seeds (BEP 19), checked against the host policy; those it has already are left as they are. */
  addWebSeeds(urls: readonly string[]): void;
  /** A piece that was in storage after all is ours: `have` is already updated. */
  gained(index: number): void;
  /** A piece that was ours is not in storage any more: `have` is already updated; it is fetched again when wanted. */
  lost(index: number): void;
  /**
   * No payload moves in either direction and nobody new is sought or let in, until `resume`. Peers that are kept go on
   * within a round trip then; they make way for peers of other torrents, and are closed after ten minutes.
   */
  pause(peers: 'keep' | 'close'): void;
  resume(): void;
  /** Disconnects peers that have unchoked us and give nothing (protocol/snub.ts), so that others get their places; returns how many. */
  dropSnubbed(): number;
  stats(): SwarmStats;
  peers(): readonly PeerSnapshot[];
  trackers(): readonly TrackerSnapshot[];
  /** Leaves for good. The store stays open: it belongs to the caller. */
  leave(): Promise<void>;
}

export interface Swarm {
  join(spec: JoinSpec, events: SwarmEvents): SwarmTorrent;
  connections(): ConnectionsSnapshot;
  /** Memory of the pieces under way, and of the buffers kept for the next ones. */
  bufferBytes(): number;
  /** The machine slept, the page was frozen, or the network is back: trackers are asked again at once, dead connections let go of. */
  wake(): void;
  /** What the browser says of the network. Without one no tracker is tried; with one again all happens that `wake` does. */
  setOnline(isOnline: boolean): void;
  /** Takes effect at once, but for connections over a limit: see `closeSurplus`. `shares`: ALL_BUFFERS when not given. */
  configure(settings: Settings, shares?: BufferShares): void;
  /** Closes the connections that are over what `configure` allows, the least useful first. */
  closeSurplus(): void;
  /** Who is refused, oldest first. */
  bans(): readonly Ban[];
  /** Returns whether there was such a ban. */
  liftBan(id: string): boolean;
}
