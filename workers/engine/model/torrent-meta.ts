/** What a strict reader made of an `info` dictionary. Everything in it has been checked; nothing in it is a path yet. */
import type { InfoHash } from '../../contract/ids.ts';
import type { TrackerTiers } from './tracker-tiers.ts';

export interface MetaFile {
  /** Made safe for any file system and unique within the torrent; `/` between elements, the torrent's folder first. */
  readonly path: string;
  /** The elements as the torrent spells them, below the torrent's own name: what a web seed's URL is made of (BEP 19). */
  readonly rawPath: readonly string[];
  readonly lengthBytes: number;
  /** Where the file begins in the torrent's line of bytes. */
  readonly offsetBytes: number;
  /** Padding (BEP 47): zero bytes, never listed, never wanted for its own sake. */
  readonly isPad: boolean;
}

export interface TorrentMeta {
  readonly infoHash: InfoHash;
  /** Made safe for display and for a folder name. */
  readonly name: string;
  /** As the torrent spells it: what a web seed's URL is made of. */
  readonly rawName: string;
  readonly isPrivate: boolean;
  /** Whether `info` has `files` (then a web seed serves a folder) or a single `length`. */
  readonly isMultiFile: boolean;
  readonly pieceLength: number;
  readonly lengthBytes: number;
  /** SHA-1 of every piece, 20 bytes each, one after the other. */
  readonly pieceHashes: Uint8Array;
  readonly files: readonly MetaFile[];
  /** The raw bytes of `info`, whose SHA-1 is the info hash: given to peers that ask (BEP 9). */
  readonly infoBytes: Uint8Array;
}

/** A whole .torrent file: the meta and what stands beside `info`. */
export interface TorrentFileContents {
  readonly meta: TorrentMeta;
  /** Tracker URLs as spelled, each once; not yet checked against the host policy. */
  readonly trackers: TrackerTiers;
  /** Web seed URLs (BEP 19 `url-list`), as spelled; not yet checked against the host policy. */
  readonly webSeeds: readonly string[];
}

export interface MagnetContents {
  readonly infoHash: InfoHash;
  /** Display name (`dn`), made safe, or `null`. */
  readonly name: string | null;
  readonly trackers: readonly string[];
  readonly webSeeds: readonly string[];
  /** File indexes of BEP 53 `so`, ascending, or `null` for all. */
  readonly selected: readonly number[] | null;
}
