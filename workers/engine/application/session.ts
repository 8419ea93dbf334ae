/**
 * The engine as its clients see it (contract/engine.ts): every command is validated here and given to the part that carries it
 * out (session-parts.ts). It knows ports only; engine.worker.ts decides what is behind them.
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
import type { EngineSnapshot, TorrentDetail } from '../../contract/snapshot.ts';
import type { RateSeries, Statistics } from '../../contract/statistics.ts';
import type { StreamHead, StreamRequest } from '../../contract/stream.ts';
import { checkSettingsPatch, checkSettingsTogether } from '../model/settings-schema.ts';
import { ownOf } from '../model/torrent-change.ts';
import { allowedTrackers } from './add-source.ts';
import { addTorrent } from './add-torrent.ts';
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
import { EventLog } from './event-log.ts';
import { exportLibrary, importLibrary } from './library-transfer.ts';
import { liftBan } from './lift-ban.ts';
import { healthOf } from './overview.ts';
import { attempt } from './reason-of.ts';
import { SessionParts, type SessionOptions } from './session-parts.ts';
import type { TorrentTask } from './torrent.ts';

/** Whoever watches is in the same context and gets whole snapshots; a port is told what is new of them (client-ports.ts). */
export class Session implements Omit<Engine, 'watch'> {
  readonly #parts: SessionParts;

  private constructor(
    readonly options: SessionOptions,
    events: EventLog,
  ) {
    this.#parts = new SessionParts(options, events, this);
  }

  /** Restores what was there before and goes on with it. */
  static async start(options: SessionOptions): Promise<Session> {
    const session = new Session(options, await EventLog.open(options.storage.events, options.deps));
    await session.#parts.begin();
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
    return this.#parts.publisher.add(listener);
  }

  events(since: number | null, limit: number, waitMs = 0): Promise<Result<EventPage>> {
    return this.#parts.events.answer(since, limit, waitMs);
  }

