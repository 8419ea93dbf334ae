/** The record of one torrent: every change of it is saved, unless the torrent is only looked into or is being removed. */
import type { Catalogue, TorrentRecord } from '../model/catalogue.ts';

export class RecordKeeper {
  #record: TorrentRecord;
  /** Of the membership's uploaded bytes, how many the record has. */
  #countedBytes = 0;
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

  /** Rejects with StorageError when the catalogue does; the change is made all the same. */
  async save(change: Partial<TorrentRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    if (this.isSaving) await this.catalogue.saveTorrent(this.#record);
  }

  /** All that was ever uploaded, given what this membership of the swarm has. */
  uploadedBytes(memberBytes: number): number {
    return this.#record.uploadedBytes + memberBytes - this.#countedBytes;
  }

  /** The membership ends with this much uploaded; another one begins at 0. */
  async endMembership(memberBytes: number): Promise<void> {
    await this.countUploaded(memberBytes);
    this.#countedBytes = 0;
  }

  /** Puts what was uploaded into the record when it has grown. */
  async countUploaded(memberBytes: number): Promise<void> {
    const uploadedBytes = this.uploadedBytes(memberBytes);
    this.#countedBytes = memberBytes;
    if (uploadedBytes !== this.#record.uploadedBytes) await this.save({ uploadedBytes });
  }
}
