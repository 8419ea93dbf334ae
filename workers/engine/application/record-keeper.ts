/** The record of one torrent: every change of it is saved, unless the torrent is only looked into or is being removed. */
import type { Catalogue, TorrentRecord } from '../model/catalogue.ts';
import type { SwarmStats } from '../model/swarm.ts';

/** Payload bytes over all sessions. */
export type Traffic = Pick<TorrentRecord, 'uploadedBytes' | 'receivedBytes' | 'wastedBytes'>;

const NOTHING: Traffic = { uploadedBytes: 0, receivedBytes: 0, wastedBytes: 0 };

export class RecordKeeper {
  #record: TorrentRecord;
  /** Of the membership's traffic, what the record has already. */
  #counted = NOTHING;
  /** It was used after the last save. */
  #isUsedSince = false;
  /** False: changes stay in memory. */
  isSaving = true;

  constructor(
    record: TorrentRecord,
    readonly catalogue: Pick<Catalogue, 'saveTorrent'>,
  ) {
    this.#record = record;
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
    this.#isUsedSince = false;
    if (this.isSaving) await this.catalogue.saveTorrent(this.#record);
  }

  /** All there ever was, given what this membership of the swarm has; `null` for none. */
  traffic(stats: SwarmStats | null): Traffic {
    const now = trafficOf(stats);
    const total = (field: keyof Traffic) => this.#record[field] + now[field] - this.#counted[field];
    return {
      uploadedBytes: total('uploadedBytes'),
      receivedBytes: total('receivedBytes'),
      wastedBytes: total('wastedBytes'),
    };
  }

  /** Puts the traffic into the record, and when it was used last, if there was any since. */
  async count(stats: SwarmStats | null): Promise<void> {
    const { uploadedBytes, receivedBytes, wastedBytes } = this.traffic(stats);
    const before = this.#record;
    this.#counted = trafficOf(stats);
    const isSame =
      uploadedBytes === before.uploadedBytes &&
      receivedBytes === before.receivedBytes &&
      wastedBytes === before.wastedBytes;
    if (!isSame || this.#isUsedSince)
      await this.save({ uploadedBytes, receivedBytes, wastedBytes });
  }

  /** The membership ends with these figures; another one begins at 0. */
  async endMembership(stats: SwarmStats | null): Promise<void> {
    await this.count(stats);
    this.#counted = NOTHING;
  }
}

function trafficOf(stats: SwarmStats | null): Traffic {
  if (!stats) return NOTHING;
  const { uploadedBytes, downloadedBytes: receivedBytes, wastedBytes } = stats;
  return { uploadedBytes, receivedBytes, wastedBytes };
}
