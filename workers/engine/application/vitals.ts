/**
 * Watches over one torrent: tells how it is, and does something about a stall (recovery.ts says what and when).
 *
 * Invariants: every change of the kind of its health, every stall and every rung is told of once; nothing is done for a
 * torrent that is paused, queued, complete or without a network; what was done for a stall is taken back when it ends.
 */
import type { TorrentHealth, TorrentState } from '../../contract/snapshot.ts';
import type { SwarmStats } from '../model/swarm.ts';
import { cooldownTrouble } from './cooldown-words.ts';
import { assess, type Trouble } from './health.ts';
import type { QueueKind } from './queue.ts';
import { Recovery, type GiveUpReason, type Rung } from './recovery.ts';
import type { StallWatch } from './stall.ts';
import type { TorrentTask } from './torrent.ts';
import { metered } from './torrent-trouble.ts';
import { NO_STATS, stateOf } from './torrent-view.ts';
import { VitalSigns } from './vital-signs.ts';

const DONE: Readonly<Record<Rung, string>> = {
  reannounce: 'asked the trackers',
  'all-trackers': 'asked every tracker of every tier',
  'drop-snubbed': 'let go of silent peers',
  restart: 'began anew with all connections',
};

export class Vitals {
  readonly #task: TorrentTask;
  readonly #signs: VitalSigns;
  readonly #recovery = new Recovery();
  #kind: TorrentHealth['kind'] = 'ok';
  #since: string;
  #wasStalled = false;

  constructor(task: TorrentTask) {
    this.#task = task;
    this.#signs = new VitalSigns(this.#nowMs);
    this.#since = this.#now;
  }

  /** Whether it moves, as of the last look. */
  get stall(): Pick<StallWatch, 'silentMs' | 'stalledSinceMs' | 'isInVain' | 'movedMs'> {
    return this.#signs.stall;
  }

  /** How it is now. */
  look(state: TorrentState, stats: SwarmStats): TorrentHealth {
    const { phase, stored, member, context } = this.#task;
    const { intervalMs } = context.recoveryRules();
    const store = stored?.plan.store ?? null;
    const isPressed = store?.isPressed ?? false;
    const signs = this.#signs.observe(
      {
        nowMs: this.#nowMs,
        doing: this.#doing(state),
        isExcused: stats.isCutOff || stats.isHeldBack || isPressed,
        isPressed,
        verifiedPieces: stored?.plan.have.count ?? 0,
        stats,
      },
      intervalMs,
    );
    const assessed = assess({
      state,
      failure: phase.kind === 'failed' ? phase.error : null,
      trouble: this.#task.trouble ?? (state === 'queued' ? this.#whyQueued : null),
      check: stored?.check ?? null,
      stats,
      signs,
      store,
      trackers: () => member?.trackers() ?? [],
      wasUnreachable: this.#kind === 'tracker-unreachable',
      tried: this.#recovery.tried.slice(-4).map((rung) => DONE[rung]),
      restingPieces: this.#task.pieces.resting.length,
      hasGivenUp: this.#recovery.hasGivenUp,
      intervalMs,
    });
    this.#note(assessed.kind, assessed.since ?? null, assessed.message);
    return { ...assessed, since: this.#since };
  }

