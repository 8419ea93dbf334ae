/**
 * The engine as its clients see it (contract/engine.ts): validates every command, keeps the torrents, and publishes
 * snapshots. It knows ports only; engine.worker.ts decides what is behind them.
 */
import type { AddOptions, AddSource, Added, Engine, Health } from '../../contract/engine.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { EngineSnapshot, StorageSnapshot, TorrentDetail } from '../../contract/snapshot.ts';
import type { StreamHead, StreamRequest } from '../../contract/stream.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { Deps } from '../model/deps.ts';
import { checkSettingsPatch } from '../model/settings-schema.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { readInfo } from '../readers/torrent-info.ts';
import { allowedTrackers, readSource, type HostPolicy } from './add-source.ts';
import {
  checkFiles,
  checkInfoHash,
  checkOptions,
  checkSource,
  checkStreamRequest,
} from './commands.ts';
import { backpressureOf, healthOf } from './overview.ts';
import { SnapshotPublisher } from './snapshot-publisher.ts';
import { Streams } from './streams.ts';
import { reasonOf, TorrentTask, type TorrentContext } from './torrent.ts';
import { detail, summarize, type ViewContext } from './torrent-view.ts';

const STORAGE_PERIOD_MS = 5_000;

export interface SessionOptions {
  readonly storage: Storage;
  readonly swarm: Swarm;
  readonly deps: Deps;
  readonly version: string;
  readonly policy: HostPolicy;
  readonly checkpointIntervalS: number;
}

export class Session implements Engine {
  readonly #tasks = new Map<InfoHash, TorrentTask>();
  readonly #streams = new Streams();
  readonly #publisher: SnapshotPublisher<EngineSnapshot>;
  readonly #startedMs: number;
  readonly #basePath: string;
  #settings!: Settings;
  #storage: StorageSnapshot = { backend: 'none', usedBytes: 0, quotaBytes: 0, persisted: false };
  #sequence = 0;

  private constructor(readonly options: SessionOptions) {
    const { clock } = options.deps;
    this.#startedMs = clock.now();
    this.#basePath = new URL(options.policy.baseUrl).pathname;
    this.#publisher = new SnapshotPublisher(clock, () => this.#snapshot());
  }

  /** Restores what was there before and goes on with it. */
  static async start(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    const { storage, swarm, deps, checkpointIntervalS } = options;
    session.#settings = await storage.catalogue.settings();
    swarm.configure(session.#settings);
    storage.setWriteQueueBytes(session.#settings.writeQueueBytes);
    session.#storage = await storage.describe();
    await session.#restore();
    deps.clock.every(STORAGE_PERIOD_MS, () => void session.#describeStorage());
    deps.clock.every(1_000, () => session.#publisher.changed());
    deps.clock.every(checkpointIntervalS * 1000, () => void session.checkpoint());
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
    const existing = this.#tasks.get(found.infoHash);
    if (existing) {
      if (found.meta) await existing.learn(found.meta.infoBytes);
      if (existing.isHeld && !hold) await existing.start(files ?? found.files);
      return ok({ infoHash: found.infoHash, isNew: false });
    }
    const record: TorrentRecord = {
      version: 1,
      infoHash: found.infoHash,
      name: found.name ?? found.infoHash,
      infoBytes: found.meta?.infoBytes ?? null,
      trackers: found.trackers,
      webSeeds: found.webSeeds,
      files: files ?? found.files,
      isPaused: paused,
      addedAt: new Date(this.options.deps.clock.now()).toISOString(),
      completedAt: null,
      uploadedBytes: 0,
    };
    const task = this.#enter(record, found.meta, hold);
    return attempt(async () => {
      if (!hold) await this.options.storage.catalogue.saveTorrent(record);
      await task.begin();
      this.#publisher.changed();
      return ok({ infoHash: found.infoHash, isNew: true });
    });
  }

  start(infoHash: string, files?: readonly number[]): Promise<Result<null>> {
    const checked = checkFiles(files);
    if (!checked.ok) return Promise.resolve(checked);
    return this.#with(infoHash, (task) => task.start(checked.value ?? task.record.files));
  }

  pause(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, (task) => task.pause());
  }

  resume(infoHash: string): Promise<Result<null>> {
    return this.#with(infoHash, (task) => task.resume());
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
      this.#tasks.delete(task.infoHash);
      this.#publisher.changed();
      await task.close(data === 'delete');
      await this.#describeStorage();
      this.#publisher.changed();
    });
  }

  torrent(infoHash: string): Result<TorrentDetail> {
    const task = this.#find(infoHash);
    return task.ok ? ok(detail(task.value, this.#viewContext(task.value))) : task;
  }

  torrents(): readonly TorrentDetail[] {
    return this.#listed().map((task) => detail(task, this.#viewContext(task)));
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
    return attempt(async () => {
      await this.options.storage.catalogue.saveSettings(settings);
      this.#settings = settings;
      this.options.swarm.configure(settings);
      this.options.storage.setWriteQueueBytes(settings.writeQueueBytes);
      return ok(settings);
    });
  }

  async openStream(request: StreamRequest, port: MessagePort): Promise<Result<StreamHead>> {
    const checked = checkStreamRequest(request);
    if (!checked.ok) return checked;
    const found = this.#find(checked.value.infoHash);
    return found.ok ? this.#streams.open(found.value, checked.value, port) : found;
  }

  async checkpoint(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.checkpoint()));
  }

  async #restore(): Promise<void> {
    const { records, unreadable } = await this.options.storage.catalogue.torrents();
    for (const key of unreadable)
      this.options.deps.log('error', `A saved torrent is unreadable: ${key}`);
    await Promise.all(
      records.map(async (record) => {
        const read = record.infoBytes ? await readInfo(record.infoBytes, record.infoHash) : null;
        const task = this.#enter(record, read?.ok ? read.value : null, false);
        await task.begin();
      }),
    );
  }

