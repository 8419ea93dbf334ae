/** The torrents of the session, in the order they were added, and what each of them is told and shown with. */
import type {
  EngineSnapshot,
  TorrentDetail,
  TorrentEvent,
  TorrentSummary,
} from '../../contract/snapshot.ts';
import type { InfoHash } from '../../contract/ids.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { uniqueTiers, type TrackerTiers } from '../model/tracker-tiers.ts';
import { readInfo } from '../readers/torrent-info.ts';
import { allowedTrackers, type HostPolicy } from './add-source.ts';
import { checkInfoHash } from './commands.ts';
import { keepEqual } from './keep-equal.ts';
import { MetadataCache } from './metadata-cache.ts';
import { QueueKeeper } from './queue-keeper.ts';
import { recoveryRules } from './recovery.ts';
import { TorrentTask } from './torrent.ts';
import type { TorrentContext } from './torrent-context.ts';
import { TorrentEvents } from './torrent-events.ts';
import { detail, magnetOf, summarize, type ViewContext } from './torrent-view.ts';

/** A start has other things to do at first. */
const CONFIRM_AFTER_MS = 3_000;

export interface TorrentListOptions extends Pick<
  TorrentContext,
  | 'storage'
  | 'swarm'
  | 'deps'
  | 'changed'
  | 'progressed'
  | 'emit'
  | 'roomWanted'
  | 'gaveUp'
  | 'cooldownOf'
  | 'isHeldBack'
> {
  readonly policy: HostPolicy;
  settings(): Settings;
  /** What went wrong with it at earlier starts, newest first. */
  errorsOf(infoHash: InfoHash): readonly TorrentEvent[];
}

export class TorrentList {
  readonly metadata: MetadataCache;
  readonly #tasks = new Map<InfoHash, TorrentTask>();
  /** What each of them has to tell. */
  readonly #events = new Map<TorrentTask, TorrentEvents>();
  readonly #options: TorrentListOptions;
  readonly #context: TorrentContext;
  readonly #basePath: string;
  readonly queue: QueueKeeper;
  readonly #summaries = new WeakMap<TorrentTask, TorrentSummary>();
  /** A record is replaced when it changes, never changed itself. */
  readonly #magnets = new WeakMap<
    TorrentRecord,
    { readonly settings: Settings; readonly isPrivate: boolean; readonly text: string }
  >();

