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
  TorrentChange,
} from '../../contract/engine.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { EngineSnapshot, StorageSnapshot, TorrentDetail } from '../../contract/snapshot.ts';
import type { StreamHead, StreamRequest } from '../../contract/stream.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { Deps } from '../model/deps.ts';
import { checkSettingsPatch, checkSettingsTogether } from '../model/settings-schema.ts';
import { OWN_DEFAULTS } from '../model/torrent-change.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm } from '../model/swarm.ts';
import { allowedTrackers, readSource, type HostPolicy } from './add-source.ts';
import { changeTorrent } from './change-torrent.ts';
import { checkFiles, checkOptions, checkSource, checkStreamRequest } from './commands.ts';
import { EventBus } from './event-bus.ts';
import { exportLibrary, importLibrary } from './library-transfer.ts';
import { liftBan } from './lift-ban.ts';
import { Notices } from './notices.ts';
import { backpressureOf, healthOf } from './overview.ts';
import { reasonOf } from './reason-of.ts';
import { tellOfRestart } from './restarted.ts';
import { SnapshotPublisher } from './snapshot-publisher.ts';
import { Streams } from './streams.ts';
import type { TorrentTask } from './torrent.ts';
import { TorrentList } from './torrent-list.ts';
import { Upkeep } from './upkeep.ts';

export interface SessionOptions {
  readonly storage: Storage;
  readonly swarm: Swarm;
  readonly deps: Deps;
  readonly version: string;
  readonly policy: HostPolicy;
  readonly checkpointIntervalS: number;
  /** What became of the engine before this one, when its page saw it go. */
  readonly restartedBecause?: string;
}

export class Session implements Engine {
  readonly #torrents: TorrentList;
  readonly #streams = new Streams();
  readonly #events: EventBus;
  readonly #notices: Notices;
  readonly #publisher: SnapshotPublisher<EngineSnapshot>;
  readonly #startedMs: number;
  #upkeep: Upkeep | null = null;
  #settings!: Settings;
  #storage: StorageSnapshot = { backend: 'none', usedBytes: 0, quotaBytes: 0, persisted: false };
  #sequence = 0;

  private constructor(readonly options: SessionOptions) {
    const { clock } = options.deps;
    this.#startedMs = clock.now();
    this.#publisher = new SnapshotPublisher(clock, () => this.#snapshot());
    this.#events = new EventBus(clock);
    this.#notices = new Notices(() => this.#now());
    this.#torrents = new TorrentList({
      ...options,
      settings: () => this.#settings,
      emit: (event) => this.#events.emit(event),
      changed: () => this.#publisher.changed(),
      // A torrent that is restored may find the disk full before the clock runs.
      roomWanted: async () => this.#upkeep?.roomWanted(),
    });
  }

  /** Restores what was there before and goes on with it. */
  static async start(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
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

  async health(): Promise<Health> {
    await this.#describeStorage();
    return healthOf(this.#snapshot());
  }

  async add(source: AddSource, options?: AddOptions): Promise<Result<Added>> {
    const checkedSource = checkSource(source);
    if (!checkedSource.ok) return checkedSource;
    const checkedOptions = checkOptions(options);
    if (!checkedOptions.ok) return checkedOptions;
    const read = await readSource(checkedSource.value, this.options.policy);
    if (!read.ok) return read;
    const { hold = false, paused = false, files } = checkedOptions.value;
    const found = read.value;
    const { infoHash } = found;
    const existing = this.#torrents.get(infoHash);
    if (existing) {
      if (found.meta) await existing.learn(found.meta.infoBytes);
      // What a link names is contacted when a person has said so, not while it is only looked into.
      if (!hold) await existing.addWebSeeds(found.webSeeds);
      if (existing.isHeld && !hold) await existing.start(files ?? found.files);
      return ok({ infoHash, isNew: false });
    }
    const addedAt = this.#now();
    const record: TorrentRecord = {
      version: 5,
      infoHash,
      name: found.name ?? infoHash,
      infoBytes: found.meta?.infoBytes ?? null,
      trackers: found.trackers,
      webSeeds: found.webSeeds,
      files: files ?? found.files,
      ...OWN_DEFAULTS,
      pausedBy: paused ? 'user' : null,
      addedAt,
      queueOrder: Date.parse(addedAt),
      lastUsedAt: addedAt,
      completedAt: null,
    };
    const task = this.#torrents.enter(record, found.meta, hold);
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
      return ok({ infoHash, isNew: true });
    });
  }

  start(infoHash: string, files?: readonly number[]): Promise<Result<null>> {
    const checked = checkFiles(files);
    if (!checked.ok) return Promise.resolve(checked);
    return this.#with(infoHash, async (task) => {
      await task.start(checked.value ?? task.record.files);
      this.#backUp();
    });
  }

  async change(infoHash: string, change: TorrentChange): Promise<Result<null>> {
    const found = this.#torrents.find(infoHash);
    if (!found.ok) return found;
    return attempt(async () => {
      const changed = await changeTorrent(found.value, change, this.options.policy);
      if (changed.ok) this.#backUp();
      return changed;
    });
  }

  reannounce(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, async (task) => task.reannounce());
  }

  pause(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, (task) => task.pause());
  }

  resume(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, (task) => task.resume());
  }

  recheck(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, (task) => task.recheck());
  }

  select(infoHash: string, files: readonly number[]): Promise<Result<null>> {
    const checked = checkFiles(files);
    if (!checked.ok) return Promise.resolve(checked);
    return this.#with(infoHash, (task) => task.select(checked.value));
  }

  remove(infoHash: string, data: 'delete' | 'keep'): Promise<Result<null>> {
    if (data !== 'delete' && data !== 'keep') {
      return Promise.resolve(fail('bad-request', 'data is "delete" or "keep".', { field: 'data' }));
    }
    return this.#with(infoHash, async (task) => {
      this.#torrents.leave(task);
      this.#publisher.changed();
      await task.close(data === 'delete');
      await this.#describeStorage();
      await this.#upkeep?.roomMade();
      this.#publisher.changed();
    });
  }

  torrent(infoHash: string): Result<TorrentDetail> {
    const task = this.#torrents.find(infoHash);
    return task.ok ? ok(this.#torrents.detail(task.value)) : task;
  }

  torrents(): readonly TorrentDetail[] {
    return this.#torrents.details();
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
    await this.#upkeep?.countTraffic();
    await this.#upkeep?.checkpoint();
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
    await storage.isIntact();
    this.#storage = await storage.describe();
    const { records, notices } = await storage.catalogue.torrents();
    for (const notice of notices) this.#notices.add(notice);
    await this.#torrents.restore(records);
    this.#upkeep = new Upkeep({
      ...this.options,
      torrents: this.#torrents,
      notices: this.#notices,
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
    this.options.swarm.configure(settings);
    this.options.storage.configure(settings);
  }

  async #with(infoHash: string, run: (task: TorrentTask) => Promise<void>): Promise<Result<null>> {
    const found = this.#torrents.find(infoHash);
    if (!found.ok) return found;
    return attempt(async () => {
      await run(found.value);
      return ok(null);
    });
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
      notices: this.#notices.list,
      bans: this.options.swarm.bans(),
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
