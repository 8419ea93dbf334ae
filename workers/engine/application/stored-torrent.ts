/**
 * A torrent whose store is open: what of it is here, what is still to be hashed before it counts, and what is written down.
 *
 * Invariants: `have`, the ledger and the checkpoint's next content change together; a piece that waits to be hashed is not
 * wanted from peers, so nothing is fetched that may be here; one check runs at a time.
 */
import type { CheckSnapshot } from '../../contract/snapshot.ts';
import { Bitfield } from '../model/bitfield.ts';
import { Padding } from '../model/padding.ts';
import { PieceMap } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';
import type { DownloadPlan } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { Checkpointer } from './checkpointer.ts';
import { FileLedger } from './file-ledger.ts';
import { PaddedReads } from './padded-reads.ts';
import { PieceCheck } from './piece-check.ts';
import { restoreHave, type Restored } from './restore.ts';

export interface StoredEvents {
  /** A piece that was in storage already is good and counts from now on; `finished`: files it completed. */
  gained(index: number, finished: readonly number[]): void;
  /** A piece that counted is damaged or missing and counts no more. */
  lost(index: number): void;
  /** Everything that was doubtful is hashed; `error` when storage failed on the way. */
  checkEnded(error: unknown): void;
}

export class StoredTorrent {
  readonly plan: DownloadPlan;
  readonly ledger: FileLedger;
  readonly checkpointer: Checkpointer;
  /** Bytes the last checkpoint spoke of that were gone when the store was opened. */
  readonly evictedBytes: number;
  /** When the store was opened, all was as the last checkpoint says. */
  readonly isAsRecorded: boolean;
  readonly #reads: PaddedReads;
  readonly #events: StoredEvents;
  /** Extents to be hashed when the check under way has ended. */
  readonly #doubtful = new Set<number>();
  /** Pieces that are neither here nor wanted until they are hashed. */
  readonly #withheld: Bitfield;
  /** Extents that no check has gone through yet: no checkpoint may vouch for what it does not say of them. */
  readonly #unhashed: Set<number>;
  #check: PieceCheck | null = null;
  #isCheckPaused = false;

  private constructor(
    storage: Storage,
    plan: Omit<DownloadPlan, 'have'>,
    restored: Restored,
    padding: Bitfield,
    files: readonly number[] | null,
    now: () => string,
    events: StoredEvents,
  ) {
    const { meta, map, store } = plan;
    this.#reads = new PaddedReads(store, meta, map, padding, (index) => this.#damaged(index));
    this.plan = { meta, map, store: this.#reads, have: restored.have };
    this.ledger = new FileLedger(meta, map, restored.have, files);
    this.#unhashed = new Set(restored.doubtful);
    this.checkpointer = new Checkpointer(
      storage,
      this.plan,
      this.ledger,
      now,
      restored,
      this.#unhashed,
    );
    this.evictedBytes = restored.evictedBytes;
    this.isAsRecorded = restored.isAsRecorded;
    this.#withheld = new Bitfield(map.pieceCount);
    this.#events = events;
    for (const extent of restored.doubtful) {
      const { first, last } = map.piecesOfExtent(extent);
      for (let i = first; i <= last; i++) this.#withheld.set(i);
    }
    this.#hash(restored.doubtful);
  }

  /** Rejects with StorageError when there is no store to be had. */
  static async open(
    storage: Storage,
    meta: TorrentMeta,
    files: readonly number[] | null,
    now: () => string,
    events: StoredEvents,
  ): Promise<StoredTorrent> {
    const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
    const padding = await new Padding(meta.files, map).wholePieces(meta.pieceHashes);
    const restored = await restoreHave(storage, meta.infoHash, map, padding);
    const store = await storage.open(meta.infoHash, map);
    const plan = { meta, map, store };
    return new StoredTorrent(storage, plan, restored, padding, files, now, events);
  }

  /** What peers are asked for: the selection, without what may turn out to be here. */
  wanted(): Bitfield {
    const wanted = this.ledger.wantedPieces();
    for (let i = 0; i < wanted.length; i++) if (this.#withheld.has(i)) wanted.clear(i);
    return wanted;
  }

  /** A piece came from a peer and is stored; returns the files it finished. */
  arrived(index: number): number[] {
    this.#withheld.clear(index);
    this.checkpointer.touched(index);
    return this.ledger.addPiece(index);
  }

  /** Room the torrent takes, in bytes. */
  get storedBytes(): number {
    let bytes = 0;
    for (const { sizeBytes } of this.checkpointer.stamps.values()) bytes += sizeBytes;
    return bytes;
  }

  /** Room the rest of the selection needs, in bytes: its extents that do not exist yet. */
  get neededBytes(): number {
    const { map, have } = this.plan;
    const extents = new Set<number>();
    const wanted = this.ledger.wantedPieces();
    for (let i = 0; i < wanted.length; i++) {
      if (wanted.has(i) && !have.has(i)) extents.add(map.extentOf(i));
    }
    let bytes = 0;
    for (const extent of extents) {
      if (!this.checkpointer.stamps.has(extent)) bytes += map.extentLengthOf(extent);
    }
    return bytes;
  }

  get check(): CheckSnapshot | null {
    const check = this.#check;
    return check && { progress: check.progress, isPaused: check.isPaused };
  }

  /** Hashes everything that exists, whatever is known of it; a check under way begins anew. */
  recheck(): void {
    this.#check?.cancel();
    this.#check = null;
    this.#isCheckPaused = false;
    this.#doubtful.clear();
    const { map, have } = this.plan;
    const extents = new Set(this.checkpointer.stamps.keys());
    // Extents that should exist and do not are found out too: their pieces read as missing.
    for (let i = 0; i < have.length; i++) if (have.has(i)) extents.add(map.extentOf(i));
    this.#hash([...extents].sort((a, b) => a - b));
  }

  pauseCheck(): void {
    this.#isCheckPaused = true;
    this.#check?.pause();
  }

  resumeCheck(): void {
    this.#isCheckPaused = false;
    this.#check?.resume();
  }

  /** Ends the check, and closes the store or deletes it with all its bytes. */
  async end(isDeleting: boolean): Promise<void> {
    this.#doubtful.clear();
    this.#check?.cancel();
    this.#check = null;
    await this.checkpointer.settled();
    await (isDeleting ? this.plan.store.destroy() : this.plan.store.close());
  }

  #damaged(index: number): void {
    this.#lose(index);
    this.#hash([this.plan.map.extentOf(index)]);
  }

  #lose(index: number): void {
    const { have } = this.plan;
    if (!have.has(index)) return;
    have.clear(index);
    this.ledger.removePiece(index);
    this.checkpointer.touched(index);
    this.#events.lost(index);
  }

