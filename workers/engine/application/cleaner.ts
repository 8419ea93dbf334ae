/**
 * Removes what was only watched and is not used any more (cleanup.ts says what that is), and tells of it. A start of the engine
 * gives a whole period before the first look, so that whoever comes back can go on, or keep it.
 */
import type { Result } from '../../contract/errors.ts';
import type { NewEvent } from '../../contract/events.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { Deps } from '../model/deps.ts';
import { unused } from './cleanup.ts';
import type { Notices } from './notices.ts';
import type { Streams } from './streams.ts';
import type { TorrentTask } from './torrent.ts';

/** When the disk is full, what has not been used for this long goes at once, in seconds: a pause of the film is shorter. */
const FULL_DISK_IDLE_S = 5 * 60;

export interface CleanerOptions {
  readonly deps: Pick<Deps, 'clock' | 'log'>;
  readonly streams: Pick<Streams, 'isRead'>;
  readonly notices: Notices;
  /** Seconds between two looks. */
  readonly cleanupPeriodS: number;
  tasks(): readonly TorrentTask[];
  /** Settings.cleanupIdleS, as it is now. */
  idleS(): number;
  /** With its data. */
  remove(infoHash: InfoHash): Promise<Result<null>>;
  emit(event: NewEvent): void;
}

interface Gone {
  readonly name: string;
  readonly freedBytes: number;
}

export class Cleaner {
  #isRunning = false;

  constructor(readonly options: CleanerOptions) {
    const { deps, cleanupPeriodS } = options;
    deps.clock.every(cleanupPeriodS * 1000, () => void this.#clean(Infinity));
  }

  /**
   * The disk is full: what is only watched goes first, all but what waits for room itself. Does not wait for a run under way:
   * that one may wait for who asks.
   */
  makeRoom(): Promise<void> {
    return this.#clean(FULL_DISK_IDLE_S);
  }

  /** One run at a time. */
  async #clean(atMostIdleS: number): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      await this.#run(atMostIdleS);
    } finally {
      this.#isRunning = false;
    }
  }

  async #run(atMostIdleS: number): Promise<void> {
    const isForRoom = Number.isFinite(atMostIdleS);
    const idleS = Math.min(this.options.idleS(), atMostIdleS);
    const gone: Gone[] = [];
    // Looked up anew each time: a removal takes a while, and somebody may begin to watch.
    const tried = new Set<TorrentTask>();
    for (;;) {
      const next = this.#unused(idleS).find(
        (task) => !tried.has(task) && !(isForRoom && task.record.pausedBy === 'storage-full'),
      );
      if (!next) break;
      tried.add(next);
      const removed = await this.#remove(next, isForRoom);
      if (removed) gone.push(removed);
    }
    if (gone.length) this.options.notices.add({ kind: 'cleaned', message: noticeOf(gone, idleS) });
  }

  async #remove(task: TorrentTask, isForRoom: boolean): Promise<Gone | null> {
    const { emit, deps } = this.options;
    const { infoHash, record } = task;
    const { name, lastUsedAt } = record;
    const freedBytes = task.stored?.storedBytes ?? 0;
    const removed = await this.options.remove(infoHash);
    if (!removed.ok) {
      deps.log('warning', 'what was only watched could not be removed', removed.error.message);
      return null;
    }
    const why = isForRoom ? 'the disk is full and it was not being watched' : 'nobody watched it';
    const message = `It was opened only to be watched and ${why}: removed with its data.`;
    emit({ kind: 'torrent:cleaned', infoHash, message, data: { name, freedBytes, lastUsedAt } });
    return { name, freedBytes };
  }

  #unused(idleS: number): TorrentTask[] {
    const { deps, streams, tasks } = this.options;
    return unused(tasks(), deps.clock.now(), idleS, (task) => streams.isRead(task));
  }
}

/** For a person: what went, why, and the room that made. */
function noticeOf(gone: readonly Gone[], idleS: number): string {
  const names = `“${gone[0]?.name}”${gone.length > 1 ? ` and ${gone.length - 1} more` : ''}`;
  const [were, have] = gone.length > 1 ? ['were', 'have'] : ['was', 'has'];
  const freedBytes = gone.reduce((sum, one) => sum + one.freedBytes, 0);
  const megabytes = Math.max(1, Math.round(freedBytes / 1e6)).toLocaleString('en');
  const room = freedBytes === 0 ? '' : ` ${megabytes} MB of room are free again.`;
  return (
    `Removed ${names}, which ${were} opened only to be watched and ${have} not been used for ${spanOf(idleS)}.${room} ` +
    'Choose “Download”, or “Keep”, for what is to stay.'
  );
}

function spanOf(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}
