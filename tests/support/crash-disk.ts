/**
 * A disk that keeps its promises and no more: what was written is there until the power goes, what was flushed is there
 * for good, and what was written since may then be there, be missing, or be there in part.
 */
import type { InfoHash, PieceIndex } from '../../workers/contract/ids.ts';
import type { ExtentStamp } from '../../workers/contract/shelf.ts';
import type { ResumeRecord } from '../../workers/engine/model/catalogue.ts';
import type { QueuedChunkStore } from '../../workers/engine/model/chunk-store.ts';
import type { Clock } from '../../workers/engine/model/deps.ts';
import type { PieceMap } from '../../workers/engine/model/piece-map.ts';
import { WriteBudget } from '../../workers/engine/storage/queue/write-budget.ts';
import { WriteQueue } from '../../workers/engine/storage/queue/write-queue.ts';
import type { RunStore } from '../../workers/engine/storage/run-store.ts';
import { bytesMissing } from '../../workers/engine/storage/storage-errors.ts';
import { settled } from './fake-clock.ts';
import { emptyDisk, FakeStorage, type Disk } from './fake-storage.ts';
import { FaultyStore, type Fault } from './faulty-store.ts';
import type { Random } from './seeded-random.ts';

interface ExtentState {
  bytes: Uint8Array<ArrayBuffer>;
  modifiedMs: number;
}

interface Extent extends ExtentState {
  /** As the last flush left it. */
  durable: ExtentState | null;
  unflushed: { readonly at: number; readonly bytes: Uint8Array }[];
}

/** The disk of one machine; sessions come and go on it, one at a time. */
export class CrashDisk {
  readonly extents = new Map<number, Extent>();
  records: Disk = emptyDisk();
  /** The checkpoints that were saved, oldest first. */
  readonly checkpoints: ResumeRecord[] = [];
  /** Counts the lives of the machine; whoever belongs to an earlier one reaches nothing any more. */
  life = 0;
  #nowMs = 1;

  write(extent: number, lengthBytes: number, at: number, bytes: Uint8Array): void {
    const found = this.extents.get(extent) ?? {
      bytes: new Uint8Array(lengthBytes),
      modifiedMs: 0,
      durable: null,
      unflushed: [],
    };
    this.extents.set(extent, found);
    found.bytes.set(bytes, at);
    found.modifiedMs = this.#nowMs++;
    found.unflushed.push({ at, bytes: bytes.slice() });
  }

  flush(): void {
    for (const extent of this.extents.values()) {
      extent.durable = { bytes: extent.bytes.slice(), modifiedMs: extent.modifiedMs };
      extent.unflushed = [];
    }
  }

  /** The process is gone; the operating system still writes what it was given. */
  kill(): void {
    this.life++;
  }

  /** Everything is gone but what the disk itself has. */
  cutPower(random: Random): void {
    this.life++;
    for (const [index, extent] of this.extents) {
      if (extent.unflushed.length === 0) continue;
      if (!extent.durable && random() < 0.3) this.extents.delete(index);
      else this.#settle(extent, random);
    }
    // A record that was saved may be lost as a whole, and those after it with it.
    while (this.checkpoints.length > 1 && random() < 0.4) this.checkpoints.pop();
    const newest = this.checkpoints.at(-1);
    if (newest) this.records.resumes.set(newest.infoHash, newest);
  }

  #settle(extent: Extent, random: Random): void {
    const { durable } = extent;
    const bytes = durable?.bytes.slice() ?? new Uint8Array(extent.bytes.length);
    for (const write of extent.unflushed) {
      const dice = random();
      const reached = dice < 0.4 ? 1 : dice < 0.7 ? 0 : random();
      bytes.set(write.bytes.subarray(0, Math.floor(write.bytes.length * reached)), write.at);
    }
    // The time of the file is written apart from its bytes.
    const modifiedMs = durable && random() < 0.5 ? durable.modifiedMs : extent.modifiedMs;
    extent.bytes = bytes;
    extent.modifiedMs = modifiedMs;
    extent.durable = { bytes: bytes.slice(), modifiedMs };
    extent.unflushed = [];
  }
}

/** Storage on such a disk, for one life of the machine: the real write queue around a store that meets `faults`. */
export class CrashStorage extends FakeStorage {
  readonly #life: number;

  constructor(
    readonly crashDisk: CrashDisk,
    readonly clock: Clock,
    readonly faults: readonly Fault[],
  ) {
    super(crashDisk.records);
    this.#life = crashDisk.life;
    const { saveResume } = this.catalogue;
    this.catalogue.saveResume = async (record) => {
      await saveResume(record);
      crashDisk.checkpoints.push(record);
    };
  }

  /** Never resolves in a life that is over. */
  async alive(): Promise<void> {
    if (this.#life !== this.crashDisk.life) await new Promise(() => {});
  }

  override async enter(call: Parameters<FakeStorage['enter']>[0]): Promise<void> {
    await super.enter(call);
    await this.alive();
  }

  override async open(_infoHash: InfoHash, map: PieceMap): Promise<QueuedChunkStore> {
    const store = new FaultyStore(new CrashStore(this, map), ...this.faults);
    const budget = new WriteBudget(1024 * 1024);
    return new WriteQueue(store, { map, budget, clock: this.clock });
  }

  override async extentStamps(
    _infoHash: InfoHash,
    _map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>> {
    const stamps = new Map<number, ExtentStamp>();
    for (const [extent, { bytes, modifiedMs }] of this.crashDisk.extents) {
      if (only && !only.includes(extent)) continue;
      stamps.set(extent, { extent, sizeBytes: bytes.length, modifiedMs });
    }
    return stamps;
  }
}

class CrashStore implements RunStore {
  constructor(
    readonly storage: CrashStorage,
    readonly map: PieceMap,
  ) {}

  write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    return this.writeRun(index, [bytes]);
  }

  async writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    await this.storage.alive();
    const { map } = this;
    for (const [i, piece] of pieces.entries()) {
      const extent = map.extentOf(first + i);
      const at = map.offsetInExtent(first + i);
      this.storage.crashDisk.write(extent, map.extentLengthOf(extent), at, piece);
    }
  }

  async read(index: PieceIndex, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    // Long enough for something else to happen while pieces are being hashed.
    await settled();
    await this.storage.alive();
    const extent = this.storage.crashDisk.extents.get(this.map.extentOf(index));
    if (!extent) throw bytesMissing(`piece ${index} is not there`);
    const at = this.map.offsetInExtent(index) + offset;
    return extent.bytes.slice(at, at + length);
  }

  async flush(): Promise<void> {
    await this.storage.enter('flush');
    this.storage.crashDisk.flush();
  }

  async close(): Promise<void> {
    await this.flush();
  }

  async destroy(): Promise<void> {
    await this.storage.alive();
    this.storage.crashDisk.extents.clear();
  }
}
