/**
 * One torrent from the moment it is added until it is removed.
 *
 *   metadata ──(info from a peer)──► opening ──(store open)──► open
 *      └───────────────────────────────┴──────────────────────► failed (storage or metadata unusable)
 *
 * Pause and hold are beside the phase: a paused torrent is in no swarm; a held one is, but wants no piece and is saved nowhere.
 */
import { fail, type RillError } from '../../contract/errors.ts';
import type { TorrentEvent, TorrentHealth } from '../../contract/snapshot.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import { StorageError } from '../model/chunk-store.ts';
import type { Deps } from '../model/deps.ts';
import { PieceMap, type PieceRange } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';
import type { DownloadPlan, Swarm, SwarmEvents, SwarmTorrent } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { readInfo } from '../readers/torrent-info.ts';
import { Checkpointer } from './checkpointer.ts';
import { FileLedger } from './file-ledger.ts';
import { PieceWaiters } from './piece-waiters.ts';
import { restoreHave } from './restore.ts';

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
  | {
      readonly kind: 'open';
      readonly plan: DownloadPlan;
      readonly ledger: FileLedger;
      readonly checkpointer: Checkpointer;
    }
  | { readonly kind: 'failed'; readonly error: RillError; readonly meta: TorrentMeta | null };

export class TorrentTask {
  phase: TorrentPhase;
  member: SwarmTorrent | null = null;
  readonly waiters = new PieceWaiters();
  readonly errors: TorrentEvent[] = [];
  trouble: TorrentHealth | null = null;
  #opening: Promise<void> = Promise.resolve();
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

  /** Takes the metadata, from a peer or from a .torrent given later. Nothing when it is known already. */
  async learn(infoBytes: Uint8Array): Promise<void> {
    if (this.phase.kind !== 'metadata') return;
    const read = await readInfo(infoBytes, this.infoHash);
    if (this.#isGone || this.phase.kind !== 'metadata') return;
    if (!read.ok) {
      this.phase = { kind: 'failed', error: read.error, meta: null };
      this.#note(read.error.message);
      this.member?.pause();
      return this.context.changed();
    }
    const meta = read.value;
    this.phase = { kind: 'opening', meta };
    await this.#trySave({ infoBytes, name: meta.name });
    // The default trackers were asked before anyone could know that the torrent is private (BEP 27).
    if (meta.isPrivate) this.member?.announceTo(this.context.trackersFor(this.record, true));
    await this.#open(meta);
    // TypeScript keeps the narrowing from above; `#open` has moved the phase on.
    const phase = this.phase as TorrentPhase;
    if (phase.kind === 'open' && !this.#isGone) this.#download(phase.plan, phase.ledger);
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
    await this.#trySave({ isPaused: true });
    this.context.changed();
    await this.checkpoint();
  }

  async resume(): Promise<void> {
    this.trouble = null;
    await this.#save({ isPaused: false });
    const reopened = this.phase.kind === 'failed' ? this.phase.meta : null;
    if (reopened) {
      this.phase = { kind: 'opening', meta: reopened };
      await this.#open(reopened);
    }
    if (!this.member) this.#join();
    else {
      this.member.resume();
      // A membership from before the store could be opened has no plan yet.
      if (reopened && this.phase.kind === 'open')
        this.#download(this.phase.plan, this.phase.ledger);
    }
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

  /** Writes down what is verified; a failure is noted and tried again with the next. Does nothing when nothing changed. */
  async checkpoint(isForced = false): Promise<void> {
    if (this.phase.kind !== 'open' || this.#isGone || this.isHeld) return;
    try {
      // Seeding changes no piece, so this comes before the question whether any did.
      const uploadedBytes = this.record.uploadedBytes + this.#takeUploaded();
      if (uploadedBytes !== this.record.uploadedBytes) await this.#save({ uploadedBytes });
      await this.phase.checkpointer.run(isForced);
    } catch (error) {
      this.#note(`Progress could not be saved: ${reasonOf(error).message}`);
    }
  }

  /** Leaves the swarm and lets go of the store. With `isDeleting` bytes and progress go; else they wait for its return. */
  async close(isDeleting: boolean): Promise<void> {
    if (!isDeleting) await this.checkpoint();
    this.#isGone = true;
    this.waiters.failAll(fail('unknown-torrent', 'The torrent was removed.').error);
    await this.member?.leave();
    this.member = null;
    // What is being opened is closed too: a store that opened after its deletion would stay behind.
    await this.#opening;
    const { storage } = this.context;
    if (this.phase.kind === 'open') {
      await this.phase.checkpointer.settled();
      const { store } = this.phase.plan;
      await (isDeleting ? store.destroy() : store.close());
    }
    if (isDeleting) await storage.deleteTorrent(this.infoHash);
    await storage.catalogue.removeTorrent(this.infoHash, isDeleting ? 'forget' : 'keep');
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

  #open(meta: TorrentMeta): Promise<void> {
    this.#opening = this.#openStore(meta);
    return this.#opening;
  }

  async #openStore(meta: TorrentMeta): Promise<void> {
    const { storage } = this.context;
    const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
    try {
      const restored = await restoreHave(storage, this.infoHash, map);
      const store = await storage.open(this.infoHash, map);
      const plan: DownloadPlan = { meta, map, store, have: restored.have };
      const ledger = new FileLedger(meta, map, restored.have, this.record.files);
      const now = () => this.#now();
      const checkpointer = new Checkpointer(storage, plan, ledger, now, restored.generation);
      this.phase = { kind: 'open', plan, ledger, checkpointer };
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
      metadata: (infoBytes) => void this.learn(infoBytes),
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

  #onPiece(index: number): void {
    if (this.phase.kind !== 'open') return;
    const finished = this.phase.ledger.addPiece(index);
    this.phase.checkpointer.touched();
    this.waiters.arrived(index);
    // A finished file can be played with no engine running from now on, so it is written down at once.
    if (finished.length) void this.checkpoint();
    this.#noteCompletion();
    this.context.changed();
  }

  #noteCompletion(): void {
    if (this.phase.kind !== 'open' || this.record.completedAt || this.isHeld) return;
    if (this.phase.ledger.isComplete) void this.#trySave({ completedAt: this.#now() });
  }

  /** Bytes uploaded since the last time they were written into the record. */
  #takeUploaded(): number {
    const total = this.member?.stats().uploadedBytes ?? 0;
    const since = total - this.uploadedSaved;
    this.uploadedSaved = total;
    return since;
  }
  uploadedSaved = 0;

  /** Where nobody waits for the answer: a failure is noted. */
  async #trySave(change: Partial<TorrentRecord>): Promise<void> {
    try {
      await this.#save(change);
    } catch (error) {
      this.#note(reasonOf(error).message);
    }
  }

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

/** What a failure of storage or records means to a person. */
export function reasonOf(error: unknown): RillError {
  if (error instanceof StorageError) return error.reason;
  const message = error instanceof Error ? error.message : String(error);
  return fail('storage-unavailable', `Storage failed: ${message}. Reload the page to try again.`)
    .error;
}
