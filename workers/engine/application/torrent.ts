/**
 * One torrent from the moment it is added until it is removed.
 *
 *   metadata ──(info from a peer)──► opening ──(store open)──► open
 *      └───────────────────────────────┴──────────────────────► failed (storage or metadata unusable)
 *
 * Pause and hold are beside the phase: a paused torrent is in no swarm; a held one is, but wants no piece.
 *
 * Invariant: a checkpoint speaks only of pieces whose bytes were flushed before it was written.
 */
import { fail, type RillError } from '../../contract/errors.ts';
import type { TorrentEvent, TorrentHealth } from '../../contract/snapshot.ts';
import { Bitfield } from '../model/bitfield.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import { StorageError } from '../model/chunk-store.ts';
import type { Deps } from '../model/deps.ts';
import { PieceMap, type PieceRange } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';
import type { DownloadPlan, Swarm, SwarmEvents, SwarmTorrent } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { readInfo } from '../readers/torrent-info.ts';
import { FileLedger } from './file-ledger.ts';
import { PieceWaiters } from './piece-waiters.ts';
import { restoreHave } from './restore.ts';
import { shelfOf } from './shelf.ts';

const MAX_ERRORS = 50;

export interface TorrentContext {
  readonly storage: Storage;
  readonly swarm: Swarm;
  readonly deps: Deps;
  /** The trackers to announce to: the torrent's own and, unless it is private, the defaults. */
  trackersFor(record: TorrentRecord, isPrivate: boolean): readonly string[];
  /** Something a snapshot shows has changed. */
  changed(): void;
}

export type TorrentPhase =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'opening'; readonly meta: TorrentMeta }
  | { readonly kind: 'open'; readonly plan: DownloadPlan; readonly ledger: FileLedger }
  | { readonly kind: 'failed'; readonly error: RillError; readonly meta: TorrentMeta | null };

export class TorrentTask {
  phase: TorrentPhase;
  member: SwarmTorrent | null = null;
  readonly waiters = new PieceWaiters();
  readonly errors: TorrentEvent[] = [];
  trouble: TorrentHealth | null = null;
  #generation = 0;
  #isDirty = false;
  #shelfFinished = '';
  #checkpointing: Promise<void> = Promise.resolve();
  #isGone = false;

  constructor(
    public record: TorrentRecord,
    meta: TorrentMeta | null,
    public isHeld: boolean,
    readonly context: TorrentContext,
  ) {
    this.phase = meta ? { kind: 'opening', meta } : { kind: 'metadata' };
  }

  get infoHash() {
    return this.record.infoHash;
  }

  get meta(): TorrentMeta | null {
    switch (this.phase.kind) {
      case 'metadata':
        return null;
      case 'open':
        return this.phase.plan.meta;
      case 'opening':
      case 'failed':
        return this.phase.meta;
    }
  }

  /** Opens the store when the metadata is known and joins the swarm unless paused. */
  async begin(): Promise<void> {
    if (this.phase.kind === 'opening') await this.#open(this.phase.meta);
    if (!this.record.isPaused) this.#join();
  }

  /** Ends the hold. */
  async start(files: readonly number[] | null): Promise<void> {
    this.isHeld = false;
    await this.select(files);
    if (!this.member && !this.record.isPaused) this.#join();
  }

  async select(files: readonly number[] | null): Promise<void> {
    await this.#save({ files });
    if (this.phase.kind !== 'open') return;
    this.phase.ledger.select(files);
    // Files that share an extent with what is wanted now are no longer finished; the shelf says so before a byte moves.
    await this.checkpoint(true);
    if (!this.isHeld) this.member?.want(this.phase.ledger.wantedPieces());
    this.#noteCompletion();
    this.context.changed();
  }

