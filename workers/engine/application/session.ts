/**
 * The engine as its clients see it (contract/engine.ts): validates every command, keeps the torrents, and publishes
 * snapshots. It knows ports only; engine.worker.ts decides what is behind them.
 */
import type {
  AddOptions,
  AddSource,
  Added,
  Engine,
  Health,
  LibraryImport,
  QueueMove,
  StartOptions,
  TorrentChange,
} from '../../contract/engine.ts';
import type { CoolingTorrent, Origin } from '../../contract/cooldown.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { EventPage } from '../../contract/events.ts';
import type { Settings } from '../../contract/settings.ts';
import type { EngineSnapshot, StorageSnapshot, TorrentDetail } from '../../contract/snapshot.ts';
import type { RateSeries, Statistics as StatisticsReport } from '../../contract/statistics.ts';
import type { StreamHead, StreamRequest } from '../../contract/stream.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { SessionDeps } from '../model/deps.ts';
import { checkSettingsPatch, checkSettingsTogether } from '../model/settings-schema.ts';
import { ownOf, OWN_DEFAULTS } from '../model/torrent-change.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm } from '../model/swarm.ts';
import { AddGate, type Admitted } from './add-gate.ts';
import { allowedTrackers, type HostPolicy } from './add-source.ts';
import { changeTorrent } from './change-torrent.ts';
import { resumeAsked } from './cleanup.ts';
import {
  checkOptions,
  checkFiles,
  checkQueueMove,
  checkSource,
  checkStart,
  checkStreamRequest,
} from './commands.ts';
import { CooldownKeeper } from './cooldown-keeper.ts';
import { EventLog } from './event-log.ts';
import { exportLibrary, importLibrary } from './library-transfer.ts';
import { pauseAll } from './auto-resume.ts';
import { liftBan } from './lift-ban.ts';
import { Limits } from './limits.ts';
import { Notices } from './notices.ts';
import { backpressureOf, healthOf } from './overview.ts';
import { reasonOf } from './reason-of.ts';
import { followSession } from './session-events.ts';
import { SharedCalls } from './shared-calls.ts';
import { tellOfRestart } from './restarted.ts';
import { SnapshotPublisher } from './snapshot-publisher.ts';
import { Statistics } from './statistics.ts';
import { Streams } from './streams.ts';
import type { TorrentTask } from './torrent.ts';
import { TorrentList } from './torrent-list.ts';
import { Upkeep } from './upkeep.ts';

export interface SessionOptions {
  readonly storage: Storage;
  readonly swarm: Swarm;
  readonly deps: SessionDeps;
  readonly version: string;
  readonly policy: HostPolicy;
  readonly checkpointIntervalS: number;
  /** Seconds between two looks for what was only watched. */
  readonly cleanupPeriodS: number;
  /** What became of the engine before this one, when its page saw it go. */
  readonly restartedBecause?: string;
}

/** Whoever watches is in the same context and gets whole snapshots; a port is told what is new of them (client-ports.ts). */
export class Session implements Omit<Engine, 'watch'> {
  readonly #torrents: TorrentList;
  readonly #streams = new Streams((task, change) => this.#torrents.queue.read(task, change));
  readonly #events: EventLog;
  readonly #cooldowns: CooldownKeeper;
  readonly #gate: AddGate;
  /** Of one torrent: what adds it and what removes it follow one another. */
  readonly #calls = new SharedCalls();
  readonly #limits: Limits;
  readonly #notices: Notices;
  readonly #publisher: SnapshotPublisher<EngineSnapshot>;
  readonly #startedMs: number;
  #upkeep: Upkeep | null = null;
  #settings!: Settings;
  #statistics!: Statistics;
  #storage: StorageSnapshot = { backend: 'none', usedBytes: 0, quotaBytes: 0, persisted: false };
  #sequence = 0;

