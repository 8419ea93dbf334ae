/**
 * What a session is made of, and what each part is given of the others; session.ts has the commands. Nothing here decides
 * anything: a part that needs another is handed a function for just that.
 */
import type { EngineBefore } from '../../contract/engine.ts';
import type { Settings } from '../../contract/settings.ts';
import type { EngineSnapshot, StorageSnapshot } from '../../contract/snapshot.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { Result } from '../../contract/errors.ts';
import type { SessionDeps } from '../model/deps.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm } from '../model/swarm.ts';
import { AddGate } from './add-gate.ts';
import type { HostPolicy } from './add-source.ts';
import { pauseAll } from './auto-resume.ts';
import { CooldownKeeper } from './cooldown-keeper.ts';
import type { EventLog } from './event-log.ts';
import { Limits } from './limits.ts';
import { Notices } from './notices.ts';
import { backpressureOf } from './overview.ts';
import { tellOfRestart } from './restarted.ts';
import { followSession } from './session-events.ts';
import { SharedCalls } from './shared-calls.ts';
import { SnapshotPublisher } from './snapshot-publisher.ts';
import { Statistics } from './statistics.ts';
import { Streams } from './streams.ts';
import { TorrentList } from './torrent-list.ts';
import { Upkeep } from './upkeep.ts';

export interface SessionOptions extends EngineBefore {
  readonly storage: Storage;
  readonly swarm: Swarm;
  readonly deps: SessionDeps;
  readonly version: string;
  readonly policy: HostPolicy;
  readonly checkpointIntervalS: number;
  /** Seconds between two looks for what was only watched. */
  readonly cleanupPeriodS: number;
}

/** Commands of the session that its parts give, too. */
export interface SessionCommands {
  remove(infoHash: InfoHash, data: 'delete' | 'keep'): Promise<Result<null>>;
}

export class SessionParts {
  readonly streams = new Streams((task, change) => this.torrents.queue.read(task, change));
  /** Of one torrent: what adds it and what removes it follow one another. */
  readonly calls = new SharedCalls();
  readonly notices: Notices;
  readonly publisher: SnapshotPublisher<EngineSnapshot>;
  readonly limits: Limits;
  readonly torrents: TorrentList;
  readonly cooldowns: CooldownKeeper;
  readonly gate: AddGate;
  /** Both from `begin` on; a torrent that is restored may find the disk full before there is any upkeep. */
  statistics!: Statistics;
  upkeep: Upkeep | null = null;
  #settings!: Settings;
  #storage: StorageSnapshot = { backend: 'none', usedBytes: 0, quotaBytes: 0, persisted: false };
  #sequence = 0;
  readonly #startedMs: number;

  constructor(
    readonly options: SessionOptions,
    readonly events: EventLog,
    readonly commands: SessionCommands,
  ) {
    const { clock } = options.deps;
    this.#startedMs = clock.now();
    this.publisher = new SnapshotPublisher(clock, () => this.snapshot());
    this.notices = new Notices(() => this.now());
    this.limits = new Limits({
      ...options,
      torrents: () => this.torrents.all(),
      emit: (event) => events.emit(event),
      changed: () => this.publisher.changed(),
      turnsChanged: () => this.torrents.queue.changed(),
    });
    this.torrents = new TorrentList({
      ...options,
      isHeldBack: (task) => this.limits.holdsBack(task),
      settings: () => this.limits.effective,
      emit: (event) => events.emit(event),
      errorsOf: (infoHash) => events.errorsOf(infoHash),
      gaveUp: (infoHash, reason) => this.cooldowns.begin(infoHash, reason),
      changed: () => this.publisher.changed(),
      progressed: () => this.publisher.progressed(),
      roomWanted: async () => this.upkeep?.roomWanted(),
      cooldownOf: (infoHash) => this.cooldowns.of(infoHash),
    });
    this.cooldowns = new CooldownKeeper({
      clock,
      store: options.storage.cooldowns,
      swarm: options.swarm,
      settings: () => this.#settings,
      tasks: () => this.torrents.all(),
      task: (infoHash) => this.torrents.get(infoHash),
      drop: (task) => void commands.remove(task.infoHash, 'keep'),
      emit: (event) => events.emit(event),
      changed: () => this.publisher.changed(),
    });
    this.gate = new AddGate({
      clock,
      policy: options.policy,
      cooldowns: this.cooldowns,
      calls: this.calls,
      settings: () => this.#settings,
      isHere: (infoHash) => this.torrents.get(infoHash) !== undefined,
    });
  }