  #enter(record: TorrentRecord, meta: TorrentMeta | null, isHeld: boolean): TorrentTask {
    const { storage, swarm, deps } = this.options;
    const context: TorrentContext = {
      storage,
      swarm,
      deps,
      trackersFor: (of, isPrivate) => this.#trackersFor(of, isPrivate),
      changed: () => this.#publisher.changed(),
    };
    const task = new TorrentTask(record, meta, isHeld, context);
    this.#tasks.set(record.infoHash, task);
    return task;
  }

  /** The defaults are added to every torrent that is not private (BEP 27). */
  #trackersFor(record: TorrentRecord, isPrivate: boolean): string[] {
    const defaults = isPrivate ? [] : allowedTrackers(this.#settings.trackers, this.options.policy);
    return [...new Set([...record.trackers, ...defaults])];
  }

  #find(infoHash: string): Result<TorrentTask> {
    const checked = checkInfoHash(infoHash);
    if (!checked.ok) return checked;
    const task = this.#tasks.get(checked.value);
    return task
      ? ok(task)
      : fail('unknown-torrent', 'There is no such torrent here. Add it first.');
  }

  async #with(infoHash: string, run: (task: TorrentTask) => Promise<void>): Promise<Result<null>> {
    const found = this.#find(infoHash);
    if (!found.ok) return found;
    return attempt(async () => {
      await run(found.value);
      return ok(null);
    });
  }

  #listed(): TorrentTask[] {
    return [...this.#tasks.values()].filter((task) => !task.isHeld);
  }

  #summaries() {
    return [...this.#tasks.values()].map((task) => summarize(task, this.#viewContext(task)));
  }

  #viewContext(task: TorrentTask): ViewContext {
    return {
      basePath: this.#basePath,
      queuePosition: this.#listed().indexOf(task),
      trackers: this.#trackersFor(task.record, task.meta?.isPrivate ?? false),
    };
  }

  #snapshot(): EngineSnapshot {
    const torrents = this.#summaries();
    return {
      version: this.options.version,
      sequence: ++this.#sequence,
      uptimeS: this.#uptimeS(),
      torrents,
      downloadBps: torrents.reduce((sum, { downloadBps }) => sum + downloadBps, 0),
      uploadBps: torrents.reduce((sum, { uploadBps }) => sum + uploadBps, 0),
      connections: this.options.swarm.connections(),
      storage: this.#storage,
      backpressure: backpressureOf(this.#tasks.values()),
    };
  }

  async #describeStorage(): Promise<void> {
    this.#storage = await this.options.storage.describe();
  }

  #uptimeS(): number {
    return Math.floor((this.options.deps.clock.now() - this.#startedMs) / 1000);
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
