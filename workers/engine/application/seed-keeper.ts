/**
 * Ends the seeding of torrents that have given enough, and lets go on those that have not after all.
 *
 * Invariant: a torrent is `seed-limit` only while a limit of seed-limits.ts is reached and it is complete: one whose limits were
 * raised, or that wants more files, goes on by itself. Who resumes one says by that that it is to give without a limit: that
 * is put down as its own.
 */
import type { Settings } from '../../contract/settings.ts';
import type { NewEvent } from '../../contract/events.ts';
import { reasonOf } from './reason-of.ts';
import { limitWords, otherSeeds, reachedLimit, type SeedLimit } from './seed-limits.ts';
import type { TorrentTask } from './torrent.ts';

type SeedSettings = Pick<Settings, 'seedRatio' | 'seedMinutes' | 'seedUntilOthers'>;

export class SeedKeeper {
  constructor(readonly emit: (event: NewEvent) => void) {}

  /** Called every second or so. */
  beat(tasks: Iterable<TorrentTask>, settings: SeedSettings): void {
    for (const task of tasks) {
      // While it is opened or checked nobody knows whether it is complete.
      if (!task.stored || task.stored.check || task.isHeld) continue;
      const { pausedBy } = task.record;
      const limit = this.#reached(task, settings);
      if (pausedBy === 'seed-limit' && !limit) attempt(task, task.resume());
      else if (!pausedBy && limit && this.#mayEnd(task, settings)) this.#end(task, limit);
    }
  }

  /** A person wants it to go on: nothing is to end it again. */
  async resumed(task: TorrentTask, settings: SeedSettings): Promise<void> {
    if (!this.#reached(task, settings)) return;
    await task.adjust({ limits: { ...task.record.limits, seedRatio: 0, seedMinutes: 0 } });
  }

  #reached(task: TorrentTask, settings: SeedSettings): SeedLimit | null {
    const { ledger } = task.stored ?? {};
    if (!ledger) return null;
    const giving = {
      isComplete: ledger.isComplete,
      selectedBytes: ledger.selectedBytes,
      uploadedBytes: task.traffic.uploadedBytes,
      seedingS: task.traffic.seedingS,
      own: task.record.limits,
    };
    return reachedLimit(giving, settings);
  }

  #mayEnd({ member }: TorrentTask, { seedUntilOthers }: SeedSettings): boolean {
    if (!seedUntilOthers) return true;
    return member !== null && otherSeeds(member.stats().seeds, member.trackers()) > 0;
  }

  #end(task: TorrentTask, limit: SeedLimit): void {
    const words = limitWords(limit);
    this.emit({
      kind: 'session:limits',
      infoHash: task.infoHash,
      message: `Seeding has ended. ${words}`,
      data: { ...limit },
    });
    attempt(task, task.endSeeding(words));
  }
}

/** Nobody waits for it: a failure is noted. */
function attempt(task: TorrentTask, doing: Promise<void>): void {
  doing.catch((error: unknown) => task.log.note(reasonOf(error).message));
}
