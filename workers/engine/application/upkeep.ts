/**
 * What the session does by the clock: checkpoints, backups of the library, a look at storage, room for those that wait for
 * it. It also notices a clock that jumped: the machine slept, or the browser froze the page.
 */
import type { Deps } from '../model/deps.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm } from '../model/swarm.ts';
import { Cleaner, type CleanerOptions } from './cleaner.ts';
import type { Notices } from './notices.ts';
import { SpaceKeeper } from './space-keeper.ts';
import type { TorrentList } from './torrent-list.ts';

const BEAT_MS = 1_000;
/** A beat this late was not lateness of a busy machine. */
const SLEPT_MS = 15_000;
const STORAGE_PERIOD_MS = 5_000;
const SPACE_PERIOD_MS = 10_000;
const TRAFFIC_PERIOD_MS = 60_000;
const BACKUP_PERIOD_MS = 5 * 60_000;

export interface UpkeepOptions extends Omit<CleanerOptions, 'tasks'> {
  readonly storage: Storage;
  readonly swarm: Pick<Swarm, 'wake'>;
  readonly deps: Deps;
  readonly torrents: TorrentList;
  readonly notices: Notices;
  readonly checkpointIntervalS: number;
  describeStorage(): Promise<void>;
  changed(): void;
}

export class Upkeep {
  readonly #space: SpaceKeeper;
  readonly #cleaner: Cleaner;
  #lastBeatMs: number;
  #isRecovering = false;

  constructor(readonly options: UpkeepOptions) {
    const { deps, storage, torrents, checkpointIntervalS } = options;
    const { clock } = deps;
    this.#space = new SpaceKeeper(storage, () => torrents.all());
    this.#cleaner = new Cleaner({ ...options, tasks: () => torrents.all() });
    this.#lastBeatMs = clock.now();
    clock.every(BEAT_MS, () => this.#beat());
    clock.every(STORAGE_PERIOD_MS, () => void this.#look());
    clock.every(SPACE_PERIOD_MS, () => void this.#space.resumeWhatFits());
    clock.every(checkpointIntervalS * 1000, () => void this.checkpoint());
    clock.every(TRAFFIC_PERIOD_MS, () => void this.countTraffic());
    clock.every(BACKUP_PERIOD_MS, () => void storage.catalogue.backUp());
  }

  async checkpoint(): Promise<void> {
    await Promise.all(this.options.torrents.all().map((task) => task.progress.checkpoint()));
  }

  /** `mayBeLast`: the page is hidden or left. */
  async countTraffic(mayBeLast = false): Promise<void> {
    await Promise.all(this.options.torrents.all().map((task) => task.countTraffic(mayBeLast)));
  }

  /** Something was removed: whoever waits for room need not wait for the clock. */
  roomMade(): Promise<void> {
    return this.#space.resumeWhatFits();
  }

  /** A torrent stands still for want of room: what is only watched makes some, and it is told how much there is. */
  async roomWanted(): Promise<void> {
    await this.#cleaner.makeRoom();
    await this.#space.measure();
  }

  /** After a sleep or freeze: storage may be gone, connections are, and timers are late. */
  async wake(): Promise<void> {
    this.#lastBeatMs = this.options.deps.clock.now();
    this.options.swarm.wake();
    await this.#look();
    await this.checkpoint();
    await this.#space.resumeWhatFits();
  }

  #beat(): void {
    const { clock } = this.options.deps;
    const hasSlept = clock.now() - this.#lastBeatMs > SLEPT_MS;
    this.#lastBeatMs = clock.now();
    if (hasSlept) void this.wake();
    this.options.torrents.beat();
    this.options.changed();
  }

  async #look(): Promise<void> {
    await this.options.describeStorage();
    if (this.#isRecovering || (await this.options.storage.isIntact())) return;
    this.#isRecovering = true;
    try {
      await this.#recover();
    } finally {
      this.#isRecovering = false;
    }
  }

  async #recover(): Promise<void> {
    const { torrents, notices, changed } = this.options;
    notices.add({
      kind: 'storage-cleared',
      message:
        'The data of this page was cleared while it ran. Your torrents are still listed; ' +
        'resume one to fetch it again, or remove it.',
    });
    await Promise.all(torrents.all().map((task) => task.vanished()));
    changed();
  }
}
