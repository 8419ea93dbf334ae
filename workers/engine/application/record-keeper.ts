/** The record of one torrent: every change of it is saved, unless the torrent is only looked into or is being removed. */
import type { Catalogue, TorrentRecord } from '../model/catalogue.ts';
import type { SwarmStats } from '../model/swarm.ts';
import { differenceOf, figuresOf, type Figures } from './figures.ts';
import { TorrentTally } from './torrent-tally.ts';

/** Payload bytes over all sessions. */
type Traffic = Pick<Figures, 'uploadedBytes' | 'receivedBytes' | 'wastedBytes'>;

const NOTHING: Traffic = { uploadedBytes: 0, receivedBytes: 0, wastedBytes: 0 };
/** Time alone is no reason to write a record, which has the torrent's metadata in it, but so much of it is. */
const UNSAVED_S = 600;
/** When there may be no later; less is not worth it for a tab that is only looked away from for a moment. */
const UNSAVED_AT_END_S = 10;

export class RecordKeeper {
  #record: TorrentRecord;
  readonly #began: Figures;
  readonly tally = new TorrentTally();
  /** Of the membership's traffic, what the record has already. */
  #counted = NOTHING;
  /** It was used after the last save. */
  #isUsedSince = false;
  /** Seconds of activity that the saved record does not have. */
  #unsavedS = 0;
  /** False: changes stay in memory. */
  isSaving = true;

  constructor(
    record: TorrentRecord,
    readonly catalogue: Pick<Catalogue, 'saveTorrent'>,
  ) {
    this.#record = record;
    this.#began = figuresOf(record);
  }

  get record(): TorrentRecord {
    return this.#record;
  }

  /** It was used at that time, as ISO 8601. Goes into storage with the next save or `count`: players tell of it all the time. */
  used(lastUsedAt: string): void {
    this.#record = { ...this.#record, lastUsedAt };
    this.#isUsedSince = true;
  }

  /** Rejects with StorageError when the catalogue does; the change is made all the same. */
  async save(change: Partial<TorrentRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    if (!this.isSaving) return;
    this.#isUsedSince = false;
    this.#unsavedS = 0;
    await this.catalogue.saveTorrent(this.#record);
  }

  /** All there ever was, given what this membership of the swarm has; `null` for none. */
  figures(stats: SwarmStats | null): Figures {
    const now = trafficOf(stats);
    const before = this.#record;
    const { counts } = this.tally;
    const total = (field: keyof Traffic) => before[field] + now[field] - this.#counted[field];
    return {
      uploadedBytes: total('uploadedBytes'),
      receivedBytes: total('receivedBytes'),
      wastedBytes: total('wastedBytes'),
      verifiedBytes: before.verifiedBytes + counts.verifiedBytes,
      hashFailures: before.hashFailures + counts.hashFailures,
      bans: before.bans + counts.bans,
      activeS: before.activeS + counts.activeS,
      seedingS: before.seedingS + counts.seedingS,
    };
  }

  /** Of those, what came since the engine started or the torrent was added. */
  sessionFigures(stats: SwarmStats | null): Figures {
    return differenceOf(this.figures(stats), this.#began);
  }

  /**
   * Puts the figures into the record, and saves it when anything but time moved, or it was used. `mayBeLast`: there may be no
   * other call, so time is saved too.
   */
  async count(stats: SwarmStats | null, mayBeLast = false): Promise<void> {
    const figures = this.figures(stats);
    const before = this.#record;
    this.#counted = trafficOf(stats);
    this.tally.take();
    // Who seeds is active: that time is in both.
    const { activeS, seedingS: _, ...moved } = differenceOf(figures, figuresOf(before));
    this.#unsavedS += activeS;
    const isLong = this.#unsavedS >= (mayBeLast ? UNSAVED_AT_END_S : UNSAVED_S);
    const hasMoved = Object.values(moved).some((by) => by !== 0);
    if (hasMoved || isLong || this.#isUsedSince) await this.save(figures);
    else this.#record = { ...before, ...figures };
  }

  /** The membership ends with these figures; another one begins at 0. */
  async endMembership(stats: SwarmStats | null): Promise<void> {
    const counting = this.count(stats);
    this.#counted = NOTHING;
    await counting;
  }
}

function trafficOf(stats: SwarmStats | null): Traffic {
  if (!stats) return NOTHING;
  const { uploadedBytes, downloadedBytes: receivedBytes, wastedBytes } = stats;
  return { uploadedBytes, receivedBytes, wastedBytes };
}
