/**
 * One torrent from the moment it is added until it is removed.
 *
 *   metadata ──(info from a peer)──► opening ──(store open)──► open
 *      └───────────────────────────────┴──────────────────────► failed (storage or metadata unusable)
 *
 * Pause, turn and hold are beside the phase: a torrent that is paused, or whose turn it is not (queue.ts), moves no payload, and
 * is in no swarm but with the peers it had; a held one is, but wants no piece and is saved nowhere.
 */
import { fail, type RillError } from '../../contract/errors.ts';
import type { NewEvent } from '../../contract/events.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { TorrentState } from '../../contract/snapshot.ts';
import type { PausedBy, TorrentRecord } from '../model/catalogue.ts';
import type { Deps } from '../model/deps.ts';
import type { PieceRange } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm, SwarmEvents, SwarmStats, SwarmTorrent, TrackerReach } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import type { TrackerTiers } from '../model/tracker-tiers.ts';
import { readInfo } from '../readers/torrent-info.ts';
import type { Cooling } from './cooldown.ts';
import { cooldownError } from './cooldown-words.ts';
import type { Figures } from './figures.ts';
import type { Checkpointer } from './checkpointer.ts';
import { LostPieces } from './lost-pieces.ts';
import { PieceRetries } from './piece-retries.ts';
import { PieceWaiters } from './piece-waiters.ts';
import { reasonOf } from './reason-of.ts';
import type { GiveUpReason, RecoveryRules } from './recovery.ts';
import { RecordKeeper } from './record-keeper.ts';
import { StoredTorrent, type StoredEvents } from './stored-torrent.ts';
import { TorrentLog } from './torrent-log.ts';
import { pieceArrived } from './torrent-events.ts';
import { activityOf, type Activity } from './torrent-tally.ts';
import { evicted, metered, notHere, storageFull, type TorrentTrouble } from './torrent-trouble.ts';
import { Vitals } from './vitals.ts';

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

export type TorrentPhase =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'opening'; readonly meta: TorrentMeta }
  | { readonly kind: 'open'; readonly stored: StoredTorrent }
  | { readonly kind: 'failed'; readonly error: RillError; readonly meta: TorrentMeta | null };

export class TorrentTask {
  phase: TorrentPhase;
  member: SwarmTorrent | null = null;
  readonly waiters = new PieceWaiters();
  readonly log: TorrentLog;
  trouble: TorrentTrouble | null = null;
  readonly vitals: Vitals;
  /** Place among those of its kind that wait for a turn, from 1; 0 when it waits for none. */
  queuePosition = 0;
  readonly #retries = new PieceRetries();
  #bannedBefore = 0;
  readonly #keeper: RecordKeeper;
  readonly #lost: LostPieces;
  #opening: Promise<void> = Promise.resolve();
  #isHeld: boolean;
  #isGone = false;
  #hasTurn = false;
  /** The store is open, if there is one: it may join. */
  #isReady = false;
  #wasHeldBack = false;

