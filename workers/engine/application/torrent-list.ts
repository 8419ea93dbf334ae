/** The torrents of the session, in the order they were added, and what each of them is told and shown with. */
import type { EngineSnapshot, TorrentDetail } from '../../contract/snapshot.ts';
import type { InfoHash } from '../../contract/ids.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { uniqueTiers, type TrackerTiers } from '../model/tracker-tiers.ts';
import { readInfo } from '../readers/torrent-info.ts';
import { allowedTrackers, type HostPolicy } from './add-source.ts';
import { checkInfoHash } from './commands.ts';
import { TorrentTask, type TorrentContext } from './torrent.ts';
import { detail, magnetOf, summarize, type ViewContext } from './torrent-view.ts';

/** A start has other things to do at first. */
const CONFIRM_AFTER_MS = 3_000;

export interface TorrentListOptions extends Pick<
  TorrentContext,
  'storage' | 'swarm' | 'deps' | 'changed' | 'emit' | 'roomWanted'
> {
  readonly policy: HostPolicy;
  settings(): Settings;
}

export class TorrentList {
  readonly #tasks = new Map<InfoHash, TorrentTask>();
  readonly #options: TorrentListOptions;
  readonly #context: TorrentContext;
  readonly #basePath: string;
  /** A record is replaced when it changes, never changed itself. */
  readonly #magnets = new WeakMap<
    TorrentRecord,
    { readonly settings: Settings; readonly isPrivate: boolean; readonly text: string }
  >();

  constructor(options: TorrentListOptions) {
    this.#options = options;
    this.#basePath = new URL(options.policy.baseUrl).pathname;
    this.#context = {
      ...options,
      trackersFor: (of, isPrivate) => this.#trackersFor(of, isPrivate),
      verifiesOnResume: () => options.settings().verifyOnResume,
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

  enter(record: TorrentRecord, meta: TorrentMeta | null, isHeld: boolean): TorrentTask {
    const task = new TorrentTask(record, meta, isHeld, this.#context);
    this.#tasks.set(record.infoHash, task);
    return task;
  }

  /** Enters saved torrents and lets each go on; resolves when all are listed and ready. */
  async restore(records: readonly TorrentRecord[]): Promise<void> {
    const tasks = await Promise.all(
      records.map(async (record) => {
        const read = record.infoBytes ? await readInfo(record.infoBytes, record.infoHash) : null;
        return this.enter(record, read?.ok ? read.value : null, false);
      }),
    );
    await Promise.all(tasks.map((task) => task.restore()));
    this.#options.deps.clock.after(CONFIRM_AFTER_MS, () => void this.#confirm(tasks));
  }

  /** One after the other, once the page has its list: writing hundreds of shelves takes seconds. */
  async #confirm(tasks: readonly TorrentTask[]): Promise<void> {
    for (const task of tasks) await task.confirm();
  }

  /** The default trackers have changed: each torrent announces to those that are its now. */
  announceAnew(): void {
    for (const task of this.all()) task.announceAnew();
  }

  leave(task: TorrentTask): void {
    this.#tasks.delete(task.infoHash);
  }

  summaries(): EngineSnapshot['torrents'] {
    const positions = this.#positions();
    return this.all().map((task) => summarize(task, this.#viewContext(task, positions)));
  }

  /** Of the library. */
  details(): readonly TorrentDetail[] {
    const positions = this.#positions();
    return this.listed().map((task) => detail(task, this.#viewContext(task, positions)));
  }

  detail(task: TorrentTask): TorrentDetail {
    return detail(task, this.#viewContext(task, this.#positions()));
  }

  #viewContext(task: TorrentTask, positions: ReadonlyMap<TorrentTask, number>): ViewContext {
    return {
      basePath: this.#basePath,
      queuePosition: positions.get(task) ?? -1,
      magnet: this.#magnetOf(task),
    };
  }

  #positions(): ReadonlyMap<TorrentTask, number> {
    return new Map(this.listed().map((task, position) => [task, position]));
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