  private constructor(
    readonly options: SessionOptions,
    events: EventLog,
  ) {
    this.#events = events;
    const { clock } = options.deps;
    this.#startedMs = clock.now();
    this.#publisher = new SnapshotPublisher(clock, () => this.#snapshot());
    this.#notices = new Notices(() => this.#now());
    this.#limits = new Limits({
      ...options,
      torrents: () => this.#torrents.all(),
      emit: (event) => events.emit(event),
      changed: () => this.#publisher.changed(),
      turnsChanged: () => this.#torrents.queue.changed(),
    });
    this.#torrents = new TorrentList({
      ...options,
      isHeldBack: (task) => this.#limits.holdsBack(task),
      settings: () => this.#limits.effective,
      emit: (event) => events.emit(event),
      errorsOf: (infoHash) => events.errorsOf(infoHash),
      gaveUp: (infoHash, reason) => this.#cooldowns.begin(infoHash, reason),
      changed: () => this.#publisher.changed(),
      // A torrent that is restored may find the disk full before the clock runs.
      roomWanted: async () => this.#upkeep?.roomWanted(),
      cooldownOf: (infoHash) => this.#cooldowns.of(infoHash),
    });
    this.#cooldowns = new CooldownKeeper({
      clock,
      store: options.storage.cooldowns,
      swarm: options.swarm,
      settings: () => this.#settings,
      tasks: () => this.#torrents.all(),
      task: (infoHash) => this.#torrents.get(infoHash),
      drop: (task) => void this.remove(task.infoHash, 'keep'),
      emit: (event) => events.emit(event),
      changed: () => this.#publisher.changed(),
    });
    this.#gate = new AddGate({
      clock,
      policy: options.policy,
      cooldowns: this.#cooldowns,
      calls: this.#calls,
      settings: () => this.#settings,
      isHere: (infoHash) => this.#torrents.get(infoHash) !== undefined,
    });
  }

  /** Restores what was there before and goes on with it. */
  static async start(options: SessionOptions): Promise<Session> {
    const session = new Session(options, await EventLog.open(options.storage.events, options.deps));
    await session.#begin();
    return session;
  }

  hello(buildVersion: string): Result<{ readonly version: string }> {
    const { version } = this.options;
    if (buildVersion === version) return ok({ version });
    return fail(
      'version-mismatch',
      'This tab and the one that runs the engine are different versions of Rill. Reload the other Rill tabs; this one goes on by itself.',
    );
  }

  /** Returns the way to stop. */
  watch(listener: (snapshot: EngineSnapshot) => void): () => void {
    return this.#publisher.add(listener);
  }

  events(since: number | null, limit: number, waitMs = 0): Promise<Result<EventPage>> {
    return this.#events.answer(since, limit, waitMs);
  }

  async health(): Promise<Health> {
    await this.#describeStorage();
    return healthOf(this.#snapshot());
  }

  async add(
    source: AddSource,
    options?: AddOptions,
    origin: Origin = 'person',
  ): Promise<Result<Added>> {
    const checkedSource = checkSource(source);
    if (!checkedSource.ok) return checkedSource;
    const checkedOptions = checkOptions(options);
    if (!checkedOptions.ok) return checkedOptions;
    const admitted = await this.#gate.admit(checkedSource.value, origin);
    if (!admitted.ok) return admitted;
    const { infoHash } = admitted.value.found;
    return this.#calls.inTurn(infoHash, () => this.#add(admitted.value, checkedOptions.value));
  }

  async #add({ found, ...limited }: Admitted, options: AddOptions): Promise<Result<Added>> {
    const { hold = false, paused = false, files, priority } = options;
    const { infoHash } = found;
    const own = ownOf(options);
    const meta = found.meta ?? (await this.#torrents.recall(infoHash));
    const existing = this.#torrents.get(infoHash);
    if (existing) {
      if (meta) await existing.learn(meta.infoBytes);
      // What a link names is contacted when a person has said so, not while it is only looked into.
      if (!hold) await existing.addWebSeeds(found.webSeeds);
      if (existing.isHeld && !hold) await existing.start(files ?? found.files, own);
      return ok({ infoHash, isNew: false, ...limited });
    }
    const addedAt = this.#now();
    const record: TorrentRecord = {
      version: 5,
      infoHash,
      name: meta?.name ?? found.name ?? infoHash,
      infoBytes: meta?.infoBytes ?? null,
      trackers: found.trackers,
      webSeeds: found.webSeeds,
      files: files ?? found.files,
      ...OWN_DEFAULTS,
      ...(priority && { priority }),
      ...own,
      pausedBy: paused ? 'user' : null,
      addedAt,
      queueOrder: this.#torrents.queue.orderAt(Date.parse(addedAt)),
      lastUsedAt: addedAt,
      completedAt: null,
    };
    const task = this.#torrents.enter(record, meta, hold);
    return attempt(async () => {
      try {
        if (!hold) await this.options.storage.catalogue.saveTorrent(record);
      } catch (error) {
        // What could not be saved would be gone after a reload: better not to begin.
        this.#torrents.leave(task);
        throw error;
      }
      await task.begin();
      if (!hold) this.#backUp();
      this.#publisher.changed();
      return ok({ infoHash, isNew: true, ...limited });
    });
  }

  start(
    infoHash: string,
    files?: readonly number[],
    options?: StartOptions,
  ): Promise<Result<null>> {
    const checked = checkStart(files, options);
    if (!checked.ok) return Promise.resolve(checked);
    return this.#with(infoHash, async (task) => {
      this.#cooldowns.admit(task.infoHash, 'person');
      await task.start(checked.value.files ?? task.record.files, ownOf(checked.value.options));
      this.#backUp();
    });
  }

  async change(infoHash: string, change: TorrentChange): Promise<Result<null>> {
    const found = this.#torrents.find(infoHash);
    if (!found.ok) return found;
    found.value.used();
    return attempt(async () => {
      const changed = await changeTorrent(found.value, change, this.options.policy);
      if (changed.ok) this.#backUp();
      return changed;
    });
  }

  reannounce(infoHash: string, origin: Origin = 'person'): Promise<Result<null>> {
    return this.#try(infoHash, origin, async (task) => task.reannounce());
  }

  pause(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, (task) => task.pause());
  }

  resume(infoHash: string, origin: Origin = 'person'): Promise<Result<null>> {
    return this.#try(infoHash, origin, async (task) => {
      // Both begin at once: a pause that comes after this call comes after all of it.
      await Promise.all([this.#limits.resumed(task), resumeAsked(task)]);
    });
  }

  /** That it is used is noted of every command. */
  played(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, async () => {});
  }

  recheck(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, (task) => task.recheck());
  }

  select(infoHash: string, files: readonly number[]): Promise<Result<null>> {
    const checked = checkFiles(files);
    if (!checked.ok) return Promise.resolve(checked);
    return this.#with(infoHash, (task) => task.select(checked.value));
  }

  moveInQueue(infoHash: string, to: QueueMove): Promise<Result<null>> {
    const checked = checkQueueMove(to);
    if (!checked.ok) return Promise.resolve(checked);
    return this.#with(infoHash, (task) => this.#torrents.queue.move(task, checked.value));
  }

  remove(infoHash: string, data: 'delete' | 'keep'): Promise<Result<null>> {
    if (data !== 'delete' && data !== 'keep') {
      return Promise.resolve(fail('bad-request', 'data is "delete" or "keep".', { field: 'data' }));
    }
    return this.#with(infoHash, (task) => this.#leave(task, data));
  }

  torrent(infoHash: string): Result<TorrentDetail> {
    const task = this.#torrents.find(infoHash);
    return task.ok ? ok(this.#torrents.detail(task.value)) : task;
  }

  torrents(): readonly TorrentDetail[] {
    return this.#torrents.details();
  }

  statistics(): StatisticsReport {
    return this.#statistics.report();
  }

  torrentRates(infoHash: string): Result<RateSeries> {
    const task = this.#torrents.find(infoHash);
    return task.ok ? ok(this.#statistics.ratesOf(task.value)) : task;
  }

  settings(): Settings {
    return this.#settings;
  }

  async changeSettings(patch: Partial<Settings>): Promise<Result<Settings>> {
    const checked = checkSettingsPatch(patch);
    if (!checked.ok) return checked;
    const { trackers } = checked.value;
    if (trackers && allowedTrackers(trackers, this.options.policy).length !== trackers.length) {
      return fail(
        'bad-request',
        'trackers: each must be a wss:// address outside your own network, named once.',
        { field: 'trackers' },
      );
    }
    const settings = { ...this.#settings, ...checked.value };
    const together = checkSettingsTogether(settings);
    if (!together.ok) return together;
    return attempt(async () => {
      await this.options.storage.catalogue.saveSettings(settings);
      this.#apply(settings);
      if (trackers) this.#torrents.announceAnew();
      return ok(settings);
    });
  }

  async openStream(request: StreamRequest, port: MessagePort): Promise<Result<StreamHead>> {
    const checked = checkStreamRequest(request);
    if (!checked.ok) return checked;
    const found = this.#torrents.find(checked.value.infoHash);
    return found.ok ? this.#streams.open(found.value, checked.value, port) : found;
  }

  async checkpoint(): Promise<void> {
    const saving = this.#statistics.save();
    await this.#upkeep?.countTraffic();
    await Promise.all([this.#upkeep?.checkpoint(), this.#events.flush(), saving]);
  }

  async wake(): Promise<void> {
    await this.#upkeep?.wake();
  }

  async exportLibrary(): Promise<Result<Uint8Array>> {
    return ok(exportLibrary(this.#torrents, this.#settings, this.#now()));
  }

  importLibrary(bytes: Uint8Array): Promise<Result<LibraryImport>> {
    const { storage, policy } = this.options;
    const changeSettings = (patch: Partial<Settings>) => this.changeSettings(patch);
    const context = { torrents: this.#torrents, storage, policy, changeSettings };
    return attempt(async () => {
      const imported = await importLibrary(context, bytes);
      this.#backUp();
      return imported;
    });
  }

  cooling(): readonly CoolingTorrent[] {
    return this.#cooldowns.list();
  }

  clearCooldown(infoHash?: string): Result<null> {
    return this.#cooldowns.clear(infoHash);
  }

  dismissNotice(id: string): void {
    this.#notices.dismiss(id);
    this.#publisher.changed();
  }

  liftBan(id: string): Result<null> {
    const lifted = liftBan(this.options.swarm, id);
    if (lifted.ok) this.#publisher.changed();
    return lifted;
  }

  async #begin(): Promise<void> {
    const { storage } = this.options;
    this.#apply(await storage.catalogue.settings());
    await this.#cooldowns.restore();
    await storage.isIntact();
    this.#storage = await storage.describe();
    const { records, notices } = await storage.catalogue.torrents();
    for (const notice of notices) this.#notices.add(notice);
    followSession({ ...this.options, torrents: this.#torrents, log: this.#events });
    const { catalogue } = storage;
    // An engine that was ended and started anew is no start of a person's.
    const goesOn = this.#settings.autoResume || this.options.restartedBecause !== undefined;
    await this.#torrents.restore(goesOn ? records : await pauseAll(records, catalogue));
    this.#statistics = await Statistics.open({
      deps: this.options.deps,
      catalogue,
      tasks: () => this.#torrents.all(),
      emit: (event) => this.#events.emit(event),
      cacheCounts: () => this.#torrents.metadata.counts,
    });
    this.#limits.begin();
    this.#upkeep = new Upkeep({
      ...this.options,
      torrents: this.#torrents,
      notices: this.#notices,
      streams: this.#streams,
      idleS: () => this.#settings.cleanupIdleS,
      remove: (infoHash) => this.remove(infoHash, 'delete'),
      emit: (event) => this.#events.emit(event),
      describeStorage: () => this.#describeStorage(),
      changed: () => this.#publisher.changed(),
    });
    tellOfRestart(this.options.restartedBecause, this.#notices, this.#events);
    // All that could be read was read: this is a good state to come back to.
    this.#backUp();
  }

  /** What has just been added is not lost with a damaged database either. Costs nothing when nothing changed. */
  #backUp(): void {
    void this.options.storage.catalogue.backUp();
  }

  #apply(settings: Settings): void {
    this.#settings = settings;
    this.#limits.apply(settings);
  }

  async #with(infoHash: string, run: (task: TorrentTask) => Promise<void>): Promise<Result<null>> {
    const found = this.#torrents.find(infoHash);
    if (!found.ok) return found;
    found.value.used();
    return attempt(async () => {
      await run(found.value);
      return ok(null);
    });
  }

  /** As `#with`, for what makes the swarm be asked again. */
  #try(infoHash: string, origin: Origin, run: (task: TorrentTask) => Promise<void>) {
    const found = this.#torrents.find(infoHash);
    const mayTry = found.ok ? this.#cooldowns.admit(found.value.infoHash, origin) : found;
    return mayTry.ok ? this.#with(infoHash, run) : Promise.resolve(mayTry);
  }

  /** It is listed no more at once; who adds it meanwhile waits until it is gone. */
  #leave(task: TorrentTask, data: 'delete' | 'keep'): Promise<void> {
    this.#torrents.leave(task);
    this.#publisher.changed();
    const left = this.#close(task, data);
    // Whoever is before it in the turn may take longer than it takes to fail.
    left.catch(() => undefined);
    return this.#calls.inTurn(task.infoHash, () => left);
  }

  async #close(task: TorrentTask, data: 'delete' | 'keep'): Promise<void> {
    await this.#statistics.seeOff(task, () => task.close(data === 'delete'));
    await this.#describeStorage();
    await this.#upkeep?.roomMade();
    this.#publisher.changed();
  }

  #snapshot(): EngineSnapshot {
    const torrents = this.#torrents.summaries();
    return {
      version: this.options.version,
      sequence: ++this.#sequence,
      uptimeS: Math.floor((this.options.deps.clock.now() - this.#startedMs) / 1000),
      torrents,
      downloadBps: torrents.reduce((sum, { downloadBps }) => sum + downloadBps, 0),
      uploadBps: torrents.reduce((sum, { uploadBps }) => sum + uploadBps, 0),
      connections: this.options.swarm.connections(),
      storage: this.#storage,
      backpressure: backpressureOf(this.#torrents.all()),
      cacheBytes: this.options.storage.cacheBytes,
      cleanupIdleS: this.#settings.cleanupIdleS,
      notices: this.#notices.list,
      bans: this.options.swarm.bans(),
      cooling: this.#cooldowns.list(),
      ...this.#limits.snapshot(),
    };
  }

  async #describeStorage(): Promise<void> {
    this.#storage = await this.options.storage.describe();
  }

  #now(): string {
    return new Date(this.options.deps.clock.now()).toISOString();
  }
}

/** A store that fails in the middle of a command is a failure a person can act on, not an exception. */
async function attempt<T>(run: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await run();
  } catch (error) {
    return { ok: false, error: reasonOf(error) };
  }
}
