/** What a torrent is given by the session around it, and what is each torrent's own to set. */
import type { NewEvent } from '../../contract/events.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { Deps } from '../model/deps.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import type { TrackerTiers } from '../model/tracker-tiers.ts';
import type { Cooling } from './cooldown.ts';
import type { GiveUpReason, RecoveryRules } from './recovery.ts';
import type { TorrentTask } from './torrent.ts';

export interface TorrentContext {
  readonly storage: Storage;
  readonly swarm: Swarm;
  readonly deps: Deps;
  /** The trackers to announce to: the torrent's own and, unless it is private, the defaults. */
  trackersFor(record: TorrentRecord, isPrivate: boolean): TrackerTiers;
  /** Whether everything that is stored is hashed at each start. */
  verifiesOnResume(): boolean;
  /** It stands still for want of room: somebody looks how much there is. */
  roomWanted(): Promise<void>;
  /** When a download is said to stall, and how it is helped. */
  recoveryRules(): RecoveryRules;
  /** Nothing has helped: the torrent is to be left alone for a while (application/cooldown.ts). */
  gaveUp(infoHash: InfoHash, reason: GiveUpReason): void;
  /** `null`: the torrent does not rest after a failure. */
  cooldownOf(infoHash: InfoHash): Cooling | null;
  /** Whether it has to wait, whatever it is itself: `reconsider` is called when that may have changed. */
  isHeldBack(task: TorrentTask): boolean;
  /** Something a snapshot shows has changed. */
  changed(): void;
  /** It may be another's turn now: `giveTurn` follows. */
  turnsChanged(): void;
  /** The metadata came from a peer and is right. */
  learned(meta: TorrentMeta): void;
  /** Something happened that the event log tells of. */
  emit(event: NewEvent): void;
}

/** What is each torrent's own to set. */
export type OwnSettings = Pick<
  TorrentRecord,
  | 'filePriorities'
  | 'isForced'
  | 'keepOffline'
  | 'limits'
  | 'priority'
  | 'queueOrder'
  | 'sequential'
  | 'superSeeding'
  | 'trackers'
  | 'webSeeds'
>;