  constructor(options: TorrentListOptions) {
    this.#options = options;
    this.#basePath = new URL(options.policy.baseUrl).pathname;
    this.queue = new QueueKeeper({ ...options, torrents: () => this.all() });
    this.metadata = new MetadataCache({
      store: options.storage.metadata,
      deps: options.deps,
      keptS: () => options.settings().metadataCacheS,
      isInLibrary: (infoHash) => this.#tasks.get(infoHash)?.isHeld === false,
    });
    this.#context = {
      ...options,
      learned: (meta) => void this.metadata.keep(meta),
      trackersFor: (of, isPrivate) => this.#trackersFor(of, isPrivate),
      turnsChanged: () => this.queue.changed(),
      verifiesOnResume: () => options.settings().verifyOnResume,
      recoveryRules: () => recoveryRules(options.settings()),
    };
  }

  /** Every task, those that only look inside a torrent included. */
  all(): readonly TorrentTask[] {
    return [...this.#tasks.values()];
  }

  /** The library: what a person has confirmed. */
  listed(): readonly TorrentTask[] {
    return this.all().filter((task) => !task.isHeld);
  }

  get(infoHash: InfoHash): TorrentTask | undefined {
    return this.#tasks.get(infoHash);
  }

  /** The torrent named from outside, or why there is none. */
  find(infoHash: string): Result<TorrentTask> {
    const checked = checkInfoHash(infoHash);
    if (!checked.ok) return checked;
    const task = this.#tasks.get(checked.value);
    return task
      ? ok(task)
      : fail('unknown-torrent', 'There is no such torrent here. Add it first.');
  }

  enter(
    record: TorrentRecord,
    meta: TorrentMeta | null,
    isHeld: boolean,
    isRestored = false,
  ): TorrentTask {
    const { deps, emit, changed, progressed } = this.#options;
    let events: TorrentEvents | null = null;
    const task = new TorrentTask(record, meta, isHeld, {
      ...this.#context,
      emit: (event) => events?.emit(event),
      changed: () => {
        events?.look();
        changed();
      },
      progressed: () => {
        events?.look();
        progressed();
      },
    });
    events = new TorrentEvents(task, deps.clock, emit, isRestored);
    this.#tasks.set(record.infoHash, task);
    this.#events.set(task, events);
    return task;
  }

  /** Tells what changed without a word, once a second. */
  look(): void {
    for (const events of this.#events.values()) events.look();
  }

  /** Enters saved torrents and lets each go on; resolves when all are listed and ready. */
  async restore(records: readonly TorrentRecord[]): Promise<void> {
    const tasks = await Promise.all(
      records.map(async (record) => {
        const read = record.infoBytes ? await readInfo(record.infoBytes, record.infoHash) : null;
        const task = this.enter(record, read?.ok ? read.value : null, false, true);
        task.log.recall(this.#options.errorsOf(record.infoHash));
        return task;
      }),
    );
    // Before the first of them is ready, so that none joins that would have to leave again.
    this.queue.decide(false);
    await Promise.all(tasks.map((task) => task.restore()));
    this.#options.deps.clock.after(CONFIRM_AFTER_MS, () => void this.#confirm(tasks));
  }

  /** One after the other, once the page has its list: writing hundreds of shelves takes seconds. */
  async #confirm(tasks: readonly TorrentTask[]): Promise<void> {
    for (const task of tasks) await task.progress.confirm();
  }

  /** The default trackers have changed: each torrent announces to those that are its now. */
  announceAnew(): void {
    for (const task of this.all()) task.announceAnew();
  }

  /** Each torrent looks how it is, and helps itself. */
  beat(): void {
    for (const task of this.all()) task.beat();
  }

  /** What is remembered of a torrent that is not here, or `null`. */
  async recall(infoHash: InfoHash): Promise<TorrentMeta | null> {
    return this.#tasks.has(infoHash) ? null : this.metadata.recall(infoHash);
  }

  leave(task: TorrentTask): void {
    this.#tasks.delete(task.infoHash);
    this.queue.changed();
    if (task.meta) void this.metadata.keep(task.meta);
    this.#events.get(task)?.left();
    this.#events.delete(task);
  }

  /** A torrent that is as it was in the list before is the same object. */
  summaries(): EngineSnapshot['torrents'] {
    return this.all().map((task) => {
      const summary = keepEqual(
        this.#summaries.get(task),
        summarize(task, this.#viewContext(task)),
      );
      this.#summaries.set(task, summary);
      return summary;
    });
  }

  /** Of the library. */
  details(): readonly TorrentDetail[] {
    return this.listed().map((task) => detail(task, this.#viewContext(task)));
  }

  detail(task: TorrentTask): TorrentDetail {
    return detail(task, this.#viewContext(task));
  }

  #viewContext(task: TorrentTask): ViewContext {
    return {
      basePath: this.#basePath,
      magnet: this.#magnetOf(task),
    };
  }

  /** It names every tracker, checked anew; so it is made again when the record or the settings are others. */
  #magnetOf({ record, meta }: TorrentTask): string {
    const settings = this.#options.settings();
    const isPrivate = meta?.isPrivate ?? false;
    const known = this.#magnets.get(record);
    if (known?.settings === settings && known.isPrivate === isPrivate) return known.text;
    const trackers = this.#trackersFor(record, isPrivate).flat();
    const text = magnetOf(record.infoHash, record.name, trackers);
    this.#magnets.set(record, { settings, isPrivate, text });
    return text;
  }

  /** The defaults are added to every torrent that is not private (BEP 27), after its own and each a tier of its own. */
  #trackersFor(record: TorrentRecord, isPrivate: boolean): TrackerTiers {
    const { settings, policy } = this.#options;
    const defaults = isPrivate ? [] : allowedTrackers(settings().trackers, policy);
    return uniqueTiers([...record.trackers, ...defaults.map((url) => [url])]);
  }
}