  async pause(reason: RillError | null = null): Promise<void> {
    this.member?.pause();
    this.waiters.failAll(
      reason ??
        fail('no-peers', 'The torrent is paused. Resume it to play what is not here yet.').error,
    );
    await this.#save({ isPaused: true });
    this.context.changed();
    await this.checkpoint();
  }

  async resume(): Promise<void> {
    this.trouble = null;
    await this.#save({ isPaused: false });
    if (this.phase.kind === 'failed' && this.phase.meta) {
      this.phase = { kind: 'opening', meta: this.phase.meta };
      await this.#open(this.phase.meta);
    }
    if (this.member) this.member.resume();
    else this.#join();
    this.context.changed();
  }

  hurry(reader: number, range: PieceRange | null): void {
    this.member?.hurry(reader, range);
  }

  /** Resolves when the piece is readable, or with the reason why it will not be. */
  waitForPiece(index: number, signal: AbortSignal): Promise<RillError | null> {
    if (this.record.isPaused) {
      return Promise.resolve(
        fail('no-peers', 'The torrent is paused. Resume it to play what is not here yet.').error,
      );
    }
    return this.waiters.wait(index, signal);
  }

  /** Writes down what is verified: bytes, then flush, then record, then shelf. Does nothing when nothing changed. */
  checkpoint(isForced = false): Promise<void> {
    const run = this.#checkpointing.then(() => this.#checkpoint(isForced));
    this.#checkpointing = run.catch((error: unknown) => {
      this.#note(`Progress could not be saved: ${(error as Error).message}`);
    });
    return this.#checkpointing;
  }

  /** Leaves the swarm and lets go of the store; with `isDeleting` its bytes and records go too. */
  async close(isDeleting: boolean): Promise<void> {
    if (!isDeleting) await this.checkpoint();
    this.#isGone = true;
    this.waiters.failAll(fail('unknown-torrent', 'The torrent was removed.').error);
    await this.member?.leave();
    this.member = null;
    await this.#checkpointing;
    const { storage } = this.context;
    if (this.phase.kind === 'open') {
      const { store } = this.phase.plan;
      await (isDeleting ? store.destroy() : store.close());
    }
    if (!isDeleting) return;
    await storage.deleteTorrent(this.infoHash);
    await storage.catalogue.removeTorrent(this.infoHash);
  }

  #join(): void {
    if (this.member || this.#isGone) return;
    const trackers = this.context.trackersFor(this.record, this.meta?.isPrivate ?? false);
    const { infoHash, webSeeds } = this.record;
    this.member = this.context.swarm.join({ infoHash, trackers, webSeeds }, this.#events());
    if (this.phase.kind === 'open') this.#download(this.phase.plan, this.phase.ledger);
  }

  #download(plan: DownloadPlan, ledger: FileLedger): void {
    this.member?.begin(plan);
    if (!this.isHeld) this.member?.want(ledger.wantedPieces());
  }

  async #open(meta: TorrentMeta): Promise<void> {
    const { storage } = this.context;
    const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
    try {
      const restored = await restoreHave(storage, this.infoHash, map);
      this.#generation = restored.generation;
      const store = await storage.open(this.infoHash, map);
      const plan: DownloadPlan = { meta, map, store, have: restored.have };
      const ledger = new FileLedger(meta, map, restored.have, this.record.files);
      this.phase = { kind: 'open', plan, ledger };
      if (!this.isHeld) await this.checkpoint(true);
      this.#noteCompletion();
    } catch (error) {
      this.phase = { kind: 'failed', meta, error: reasonOf(error) };
      this.#note(reasonOf(error).message);
    }
    this.context.changed();
  }

  #events(): SwarmEvents {
    return {
      metadata: (infoBytes) => void this.#onMetadata(infoBytes),
      piece: (index) => this.#onPiece(index),
      hashFailure: (index) => {
        this.#note(
          `Piece ${index} did not match its hash; it was thrown away and is fetched again.`,
        );
      },
      storageFailed: (error) => {
        const reason = reasonOf(error);
        this.trouble = { kind: 'storage', message: reason.message, since: this.#now() };
        this.#note(reason.message);
        void this.pause(reason);
      },
      warning: (message) => this.#note(message),
    };
  }

  async #onMetadata(infoBytes: Uint8Array): Promise<void> {
    if (this.phase.kind !== 'metadata') return;
    const read = await readInfo(infoBytes, this.infoHash);
    if (this.#isGone) return;
    if (!read.ok) {
      this.phase = { kind: 'failed', error: read.error, meta: null };
      this.#note(read.error.message);
      this.member?.pause();
      return this.context.changed();
    }
    this.phase = { kind: 'opening', meta: read.value };
    await this.#save({ infoBytes, name: read.value.name });
    await this.#open(read.value);
    // TypeScript keeps the narrowing of two lines above; `#open` has moved the phase on.
    const phase = this.phase as TorrentPhase;
    if (phase.kind === 'open' && !this.#isGone) this.#download(phase.plan, phase.ledger);
  }

  #onPiece(index: number): void {
    if (this.phase.kind !== 'open') return;
    const finished = this.phase.ledger.addPiece(index);
    this.#isDirty = true;
    this.waiters.arrived(index);
    // A finished file can be played with no engine running from now on, so it is written down at once.
    if (finished.length) void this.checkpoint();
    this.#noteCompletion();
    this.context.changed();
  }

  #noteCompletion(): void {
    if (this.phase.kind !== 'open' || this.record.completedAt || this.isHeld) return;
    if (this.phase.ledger.isComplete) void this.#save({ completedAt: this.#now() });
  }

  async #checkpoint(isForced: boolean): Promise<void> {
    if (this.phase.kind !== 'open' || this.#isGone || this.isHeld) return;
    if (!this.#isDirty && !isForced) return;
    this.#isDirty = false;
    const { plan, ledger } = this.phase;
    const have = new Bitfield(plan.have.length, plan.have.bytes);
    const { storage } = this.context;
    try {
      await plan.store.flush();
      await storage.catalogue.saveResume({
        version: 1,
        infoHash: this.infoHash,
        generation: ++this.#generation,
        have: have.bytes,
        at: this.#now(),
      });
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
    const uploadedBytes = this.record.uploadedBytes + this.#takeUploaded();
    if (uploadedBytes !== this.record.uploadedBytes) await this.#save({ uploadedBytes });
    const shelf = shelfOf(plan.meta, plan.map, have, ledger.wantedPieces());
    const finished = shelf.files.map(({ isFinished }) => (isFinished ? 1 : 0)).join('');
    if (finished === this.#shelfFinished) return;
    await storage.saveShelf(shelf);
    this.#shelfFinished = finished;
  }

  /** Bytes uploaded since the last time they were written into the record. */
  #takeUploaded(): number {
    const total = this.member?.stats().uploadedBytes ?? 0;
    const since = total - this.uploadedSaved;
    this.uploadedSaved = total;
    return since;
  }
  uploadedSaved = 0;

  async #save(change: Partial<TorrentRecord>): Promise<void> {
    this.record = { ...this.record, ...change };
    if (!this.isHeld && !this.#isGone)
      await this.context.storage.catalogue.saveTorrent(this.record);
  }

  #note(message: string): void {
    this.errors.unshift({ at: this.#now(), message });
    this.errors.length = Math.min(this.errors.length, MAX_ERRORS);
    this.context.deps.log('warning', `${this.infoHash}: ${message}`);
    this.context.changed();
  }

  #now(): string {
    return new Date(this.context.deps.clock.now()).toISOString();
  }
}

function reasonOf(error: unknown): RillError {
  if (error instanceof StorageError) return error.reason;
  const message = error instanceof Error ? error.message : String(error);
  return fail('storage-unavailable', `Storage failed: ${message}. Reload the page to try again.`)
    .error;
}