  /** Restores what was there before and goes on with it. */
  async begin(): Promise<void> {
    const { storage, deps, restartedBecause, isTakeover = false } = this.options;
    const { catalogue } = storage;
    this.apply(await catalogue.settings());
    await this.cooldowns.restore();
    await storage.isIntact();
    await this.describeStorage();
    const { records, notices } = await catalogue.torrents();
    for (const notice of notices) this.notices.add(notice);
    followSession({ ...this.options, torrents: this.torrents, log: this.events });
    // An engine that follows another, in this tab or in one that was closed, is no start of the app.
    const isStart = restartedBecause === undefined && !isTakeover;
    const goesOn = this.#settings.autoResume || !isStart;
    await this.torrents.restore(goesOn ? records : await pauseAll(records, catalogue));
    this.statistics = await Statistics.open({
      deps,
      catalogue,
      tasks: () => this.torrents.all(),
      emit: (event) => this.events.emit(event),
      cacheCounts: () => this.torrents.metadata.counts,
    });
    this.limits.begin();
    this.upkeep = this.#makeUpkeep();
    tellOfRestart(restartedBecause, this.notices, this.events);
    // All that could be read was read: this is a good state to come back to.
    this.backUp();
  }

  /** As they are saved; `limits.effective` is what holds now. */
  get settings(): Settings {
    return this.#settings;
  }

  apply(settings: Settings): void {
    this.#settings = settings;
    this.limits.apply(settings);
  }

  /** What has just been added is not lost with a damaged database either. Costs nothing when nothing changed. */
  backUp(): void {
    void this.options.storage.catalogue.backUp();
  }

  async describeStorage(): Promise<void> {
    this.#storage = await this.options.storage.describe();
  }

  snapshot(): EngineSnapshot {
    const { version, deps, swarm, storage } = this.options;
    const torrents = this.torrents.summaries();
    return {
      version,
      sequence: ++this.#sequence,
      uptimeS: Math.floor((deps.clock.now() - this.#startedMs) / 1000),
      torrents,
      downloadBps: torrents.reduce((sum, { downloadBps }) => sum + downloadBps, 0),
      uploadBps: torrents.reduce((sum, { uploadBps }) => sum + uploadBps, 0),
      connections: swarm.connections(),
      storage: this.#storage,
      backpressure: backpressureOf(this.torrents.all()),
      cacheBytes: storage.cacheBytes,
      pieceBufferBytes: swarm.bufferBytes(),
      cleanupIdleS: this.#settings.cleanupIdleS,
      notices: this.notices.list,
      bans: swarm.bans(),
      cooling: this.cooldowns.list(),
      ...this.limits.snapshot(),
    };
  }

  /** As ISO 8601. */
  now(): string {
    return new Date(this.options.deps.clock.now()).toISOString();
  }

  #makeUpkeep(): Upkeep {
    return new Upkeep({
      ...this.options,
      torrents: this.torrents,
      notices: this.notices,
      streams: this.streams,
      idleS: () => this.#settings.cleanupIdleS,
      remove: (infoHash) => this.commands.remove(infoHash, 'delete'),
      emit: (event) => this.events.emit(event),
      describeStorage: () => this.describeStorage(),
      changed: () => this.publisher.changed(),
      progressed: () => this.publisher.progressed(),
    });
  }
}
