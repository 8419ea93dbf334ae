/**
 * One torrent from the moment it is added until it is removed.
 *
 *   held ──(start)──► in the library ──► runs ◄──► has an obstacle ──► gone
 *
 * How far its content is known (torrent-content.ts) is beside that. A torrent that has an obstacle (obstacles.ts says which there
 * are, and which comes first) moves no payload, and is in no swarm but with the peers it had. A held one, only looked into, is in
 * the swarm, but wants no piece and is saved nowhere.
 */
import type { RillError } from '../../contract/errors.ts';
import type { TorrentState } from '../../contract/snapshot.ts';
import type { PausedBy, TorrentRecord } from '../model/catalogue.ts';
import type { PieceRange } from '../model/piece-map.ts';
import type { SwarmEvents, SwarmTorrent, TrackerReach } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import type { Figures } from './figures.ts';
import { Membership } from './membership.ts';
import { firstObstacle, isStopped, readerError, type Obstacle } from './obstacles.ts';
import { Progress } from './progress.ts';
import { reasonOf } from './reason-of.ts';
import { RecordKeeper } from './record-keeper.ts';
import type { StoredEvents, StoredTorrent } from './stored-torrent.ts';
import { TorrentContent, type TorrentPhase } from './torrent-content.ts';
import type { OwnSettings, TorrentContext } from './torrent-context.ts';
import { TorrentLog } from './torrent-log.ts';
import { TorrentPieces } from './torrent-pieces.ts';
import { activityOf, type Activity } from './torrent-tally.ts';
import { evicted, notHere, storageFull, type TorrentTrouble } from './torrent-trouble.ts';
import { Vitals } from './vitals.ts';

export class TorrentTask {
  readonly log: TorrentLog;
  readonly progress: Progress;
  readonly pieces: TorrentPieces;
  trouble: TorrentTrouble | null = null;
  readonly vitals: Vitals;
  /** Place among those of its kind that wait for a turn, from 1; 0 when it waits for none. */
  queuePosition = 0;
  readonly #keeper: RecordKeeper;
  readonly #content: TorrentContent;
  readonly #membership: Membership;
  #isHeld: boolean;
  #isGone = false;
  #hasTurn = false;
  /** The store is open, if there is one: it may join. */
  #isReady = false;
  #wasMetered = false;