  constructor(
    record: TorrentRecord,
    meta: TorrentMeta | null,
    isHeld: boolean,
    readonly context: TorrentContext,
  ) {
    this.phase = meta ? { kind: 'opening', meta } : { kind: 'metadata' };
    const { infoHash } = record;
    this.log = new TorrentLog(infoHash, context.deps, (message) => {
      context.emit({ kind: 'torrent:error', infoHash, message });
      context.changed();
    });
    this.#keeper = new RecordKeeper(record, context.storage.catalogue);
    this.#keeper.isSaving = !isHeld;
    this.#isHeld = isHeld;
    this.vitals = new Vitals(this);
    this.#lost = new LostPieces(
      async (count) => {
        const what = count === 1 ? 'A piece was' : `${count} pieces were`;
        this.log.note(`${what} damaged or missing in storage; what is missing is fetched again.`);
        await this.#trySave({ completedAt: null });
        await this.checkpoint(true);
      },
      (index) => this.member?.lost(index),
    );
  }

  get record(): TorrentRecord {
    return this.#keeper.record;
  }

  /** Only looked into: a person has not confirmed it. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The queue lets it run, should nothing else speak against it. */
  get hasTurn(): boolean {
    return this.#hasTurn;
  }

  /** What was moved, and how it went: over all sessions. */
  get traffic(): Figures {
    return this.#keeper.figures(this.#stats);
  }

  /** As `traffic`, of this session alone. */
  get sessionFigures(): Figures {
    return this.#keeper.sessionFigures(this.#stats);
  }

  /** Counts time spent in this state, and bans that are new; returns what the time was spent on. */
  passed(elapsedMs: number, state: TorrentState): Activity {
    const stats = this.#stats;
    const { tally } = this.#keeper;
    if (stats) tally.banned(stats.banned);
    const activity = this.isHeld ? 'none' : activityOf(state, stats);
    tally.passed(elapsedMs, activity);
    return activity;
  }

  get infoHash() {
    return this.record.infoHash;
  }

  /** It failed and is in no swarm until its time is over. */
  get cooling(): Cooling | null {
    return this.context.cooldownOf(this.infoHash);
  }

  /** Peers are asked what is in it. */
  get isLookingInside(): boolean {
    return this.phase.kind === 'metadata' && !this.record.pausedBy && !this.cooling;
  }

  get stored(): StoredTorrent | null {
    return this.phase.kind === 'open' ? this.phase.stored : null;
  }

  get meta(): TorrentMeta | null {
    switch (this.phase.kind) {
      case 'metadata':
        return null;
      case 'open':
        return this.phase.stored.plan.meta;
      case 'opening':
      case 'failed':
        return this.phase.meta;
    }
  }

  /** Opens the store when the metadata is known and joins the swarm when it is its turn, unless paused. */
  async begin(): Promise<void> {
    if (this.phase.kind === 'opening') await this.#open(this.phase.meta);
    this.#isReady = true;
    this.#run();
    this.context.turnsChanged();
    this.context.changed();
  }

  /** Whether it may run, and if not, its place among those that wait; what a person said of it stays. Returns whether that is new. */
  giveTurn(isOurs: boolean, position: number): boolean {
    const isNew = isOurs !== this.#hasTurn || position !== this.queuePosition;
    const hadTurn = this.#hasTurn;
    this.#hasTurn = isOurs;
    this.queuePosition = position;
    if (isOurs && !hadTurn) this.#run();
    else if (!isOurs && hadTurn && !this.record.pausedBy) this.member?.pause('keep');
    return isNew;
  }

  /** As `begin`, at a start of the engine: what the browser took away since is told, and not fetched again unasked. */
  async restore(): Promise<void> {
    if (this.phase.kind === 'opening') await this.#open(this.phase.meta);
    if (this.stored?.evictedBytes) await this.#evict(this.stored.evictedBytes);
    else if (this.record.pausedBy === 'evicted') this.trouble = evicted(null, this.#now());
    else if (this.record.pausedBy === 'storage-full') this.noteFreeBytes(null);
    await this.begin();
  }

  /** Ends the hold. */
  async start(files: readonly number[] | null, own: Partial<OwnSettings> = {}): Promise<void> {
    this.#isHeld = false;
    this.#keeper.isSaving = true;
    this.context.turnsChanged();
    if (Object.keys(own).length) await this.adjust(own);
    await this.select(files);
  }

  /** Takes the metadata, from a peer or from a .torrent given later. Nothing when it is known already. */
  async learn(infoBytes: Uint8Array): Promise<void> {
    if (this.phase.kind !== 'metadata') return;
    const read = await readInfo(infoBytes, this.infoHash);
    if (this.#isGone || this.phase.kind !== 'metadata') return;
    if (!read.ok) {
      this.phase = { kind: 'failed', error: read.error, meta: null };
      this.log.note(read.error.message);
      this.member?.pause('close');
      this.context.turnsChanged();
      return this.context.changed();
    }
    const meta = read.value;
    this.phase = { kind: 'opening', meta };
    this.context.turnsChanged();
    this.context.learned(meta);
    await this.#trySave({ infoBytes, name: meta.name });
    // The default trackers were asked before anyone could know that the torrent is private (BEP 27).
    if (meta.isPrivate) this.announceAnew();
    await this.#open(meta);
    if (!this.#isGone) this.#download();
  }

  async select(files: readonly number[] | null): Promise<void> {
    await this.#keeper.save({ files });
    if (!this.stored) return;
    this.stored.ledger.select(files);
    // Files that share an extent with what is wanted now are no longer finished; the shelf says so before a byte moves.
    await this.checkpoint(true);
    this.#want();
    this.#noteCompletion();
    this.context.turnsChanged();
    this.context.changed();
  }

  /** Takes over what a person set for this torrent alone. */
  async adjust(own: Partial<OwnSettings>): Promise<void> {
    await this.#keeper.save(own);
    if (own.trackers) this.announceAnew();
    if (own.webSeeds) this.member?.addWebSeeds(own.webSeeds);
    if (own.limits) this.member?.limit(own.limits);
    if (own.superSeeding !== undefined) this.member?.superSeed(own.superSeeding);
    if (own.sequential !== undefined) this.member?.fetchInOrder(own.sequential);
    if (own.filePriorities) {
      this.stored?.ledger.prioritize(own.filePriorities);
      this.#want();
    }
    this.context.turnsChanged();
    this.context.changed();
  }

  /** A person does something with it, or plays it. In the record with whatever is saved next, within a minute. */
  used(): void {
    this.#keeper.used(this.#now());
  }

  async pause(): Promise<void> {
    this.stored?.pauseCheck();
    if (this.trouble?.kind === 'storage-full') this.trouble = null;
    await this.#halt('user', notHere('The torrent is paused.'), 'keep');
  }

  async resume(): Promise<void> {
    this.trouble = null;
    this.vitals.beginAnew();
    this.stored?.resumeCheck();
    await this.#keeper.save({ pausedBy: null });
    const reopened = this.phase.kind === 'failed' ? this.phase.meta : null;
    if (reopened) {
      this.#isReady = false;
      this.phase = { kind: 'opening', meta: reopened };
      await this.#open(reopened);
      this.#isReady = true;
    }
    // A membership from before the store could be opened has no plan yet.
    if (reopened && this.member) this.#download();
    this.#run();
    this.context.turnsChanged();
    this.context.changed();
  }

  /** Its rest began, and nobody waits for a piece in vain; or it is over, and it goes on unless it is stopped for other reasons. */
  heedCooldown(): void {
    const { cooling } = this;
    if (cooling) {
      this.waiters.failAll(cooldownError(cooling));
      this.member?.pause('close');
    } else this.#run();
    this.context.turnsChanged();
    this.context.changed();
  }

  /** It waits for a connection that is not metered. */
  get isHeldBack(): boolean {
    return this.context.isHeldBack(this);
  }

  /** What holds it back may have begun, or ended. */
  reconsider(): void {
    const { isHeldBack } = this;
    if (isHeldBack === this.#wasHeldBack) return;
    this.#wasHeldBack = isHeldBack;
    if (isHeldBack) this.waiters.failAll(metered());
    this.context.turnsChanged();
    this.context.changed();
  }

  /** It has given enough: complete, and not seeding, until somebody resumes it. */
  async endSeeding(why: string): Promise<void> {
    await this.#halt('seed-limit', notHere(why));
  }

  /** Hashes everything that is stored. A torrent that could not be opened is tried again first. */
  async recheck(): Promise<void> {
    if (this.phase.kind === 'failed' && this.phase.meta) await this.resume();
    this.stored?.recheck();
    this.context.changed();
  }

  /** Announces to the trackers that are its now, and to no others. */
  announceAnew(reach?: TrackerReach): void {
    this.member?.announceTo(this.#trackers(), reach);
  }

  /** What is to be done about it now, once a second. */
  beat(): void {
    const banned = this.#stats?.banned ?? 0;
    const isForgiven = banned > this.#bannedBefore && this.#retries.forgive();
    this.#bannedBefore = banned;
    if (isForgiven || this.#retries.wake(this.context.deps.clock.now())) this.#want();
    this.vitals.beat();
  }

  /** Pieces that came out wrong too often and are fetched again later. */
  get restingPieces(): number {
    return this.#retries.resting.length;
  }

  /** Asks the trackers for peers now. */
  reannounce(): void {
    this.vitals.beginAnew();
    this.member?.reannounce();
  }

  /** More web seeds, checked against the host policy; those it has already change nothing. */
  async addWebSeeds(urls: readonly string[]): Promise<void> {
    const { webSeeds } = this.record;
    const fresh = urls.filter((url) => !webSeeds.includes(url));
    if (fresh.length === 0) return;
    await this.#keeper.save({ webSeeds: [...webSeeds, ...fresh] });
    this.member?.addWebSeeds(fresh);
  }

  hurry(reader: number, range: PieceRange | null): void {
    this.member?.hurry(reader, range);
  }

  /** Why no piece will come before somebody, or the time, changes something; `null`: they come by and by. */
  get notComing(): RillError | null {
    const { cooling } = this;
    if (cooling && !this.record.pausedBy) return cooldownError(cooling);
    if (this.isHeldBack) return metered();
    return this.record.pausedBy ? notHere(this.trouble?.message ?? 'The torrent is paused.') : null;
  }

  /** Resolves when the piece is readable, or with the reason why it will not be. */
  waitForPiece(index: number, signal: AbortSignal): Promise<RillError | null> {
    const { notComing } = this;
    return notComing ? Promise.resolve(notComing) : this.waiters.wait(index, signal);
  }

  /** Writes down what is verified; a failure is noted and tried again with the next. Does nothing when nothing changed. */
  checkpoint(isForced = false): Promise<void> {
    return this.#writeDown((checkpointer) => checkpointer.run(isForced));
  }

  /** After a start: what could not be known to be written is written again. */
  confirm(): Promise<void> {
    return this.#writeDown((checkpointer) => checkpointer.confirm());
  }

  async #writeDown(run: (checkpointer: Checkpointer) => Promise<void>): Promise<void> {
    const { stored } = this;
    if (!stored || this.#isGone || this.isHeld) return;
    try {
      await run(stored.checkpointer);
    } catch (error) {
      const reason = reasonOf(error);
      this.log.note(`Progress could not be saved: ${reason.message}`);
      // What cannot be written down would be downloaded again after a restart.
      if (reason.kind === 'storage-full' && !this.record.pausedBy) await this.#halt('storage-full');
    }
  }

  /** Puts what was given and received so far into the record; it has the torrent's metadata in it, so not at every checkpoint. */
  async countTraffic(): Promise<void> {
    if (this.#isGone || this.isHeld) return;
    await this.#keeper.count(this.#stats).catch((error: unknown) => {
      this.log.note(`The traffic could not be saved: ${reasonOf(error).message}`);
    });
  }

  /** Leaves the swarm and lets go of the store. With `isDeleting` bytes and progress go; else they wait for its return. */
  async close(isDeleting: boolean): Promise<void> {
    // Its turn is another's from now on, however long the rest takes.
    this.giveTurn(false, 0);
    this.member?.pause('close');
    if (!isDeleting) {
      await this.countTraffic();
      await this.checkpoint();
    }
    this.#isGone = true;
    this.#keeper.isSaving = false;
    this.waiters.failAll(fail('unknown-torrent', 'The torrent was removed.').error);
    await this.#leave();
    // What is being opened is closed too: a store that opened after its deletion would stay behind.
    await this.#opening;
    const { storage } = this.context;
    await this.stored?.end(isDeleting);
    if (isDeleting) await storage.deleteTorrent(this.infoHash);
    await storage.catalogue.removeTorrent(this.infoHash, isDeleting ? 'forget' : 'keep');
  }

  /** What was stored has been taken away under the open store: begins anew with nothing, when the person says so. */
  async vanished(): Promise<void> {
    const { stored } = this;
    if (!stored || this.#isGone) return;
    const { meta } = stored.plan;
    const lostBytes = stored.ledger.contentHaveBytes;
    this.#isReady = false;
    await this.#leave();
    this.phase = { kind: 'opening', meta };
    // Its handles lead nowhere; deleting lets go of them without a flush, and of what a handle may have made again.
    await stored.end(true).catch((error: unknown) => this.log.note(reasonOf(error).message));
    await this.#open(meta);
    this.#isReady = true;
    if (lostBytes) await this.#evict(lostBytes);
    else this.#run();
    await this.#trySave({});
  }

  /** What there is room for now, as far as it was tried: shown to the person who may make more. */
  noteFreeBytes(freeBytes: number | null): void {
    if (this.record.pausedBy !== 'storage-full' || !this.stored) return;
    this.trouble = storageFull(this.stored.neededBytes, freeBytes, this.#now());
    this.context.changed();
  }

  /** In the swarm, if nothing speaks against it. */
  #run(): void {
    const isStopped = this.record.pausedBy !== null || this.cooling !== null || this.isHeldBack;
    if (isStopped || !this.#hasTurn || !this.#isReady || this.#isGone) return;
    if (this.member) this.member.resume();
    else this.#join();
  }

  #join(): void {
    const { infoHash, webSeeds } = this.record;
    const spec = { infoHash, trackers: this.#trackers(), webSeeds };
    this.member = this.context.swarm.join(spec, this.#swarmEvents());
    this.member.limit(this.record.limits);
    this.member.superSeed(this.record.superSeeding);
    this.member.fetchInOrder(this.record.sequential);
    this.#download();
  }

  /** What it moved to the very end counts. */
  async #leave(): Promise<void> {
    await this.member?.leave();
    const stats = this.#stats;
    this.member = null;
    await this.#keeper.endMembership(stats).catch(() => undefined);
  }

  #trackers(): TrackerTiers {
    return this.context.trackersFor(this.record, this.meta?.isPrivate ?? false);
  }

  #download(): void {
    if (!this.stored) return;
    this.member?.begin(this.stored.plan);
    this.#want();
  }

  #want(): void {
    if (!this.stored || this.isHeld) return;
    const wanted = this.stored.wanted();
    for (const index of this.#retries.resting) wanted.clear(index);
    this.member?.want(wanted, this.stored.ledger.piecePriorities());
  }

  #open(meta: TorrentMeta): Promise<void> {
    this.#opening = this.#openStore(meta);
    return this.#opening;
  }

  async #openStore(meta: TorrentMeta): Promise<void> {
    const { storage } = this.context;
    try {
      const now = () => this.#now();
      const { files } = this.record;
      const stored = await StoredTorrent.open(storage, meta, files, now, this.#storedEvents());
      stored.ledger.prioritize(this.record.filePriorities);
      this.phase = { kind: 'open', stored };
      if (this.context.verifiesOnResume()) stored.recheck();
      // What would be written again just as it is, for each of hundreds of torrents, can wait: `confirm`.
      if (!this.isHeld && !stored.isAsRecorded) await this.checkpoint(true);
      this.#noteCompletion();
    } catch (error) {
      this.phase = { kind: 'failed', meta, error: reasonOf(error) };
      this.log.note(reasonOf(error).message);
    }
    this.context.turnsChanged();
    this.context.changed();
  }

  #swarmEvents(): SwarmEvents {
    return {
      metadata: (infoBytes) => void this.learn(infoBytes),
      piece: (index) => {
        if (!this.stored) return;
        this.#keeper.tally.verified(this.stored.plan.map.pieceLengthOf(index));
        this.#arrived(index, this.stored.arrived(index));
      },
      hashFailure: (index) => {
        this.#keeper.tally.hashFailed();
        this.log.note(
          `Piece ${index} did not match its hash; it was thrown away and is fetched again.`,
        );
        this.#restPiece(index);
      },
      storageFailed: (error) => {
        const reason = reasonOf(error);
        this.log.note(reason.message);
        if (reason.kind === 'storage-full') return void this.#halt('storage-full');
        this.trouble = { kind: 'storage', message: reason.message, since: this.#now() };
        void this.#halt('user', reason);
      },
      warning: (message) => this.log.note(message),
    };
  }

  #storedEvents(): StoredEvents {
    return {
      gained: (index, finished) => {
        this.member?.gained(index);
        this.#arrived(index, finished);
      },
      lost: (index) => this.#lost.add(index),
      checkEnded: (error) => {
        if (error) this.log.note(`The check of the files ended early: ${reasonOf(error).message}`);
        void this.checkpoint(true);
        this.#want();
        this.#noteCompletion();
        this.context.turnsChanged();
        this.context.changed();
      },
    };
  }

  #restPiece(index: number): void {
    const { deps, recoveryRules } = this.context;
    const restMs = this.#retries.failed(index, deps.clock.now(), recoveryRules());
    if (restMs === null) return;
    const again = `it is fetched again in ${Math.round(restMs / 1000)} s, or when somebody plays it`;
    this.log.note(`Piece ${index} came out wrong again and again: ${again}.`);
    this.#want();
  }

  #arrived(index: number, finished: readonly number[]): void {
    this.waiters.arrived(index);
    this.#retries.succeeded(index);
    this.context.emit(pieceArrived(this, index));
    // A finished file can be played with no engine running from now on, so it is written down at once; so is what was still
    // under way at a pause, of which there is no more.
    const isLast = finished.length > 0 || this.record.pausedBy !== null;
    if (isLast || this.stored?.checkpointer.isDue) void this.checkpoint();
    this.#noteCompletion();
    this.context.changed();
  }

  /** Stops and says why; whoever waits for a piece is told `reason`. Who soon goes on may keep its peers. */
  async #halt(by: PausedBy, reason?: RillError, peers: 'keep' | 'close' = 'close'): Promise<void> {
    this.member?.pause(peers);
    // What a person stopped does not go on by itself.
    if (by !== 'user' && this.record.pausedBy === 'user') return;
    if (by === 'storage-full') {
      this.trouble = storageFull(this.stored?.neededBytes ?? 0, null, this.#now());
    }
    this.waiters.failAll(reason ?? notHere(this.trouble?.message ?? ''));
    await this.#trySave({ pausedBy: by });
    this.context.turnsChanged();
    this.context.changed();
    await this.countTraffic();
    await this.checkpoint();
    if (by === 'storage-full') await this.context.roomWanted();
  }

  async #evict(bytes: number): Promise<void> {
    this.trouble = evicted(bytes, this.#now());
    this.log.note(this.trouble.message);
    if (this.record.pausedBy !== 'user') await this.#halt('evicted');
    await this.#trySave({ completedAt: null });
  }

  #noteCompletion(): void {
    if (!this.stored || this.record.completedAt || this.isHeld) return;
    if (!this.stored.ledger.isComplete) return;
    // It was to be had now; to give it, it takes its turn as others do.
    void this.#trySave({ completedAt: this.#now(), isForced: false });
    this.context.turnsChanged();
  }

  get #stats(): SwarmStats | null {
    return this.member?.stats() ?? null;
  }

  /** Where nobody waits for the answer: a failure is noted. */
  async #trySave(change: Partial<TorrentRecord>): Promise<void> {
    try {
      await this.#keeper.save(change);
    } catch (error) {
      this.log.note(reasonOf(error).message);
    }
  }

  #now(): string {
    return new Date(this.context.deps.clock.now()).toISOString();
  }
}