  #hash(extents: readonly number[]): void {
    for (const extent of extents) this.#doubtful.add(extent);
    if (this.#check || this.#doubtful.size === 0) return;
    const { map, have } = this.plan;
    const pieces: number[] = [];
    /** How many pieces of each extent are still to be hashed. */
    const left = new Map<number, number>();
    for (const extent of this.#doubtful) {
      const { first, last } = map.piecesOfExtent(extent);
      left.set(extent, last - first + 1);
      for (let i = first; i <= last; i++) pieces.push(i);
    }
    this.#doubtful.clear();
    const isIntact = async (index: number) => {
      const wasHere = have.has(index);
      const isSettled = wasHere || this.#withheld.has(index);
      // What a peer gave between the reading and now is good whatever was read.
      if (!(await this.#reads.verify(index))) return !wasHere && have.has(index);
      return isSettled || this.#isWritten(index);
    };
    this.#check = new PieceCheck(pieces, isIntact, {
      checked: (index, good) => {
        const extent = map.extentOf(index);
        left.set(extent, left.get(extent)! - 1);
        if (left.get(extent) === 0) this.#unhashed.delete(extent);
        this.#checked(index, good);
      },
      ended: (error) => this.#checkEnded(error),
    });
    if (this.#isCheckPaused) this.#check.pause();
  }

  /** A piece that was not to be expected may still wait to be written, and may fail to be: hashed again when nothing waits. */
  async #isWritten(index: number): Promise<boolean> {
    await this.plan.store.flush().catch(() => {});
    return this.#reads.verify(index);
  }

  #checked(index: number, isIntact: boolean): void {
    const { have } = this.plan;
    this.#withheld.clear(index);
    if (!isIntact) return this.#lose(index);
    if (have.has(index)) return;
    have.set(index);
    this.#events.gained(index, this.arrived(index));
  }

  #checkEnded(error: unknown): void {
    this.#check = null;
    if (error) {
      // Not hashed, so not known to be here: they are fetched, and a later check may find them.
      for (let i = 0; i < this.#withheld.length; i++) this.#withheld.clear(i);
    }
    this.#events.checkEnded(error);
    this.#hash([]);
  }
}