  constructor(
    record: TorrentRecord,
    meta: TorrentMeta | null,
    isHeld: boolean,
    readonly context: TorrentContext,
  ) {
    const { infoHash } = record;
    this.log = new TorrentLog(infoHash, context.deps, (message) => {
      context.emit({ kind: 'torrent:error', infoHash, message });
      context.changed();
    });
    this.#keeper = new RecordKeeper(record, context.storage.catalogue);
    this.#keeper.isSaving = !isHeld;
    this.#isHeld = isHeld;
    this.progress = new Progress(this, this.#keeper, () => this.#halt('storage-full'));
    this.#content = new TorrentContent(this, meta, this.#storedEvents());
    this.#membership = new Membership(this, this.#keeper, this.#swarmEvents());
    this.pieces = new TorrentPieces(this, this.#membership, this.#keeper.tally);
    this.vitals = new Vitals(this);
  }

  get record(): TorrentRecord {
    return this.#keeper.record;
  }

  /** Its place in the swarm; `null` when it never ran, or has left. */
  get member(): SwarmTorrent | null {
    return this.#membership.member;
  }

  /** Only looked into: a person has not confirmed it. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The queue lets it run, should nothing else speak against it. */
  get hasTurn(): boolean {
    return this.#hasTurn;
  }

  /** What keeps it from running; `null`: nothing does. */
  get obstacle(): Obstacle | null {
    return firstObstacle({
      isGone: this.#isGone,
      pausedBy: this.record.pausedBy,
      cooling: this.context.cooldownOf(this.infoHash),
      isMetered: this.context.isHeldBack(this),
      hasTurn: this.#hasTurn,
      isReady: this.#isReady,
    });
  }

  /** What was moved, and how it went: over all sessions. */
  get traffic(): Figures {
    return this.#keeper.figures(this.#membership.stats);
  }

  /** As `traffic`, of this session alone. */
  get sessionFigures(): Figures {
    return this.#keeper.sessionFigures(this.#membership.stats);
  }

  /** Counts time spent in this state, and bans that are new; returns what the time was spent on. */
  passed(elapsedMs: number, state: TorrentState): Activity {
    const { stats } = this.#membership;
    const { tally } = this.#keeper;
    if (stats) tally.banned(stats.banned);
    const activity = this.isHeld ? 'none' : activityOf(state, stats);
    tally.passed(elapsedMs, activity);
    return activity;
  }

  get infoHash() {
    return this.record.infoHash;
  }

  /** Peers are asked what is in it. */
  get isLookingInside(): boolean {
    return this.phase.kind === 'metadata' && !isStopped(this.obstacle);
  }

  get phase(): TorrentPhase {
    return this.#content.phase;
  }

  get stored(): StoredTorrent | null {
    return this.#content.stored;
  }

  get meta(): TorrentMeta | null {
    return this.#content.meta;
  }

  /** Opens the store when the metadata is known and joins the swarm when it is its turn, unless paused. */
  async begin(): Promise<void> {
    await this.#content.open();
    this.#isReady = true;
    this.#run();
    this.#changed();
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
    await this.#content.open();
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
    const learned = await this.#content.learn(infoBytes);
    if (!learned) return;
    if (!learned.ok) {
      this.member?.pause('close');
      return this.#changed();
    }
    const meta = learned.value;
    this.context.turnsChanged();
    this.context.learned(meta);
    await this.progress.save({ infoBytes, name: meta.name });
    // The default trackers were asked before anyone could know that the torrent is private (BEP 27).
    if (meta.isPrivate) this.announceAnew();
    await this.#content.open();
    if (!this.#isGone) this.#membership.begin();
  }

  async select(files: readonly number[] | null): Promise<void> {
    await this.#keeper.save({ files });
    if (!this.stored) return;
    this.stored.ledger.select(files);
    // Files that share an extent with what is wanted now are no longer finished; the shelf says so before a byte moves.
    await this.progress.checkpoint(true);
    this.#membership.want();
    this.progress.noteCompletion();
    this.#changed();
  }

  /** Takes over what a person set for this torrent alone. */
  async adjust(own: Partial<OwnSettings>): Promise<void> {
    await this.#keeper.save(own);
    this.#membership.adjust(own);
    if (own.filePriorities) {
      this.stored?.ledger.prioritize(own.filePriorities);
      this.#membership.want();
    }
    this.#changed();
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
    if (this.phase.kind === 'failed' && this.phase.meta) {
      this.#isReady = false;
      await this.#content.reopen();
      this.#isReady = true;
      // A membership from before the store could be opened has no plan yet.
      if (this.member) this.#membership.begin();
    }
    this.#run();
    this.#changed();
  }

  /** Its rest began, or is over. */
  heedCooldown(): void {
    if (this.obstacle?.kind === 'cooling') this.member?.pause('close');
    this.#heed();
  }

  /** That the connection is metered may hold it back from now on, or no longer. */
  reconsider(): void {
    const isMetered = this.context.isHeldBack(this);
    if (isMetered === this.#wasMetered) return;
    this.#wasMetered = isMetered;
    this.#heed();
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
    this.#membership.announce(reach);
  }

  /** What is to be done about it now, once a second. */
  beat(): void {
    this.pieces.beat(this.#membership.stats?.banned ?? 0);
    this.vitals.beat();
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
    this.#membership.adjust({ webSeeds: fresh });
  }

  hurry(reader: number, range: PieceRange | null): void {
    this.member?.hurry(reader, range);
  }

  /** Resolves when the piece is readable, or with the reason why it will not be. */
  waitForPiece(index: number, signal: AbortSignal): Promise<RillError | null> {
    const error = readerError(this.obstacle, this.trouble);
    return error ? Promise.resolve(error) : this.pieces.waiters.wait(index, signal);
  }

  /** Writes down what was given and received so far (progress.ts). */
  async countTraffic(mayBeLast = false): Promise<void> {
    await this.progress.countTraffic(this.#membership.stats, mayBeLast);
  }

  /** Leaves the swarm and lets go of the store. With `isDeleting` bytes and progress go; else they wait for its return. */
  async close(isDeleting: boolean): Promise<void> {
    // Its turn is another's from now on, however long the rest takes.
    this.giveTurn(false, 0);
    this.member?.pause('close');
    if (!isDeleting) {
      await this.countTraffic();
      await this.progress.checkpoint();
    }
    this.#isGone = true;
    this.#keeper.isSaving = false;
    this.#failReaders();
    await this.#membership.leave();
    const { storage } = this.context;
    await this.#content.close(isDeleting);
    if (isDeleting) await storage.deleteTorrent(this.infoHash);
    await storage.catalogue.removeTorrent(this.infoHash, isDeleting ? 'forget' : 'keep');
  }

  /** What was stored has been taken away under the open store: begins anew with nothing, when the person says so. */
  async vanished(): Promise<void> {
    const { stored } = this;
    if (!stored || this.#isGone) return;
    const lostBytes = stored.ledger.contentHaveBytes;
    this.#isReady = false;
    await this.#membership.leave();
    await this.#content.reopen();
    this.#isReady = true;
    if (lostBytes) await this.#evict(lostBytes);
    else this.#run();
    await this.progress.save({});
  }

  /** What there is room for now, as far as it was tried: shown to the person who may make more. */
  noteFreeBytes(freeBytes: number | null): void {
    if (this.record.pausedBy !== 'storage-full' || !this.stored) return;
    this.trouble = storageFull(this.stored.neededBytes, freeBytes, this.#now());
    this.context.changed();
  }

  /** Something holds it back, and nobody waits for a piece in vain; or nothing does any more, and it goes on. */
  #heed(): void {
    this.#failReaders();
    this.#run();
    this.#changed();
  }

  /** In the swarm, if nothing speaks against it. */
  #run(): void {
    if (!this.obstacle) this.#membership.run();
  }

  /** Nobody waits for a piece that does not come. */
  #failReaders(): void {
    const error = readerError(this.obstacle, this.trouble);
    if (error) this.pieces.waiters.failAll(error);
  }

  #swarmEvents(): SwarmEvents {
    return {
      metadata: (infoBytes) => void this.learn(infoBytes),
      piece: (index) => this.pieces.came(index),
      hashFailure: (index) => this.pieces.cameWrong(index),
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
      gained: (index, finished) => this.pieces.found(index, finished),
      lost: (index) => this.pieces.lost(index),
      checkEnded: (error) => {
        if (error) this.log.note(`The check of the files ended early: ${reasonOf(error).message}`);
        void this.progress.checkpoint(true);
        this.#membership.want();
        this.progress.noteCompletion();
        this.#changed();
      },
    };
  }

  /** Stops and says why; whoever waits for a piece is told `reason`. Who soon goes on may keep its peers. */
  async #halt(by: PausedBy, reason?: RillError, peers: 'keep' | 'close' = 'close'): Promise<void> {
    this.member?.pause(peers);
    // What a person stopped does not go on by itself.
    if (by !== 'user' && this.record.pausedBy === 'user') return;
    if (by === 'storage-full') {
      this.trouble = storageFull(this.stored?.neededBytes ?? 0, null, this.#now());
    }
    this.pieces.waiters.failAll(reason ?? notHere(this.trouble?.message ?? ''));
    await this.progress.save({ pausedBy: by });
    this.#changed();
    await this.countTraffic();
    await this.progress.checkpoint();
    if (by === 'storage-full') await this.context.roomWanted();
  }

  async #evict(bytes: number): Promise<void> {
    this.trouble = evicted(bytes, this.#now());
    this.log.note(this.trouble.message);
    if (this.record.pausedBy !== 'user') await this.#halt('evicted');
    await this.progress.save({ completedAt: null });
  }

  /** What turns depend on, and what a snapshot shows. */
  #changed(): void {
    this.context.turnsChanged();
    this.context.changed();
  }

  #now(): string {
    return new Date(this.context.deps.clock.now()).toISOString();
  }
}