  async health(): Promise<Health> {
    await this.#parts.describeStorage();
    return healthOf(this.#parts.snapshot());
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
    const admitted = await this.#parts.gate.admit(checkedSource.value, origin);
    if (!admitted.ok) return admitted;
    const { infoHash } = admitted.value.found;
    return this.#parts.calls.inTurn(infoHash, () =>
      addTorrent(this.#parts, admitted.value, checkedOptions.value),
    );
  }

  start(
    infoHash: string,
    files?: readonly number[],
    options?: StartOptions,
  ): Promise<Result<null>> {
    const checked = checkStart(files, options);
    if (!checked.ok) return Promise.resolve(checked);
    return this.#with(infoHash, async (task) => {
      this.#parts.cooldowns.admit(task.infoHash, 'person');
      await task.start(checked.value.files ?? task.record.files, ownOf(checked.value.options));
      this.#parts.backUp();
    });
  }

  async change(
    infoHash: string,
    change: TorrentChange,
    origin: Origin = 'person',
  ): Promise<Result<null>> {
    const found = this.#parts.torrents.find(infoHash);
    if (!found.ok) return found;
    found.value.used();
    return attempt(async () => {
      const changed = await changeTorrent(found.value, change, this.options.policy);
      if (changed.ok) this.#parts.backUp();
      // “Start now” is a wish to have it tried.
      if (changed.ok && change.isForced && origin === 'person') {
        this.#parts.cooldowns.admit(found.value.infoHash, origin);
      }
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
      await Promise.all([this.#parts.limits.resumed(task), resumeAsked(task)]);
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
    return this.#with(infoHash, (task) => this.#parts.torrents.queue.move(task, checked.value));
  }

  remove(infoHash: string, data: 'delete' | 'keep'): Promise<Result<null>> {
    if (data !== 'delete' && data !== 'keep') {
      return Promise.resolve(fail('bad-request', 'data is "delete" or "keep".', { field: 'data' }));
    }
    return this.#with(infoHash, (task) => this.#leave(task, data));
  }

  torrent(infoHash: string): Result<TorrentDetail> {
    const task = this.#parts.torrents.find(infoHash);
    return task.ok ? ok(this.#parts.torrents.detail(task.value)) : task;
  }

  torrents(): readonly TorrentDetail[] {
    return this.#parts.torrents.details();
  }

  statistics(): Statistics {
    return this.#parts.statistics.report();
  }

  torrentRates(infoHash: string): Result<RateSeries> {
    const task = this.#parts.torrents.find(infoHash);
    return task.ok ? ok(this.#parts.statistics.ratesOf(task.value)) : task;
  }

  settings(): Settings {
    return this.#parts.settings;
  }

  /** One after the other: a change that is being saved is not undone by the next, which would begin with what was before. */
  changeSettings(patch: Partial<Settings>): Promise<Result<Settings>> {
    return this.#parts.calls.inTurn('settings', () => this.#changeSettings(patch));
  }

  async #changeSettings(patch: Partial<Settings>): Promise<Result<Settings>> {
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
    const settings = { ...this.#parts.settings, ...checked.value };
    const together = checkSettingsTogether(settings);
    if (!together.ok) return together;
    return attempt(async () => {
      await this.options.storage.catalogue.saveSettings(settings);
      this.#parts.apply(settings);
      if (trackers) this.#parts.torrents.announceAnew();
      return ok(settings);
    });
  }

  async openStream(request: StreamRequest, port: MessagePort): Promise<Result<StreamHead>> {
    const checked = checkStreamRequest(request);
    if (!checked.ok) return checked;
    const found = this.#parts.torrents.find(checked.value.infoHash);
    return found.ok ? this.#parts.streams.open(found.value, checked.value, port) : found;
  }

  async checkpoint(): Promise<void> {
    const saving = this.#parts.statistics.save();
    await this.#parts.upkeep?.countTraffic(true);
    await Promise.all([this.#parts.upkeep?.checkpoint(), this.#parts.events.flush(), saving]);
  }

  async wake(): Promise<void> {
    await this.#parts.upkeep?.wake();
  }

  async exportLibrary(): Promise<Result<Uint8Array>> {
    return ok(exportLibrary(this.#parts.torrents, this.#parts.settings, this.#parts.now()));
  }

  importLibrary(bytes: Uint8Array): Promise<Result<LibraryImport>> {
    const { storage, policy } = this.options;
    const changeSettings = (patch: Partial<Settings>) => this.changeSettings(patch);
    const { torrents, calls } = this.#parts;
    const settings = () => this.#parts.settings;
    const context = { torrents, storage, policy, calls, settings, changeSettings };
    return attempt(async () => {
      const imported = await importLibrary(context, bytes);
      this.#parts.backUp();
      return imported;
    });
  }

  cooling(): readonly CoolingTorrent[] {
    return this.#parts.cooldowns.list();
  }

  clearCooldown(infoHash?: string): Result<null> {
    return this.#parts.cooldowns.clear(infoHash);
  }

  dismissNotice(id: string): void {
    this.#parts.notices.dismiss(id);
    this.#parts.publisher.changed();
  }

  liftBan(id: string): Result<null> {
    const lifted = liftBan(this.options.swarm, id);
    if (lifted.ok) this.#parts.publisher.changed();
    return lifted;
  }

  async #with(infoHash: string, run: (task: TorrentTask) => Promise<void>): Promise<Result<null>> {
    const found = this.#parts.torrents.find(infoHash);
    if (!found.ok) return found;
    found.value.used();
    return attempt(async () => {
      await run(found.value);
      return ok(null);
    });
  }

  /** As `#with`, for what makes the swarm be asked again. */
  #try(infoHash: string, origin: Origin, run: (task: TorrentTask) => Promise<void>) {
    const found = this.#parts.torrents.find(infoHash);
    const mayTry = found.ok ? this.#parts.cooldowns.admit(found.value.infoHash, origin) : found;
    return mayTry.ok ? this.#with(infoHash, run) : Promise.resolve(mayTry);
  }

  /** It is listed no more at once; who adds it meanwhile waits until it is gone. */
  #leave(task: TorrentTask, data: 'delete' | 'keep'): Promise<void> {
    this.#parts.torrents.leave(task);
    this.#parts.publisher.changed();
    const left = this.#close(task, data);
    // Whoever is before it in the turn may take longer than it takes to fail.
    left.catch(() => undefined);
    return this.#parts.calls.inTurn(task.infoHash, () => left);
  }

  async #close(task: TorrentTask, data: 'delete' | 'keep'): Promise<void> {
    await this.#parts.statistics.seeOff(task, () => task.close(data === 'delete'));
    await this.#parts.describeStorage();
    await this.#parts.upkeep?.roomMade();
    this.#parts.publisher.changed();
  }
}