  /** What else than the queue keeps it from running. */
  get #whyQueued(): Trouble | null {
    const { obstacle } = this.#task;
    if (obstacle?.kind === 'cooling') return cooldownTrouble(obstacle.cooling);
    return obstacle?.kind === 'metered' ? { kind: 'waiting', message: metered().message } : null;
  }

  /** Once a second: looks, and does what is due. */
  beat(): void {
    const stats = this.#task.member?.stats() ?? NO_STATS;
    const { message } = this.look(stateOf(this.#task), stats);
    const { silentMs, stalledSinceMs } = this.stall;
    if (stalledSinceMs === null) return this.#goesOn();
    if (!this.#wasStalled) {
      this.#wasStalled = true;
      const silentS = Math.round(silentMs / 1000);
      const data = { silentS, peers: stats.peers, seeds: stats.seeds };
      this.#tell('torrent:stalled', `Nothing has come for ${silentS} s. ${message}`, data);
    }
    this.#recover(stats);
  }

  /** A person wants it to go on: what is to be tried is tried from the start. */
  beginAnew(): void {
    this.#signs.stall.forgive();
    this.#goesOn();
  }

  /** What it would do if only others let it; `null`: it is not to move. */
  #doing(state: TorrentState): QueueKind | null {
    const { member, trouble, isHeld } = this.#task;
    if (!member || trouble) return null;
    if (state === 'metadata') return 'metadata';
    if (isHeld) return null;
    return state === 'downloading' ? 'download' : state === 'seeding' ? 'seed' : null;
  }

  #note(kind: TorrentHealth['kind'], since: string | null, message: string): void {
    if (since) this.#since = since;
    if (kind === this.#kind) return;
    const from = this.#kind;
    this.#kind = kind;
    this.#since = since ?? this.#now;
    this.#tell('torrent:health', message || 'All is well.', { from, to: kind });
  }

  #goesOn(): void {
    this.#wasStalled = false;
    const { tried } = this.#recovery;
    if (tried.length === 0) return;
    // Trackers that were asked for want of better ones are left again.
    if (tried.includes('all-trackers')) this.#task.announceAnew();
    this.#recovery.reset();
    const message = `It goes on, or waits for something else than peers; tried before: ${DONE[tried.at(-1)!]}.`;
    this.#tell('torrent:recovery', message, { step: 'over', tries: tried.length });
  }

  #recover(stats: SwarmStats): void {
    const rules = this.#task.context.recoveryRules();
    const step = this.#recovery.step(this.#nowMs, rules, (rung) => this.#isUseful(rung, stats));
    if (!step) return;
    const tries = this.#recovery.tried.length;
    if (step.kind === 'give-up') {
      const reason = this.#reason(stats);
      const message = `Nothing has helped in ${tries} tries: Rill gives up for now.`;
      this.#tell('torrent:recovery', message, { step: 'give-up', reason, tries });
      return this.#task.context.gaveUp(this.#task.infoHash, reason);
    }
    this.#do(step.kind);
    const waitS = Math.round(step.waitMs / 1000);
    const message = `Nothing comes, so Rill ${DONE[step.kind]}. If that does not help, more is tried after ${waitS} s.`;
    this.#tell('torrent:recovery', message, { step: step.kind, tries, waitS });
  }

  #isUseful(rung: Rung, { peers, snubbed }: SwarmStats): boolean {
    if (rung === 'drop-snubbed') return snubbed > 0;
    // Where nobody is connected there is nothing to begin anew with but the trackers, and those are asked.
    if (rung === 'restart') return peers > 0;
    if (rung !== 'all-trackers') return true;
    const trackers = this.#task.member?.trackers() ?? [];
    // One that is announced to has an answer, a failure or a time for the next; the others stand behind it.
    return trackers.some(({ state, nextAnnounceAt }) => state === 'waiting' && !nextAnnounceAt);
  }

  #do(rung: Rung): void {
    const { member } = this.#task;
    switch (rung) {
      case 'reannounce':
        return member?.reannounce();
      case 'all-trackers':
        return this.#task.announceAnew('all');
      case 'drop-snubbed':
        return void member?.dropSnubbed();
      case 'restart':
        // Every connection is closed, the trackers are left and joined anew; what is here, and who waits for it, stays.
        member?.pause('close');
        return member?.resume();
    }
  }

  #reason({ peers }: SwarmStats): GiveUpReason {
    if (peers > 0) return 'timeout';
    return this.#kind === 'tracker-unreachable' || this.#kind === 'only-native-peers'
      ? 'connection'
      : 'no-peers';
  }

  #tell(
    kind: 'torrent:health' | 'torrent:stalled' | 'torrent:recovery',
    message: string,
    data: Readonly<Record<string, string | number>>,
  ): void {
    this.#task.context.emit({ kind, infoHash: this.#task.infoHash, message, data });
  }

  get #nowMs(): number {
    return this.#task.context.deps.clock.now();
  }

  get #now(): string {
    return new Date(this.#nowMs).toISOString();
  }
}
