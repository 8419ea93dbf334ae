/**
 * Tells what happens beside single torrents and without a word: who was banned, which trackers answer and which do not, and
 * whether storage presses. It looks once a second, at trackers every five and of running torrents only.
 *
 * Invariants: a ban is told once, while it holds; of a tracker it is told when it answers and when it fails, and again only when
 * that changes; pressure when it begins and when it ends.
 */
import type { TrackerSnapshot } from '../../contract/snapshot.ts';
import type { Clock } from '../model/deps.ts';
import type { Swarm } from '../model/swarm.ts';
import type { EventLog } from './event-log.ts';
import { backpressureOf } from './overview.ts';
import type { TorrentTask } from './torrent.ts';
import type { TorrentList } from './torrent-list.ts';

const PERIOD_MS = 1_000;
/** Trackers are asked every half minute at most. */
const TRACKERS_PERIOD_MS = 5_000;

export interface FollowedSession {
  readonly torrents: Pick<TorrentList, 'look' | 'all' | 'listed'>;
  readonly swarm: Pick<Swarm, 'bans'>;
  readonly log: Pick<EventLog, 'emit' | 'flush'>;
  readonly deps: { readonly clock: Pick<Clock, 'every'> };
  readonly version: string;
  /** The log is written down as often. */
  readonly checkpointIntervalS: number;
}

/** From now on everything that happens is told of; call before the torrents of the last start are back. */
export function followSession(session: FollowedSession): void {
  const { log, deps, version, checkpointIntervalS } = session;
  log.emit({
    kind: 'session:started',
    infoHash: null,
    message: 'The engine started.',
    data: { version },
  });
  const events = new SessionEvents(session);
  deps.clock.every(PERIOD_MS, () => events.look());
  deps.clock.every(TRACKERS_PERIOD_MS, () => events.lookAtTrackers());
  deps.clock.every(checkpointIntervalS * 1000, () => void log.flush());
}

class SessionEvents {
  readonly #session: FollowedSession;
  #bans: ReadonlySet<string> = new Set();
  #isPressed = false;
  /** By URL, what was last told of it. */
  readonly #trackers = new WeakMap<TorrentTask, Map<string, TrackerSnapshot['state']>>();

  constructor(session: FollowedSession) {
    this.#session = session;
  }

  look(): void {
    this.#session.torrents.look();
    this.#lookAtBans();
    this.#lookAtStorage();
  }

  lookAtTrackers(): void {
    for (const task of this.#session.torrents.listed()) this.#lookAtTrackersOf(task);
  }

  #lookAtBans(): void {
    const bans = this.#session.swarm.bans();
    for (const { id, kind, client, address, reason, infoHash } of bans) {
      if (this.#bans.has(id)) continue;
      const message = `${client || address || id} was banned: ${reason}`;
      this.#session.log.emit({
        kind: 'peer:banned',
        infoHash,
        message,
        data: { id, kind, address },
      });
    }
    if (bans.length > 0 || this.#bans.size > 0) this.#bans = new Set(bans.map(({ id }) => id));
  }

  #lookAtTrackersOf(task: TorrentTask): void {
    if (!task.member || task.record.pausedBy) return;
    const told = this.#trackers.get(task) ?? new Map<string, TrackerSnapshot['state']>();
    this.#trackers.set(task, told);
    for (const tracker of task.member.trackers()) {
      const { url, state, seeds, leechers } = tracker;
      // To announce and to wait for the next time is how a tracker that works spends its days.
      if ((state !== 'working' && state !== 'unreachable') || told.get(url) === state) continue;
      told.set(url, state);
      this.#session.log.emit({
        kind: 'tracker:state',
        infoHash: task.infoHash,
        message: saidOf(tracker),
        data: { url, state, seeds, leechers },
      });
    }
  }

  #lookAtStorage(): void {
    const tasks = this.#session.torrents.all();
    const isPressed = tasks.some(({ stored }) => stored?.plan.store.isPressed);
    if (isPressed === this.#isPressed) return;
    this.#isPressed = isPressed;
    const message = isPressed
      ? 'Storage is slower than what comes in: no new piece is started until it has caught up.'
      : 'Storage has caught up.';
    const data = { ...backpressureOf(tasks) };
    this.#session.log.emit({ kind: 'storage:pressure', infoHash: null, message, data });
  }
}

function saidOf({ url, state, seeds, leechers, lastError }: TrackerSnapshot): string {
  if (state !== 'working') return `${url} cannot be reached: ${lastError ?? 'it does not answer.'}`;
  if (seeds === null && leechers === null) return `${url} answers.`;
  return `${url} answers: ${seeds ?? 0} who have all of it, ${leechers ?? 0} who do not.`;
}
