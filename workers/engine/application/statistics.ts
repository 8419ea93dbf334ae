/**
 * What all torrents together moved, in this session and in all: sums, rates over time, and what is kept of them.
 *
 * Invariants:
 * - Sums never fall: what a torrent moved stays counted when it is removed, also what it moves while it closes.
 * - Lifetime is what was kept when the session began and the session: written down every minute, so a crash costs a minute.
 * - What the clock says of a stretch longer than a machine is late (a sleep, a clock that was set) counts as no time at all,
 *   and is a gap in the rates.
 */
import type {
  RateSeries,
  Statistics as StatisticsReport,
  StatisticsTotals,
} from '../../contract/statistics.ts';
import type { NewEvent } from '../../contract/events.ts';
import type { Catalogue } from '../model/catalogue.ts';
import type { Deps } from '../model/deps.ts';
import type { KeptTotals, StatisticsRecord } from '../model/statistics-record.ts';
import { differenceOf, NO_FIGURES, sumOf, transferFigures, type Figures } from './figures.ts';
import { emptyMinutes, RateHistory, type RateRing } from './rate-history.ts';
import { summaryOf } from './session-summary.ts';
import type { TorrentTask } from './torrent.ts';
import type { Activity } from './torrent-tally.ts';
import { stateOf } from './torrent-view.ts';

const BEAT_MS = 1_000;
/** A beat this late was not lateness of a busy machine. */
const SLEPT_MS = 15_000;
const SAVE_PERIOD_MS = 60_000;
const SUMMARY_PERIOD_MS = 5 * 60_000;

export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

export interface StatisticsOptions {
  readonly catalogue: Pick<Catalogue, 'statistics' | 'saveStatistics'>;
  readonly deps: Deps;
  tasks(): readonly TorrentTask[];
  emit(event: NewEvent): void;
  /** Of the metadata cache, since the engine started. */
  cacheCounts(): CacheCounts;
}

interface Moves {
  readonly receivedBytes: number;
  readonly uploadedBytes: number;
  readonly rates: RateRing | null;
}

export class Statistics {
  readonly #options: StatisticsOptions;
  readonly #before: Pick<StatisticsRecord, 'since' | 'totals'>;
  readonly #history = new RateHistory();
  readonly #startedMs: number;
  #lastBeatMs: number;
  /** Torrents that left the list and may still move something. */
  readonly #departing = new Set<TorrentTask>();
  #departed = NO_FIGURES;
  /** At the last summary. */
  #told = NO_FIGURES;
  /** What each torrent had moved at the last beat, and its rates: those that move nothing have none. */
  readonly #moves = new WeakMap<TorrentTask, Moves>();
  /** The totals that are written down. */
  #saved: string;
  #isKept = true;
  #activeMs = 0;
  #seedingMs = 0;

  private constructor(options: StatisticsOptions, record: StatisticsRecord | null) {
    this.#options = options;
    const { clock } = options.deps;
    this.#startedMs = this.#lastBeatMs = clock.now();
    this.#before = record ?? this.#beginning();
    this.#saved = JSON.stringify(this.#before.totals);
    if (record?.history) this.#history.restore(record.history, clock.now());
    clock.every(BEAT_MS, () => this.#beat());
    clock.every(SAVE_PERIOD_MS, () => void this.save());
    clock.every(SUMMARY_PERIOD_MS, () => this.#tell());
  }

  /** Goes on with what was kept; begins with what the torrents' own records say when there is nothing. */
  static async open(options: StatisticsOptions): Promise<Statistics> {
    try {
      return new Statistics(options, await options.catalogue.statistics());
    } catch (error) {
      options.deps.log('warning', 'the statistics could not be read', error);
      const session = new Statistics(options, null);
      // What is there may be whole: it is not to be replaced by one session.
      session.#isKept = false;
      return session;
    }
  }

  report(): StatisticsReport {
    const session = this.#session();
    return {
      since: this.#before.since,
      session: withRatio(session),
      lifetime: withRatio(totalOf(this.#before.totals, session)),
      history: this.#history.series(this.#options.deps.clock.now()),
    };
  }

  /** The torrent's rates of the last five minutes, by the second; what was before its first byte is not known. */
  ratesOf(task: TorrentTask): RateSeries {
    const rates = this.#moves.get(task)?.rates ?? emptyMinutes();
    return rates.series(this.#options.deps.clock.now());
  }

  /** Runs the end of a torrent that is in the list no more. */
  async seeOff(task: TorrentTask, close: () => Promise<void>): Promise<void> {
    this.#departing.add(task);
    try {
      await close();
    } finally {
      this.#departing.delete(task);
      this.#departed = sumOf(this.#departed, task.sessionFigures);
    }
  }

  /** Writes the sums down when they have changed; a failure is logged, and the next minute tries again. */
  async save(): Promise<void> {
    const { catalogue, deps } = this.#options;
    const totals = totalOf(this.#before.totals, this.#session());
    const { since } = this.#before;
    const saving = JSON.stringify(totals);
    if (!this.#isKept || saving === this.#saved) return;
    try {
      await catalogue.saveStatistics({ version: 1, since, totals, history: this.#history.save() });
      this.#saved = saving;
    } catch (error) {
      deps.log('warning', 'the statistics could not be saved', error);
    }
  }

  /** Of an earlier Rill, or of a damaged record: what the library says it moved. */
  #beginning(): Pick<StatisticsRecord, 'since' | 'totals'> {
    let figures = NO_FIGURES;
    let sinceMs = this.#startedMs;
    for (const { traffic, sessionFigures, record } of this.#options.tasks()) {
      figures = sumOf(figures, differenceOf(traffic, sessionFigures));
      sinceMs = Math.min(sinceMs, Date.parse(record.addedAt));
    }
    const uncounted = {
      activeS: 0,
      seedingS: 0,
      metadataCacheHits: 0,
      metadataCacheMisses: 0,
      uptimeS: 0,
    };
    const since = new Date(sinceMs).toISOString();
    return { since, totals: { ...transferFigures(figures), ...uncounted } };
  }

  #beat(): void {
    const nowMs = this.#options.deps.clock.now();
    const elapsedMs = nowMs - this.#lastBeatMs;
    const isKnown = elapsedMs > 0 && elapsedMs <= SLEPT_MS;
    const knownMs = isKnown ? elapsedMs : 0;
    const activities = new Set<Activity>();
    let [received, uploaded] = [0, 0];
    for (const task of this.#options.tasks()) {
      activities.add(task.passed(knownMs, stateOf(task)));
      const moved = this.#movedBy(task);
      received += moved.receivedBytes;
      uploaded += moved.uploadedBytes;
      const { rates } = this.#moves.get(task)!;
      if (isKnown) rates?.add(this.#lastBeatMs, nowMs, moved.receivedBytes, moved.uploadedBytes);
    }
    if (isKnown) this.#history.add(this.#lastBeatMs, nowMs, received, uploaded);
    if (activities.has('fetching') || activities.has('seeding')) this.#activeMs += knownMs;
    if (activities.has('seeding')) this.#seedingMs += knownMs;
    this.#lastBeatMs = nowMs;
  }

  /** Since the last beat. */
  #movedBy(task: TorrentTask): Pick<Figures, 'receivedBytes' | 'uploadedBytes'> {
    const { receivedBytes, uploadedBytes } = task.sessionFigures;
    const moves = this.#moves.get(task) ?? { receivedBytes: 0, uploadedBytes: 0, rates: null };
    const moved = {
      receivedBytes: receivedBytes - moves.receivedBytes,
      uploadedBytes: uploadedBytes - moves.uploadedBytes,
    };
    const isMoving = moved.receivedBytes + moved.uploadedBytes > 0;
    const rates = moves.rates ?? (isMoving ? emptyMinutes() : null);
    this.#moves.set(task, { receivedBytes, uploadedBytes, rates });
    return moved;
  }

  #tell(): void {
    const figures = this.#figures();
    const event = summaryOf(differenceOf(figures, this.#told), SUMMARY_PERIOD_MS / 1000);
    this.#told = figures;
    if (event) this.#options.emit(event);
  }

  /** Of this session, over all torrents; times are sums of theirs and mean nothing here. */
  #figures(): Figures {
    return [...this.#options.tasks(), ...this.#departing].reduce(
      (sum, task) => sumOf(sum, task.sessionFigures),
      this.#departed,
    );
  }

  #session(): KeptTotals {
    const { clock } = this.#options.deps;
    const cache = this.#options.cacheCounts();
    return {
      ...transferFigures(this.#figures()),
      activeS: Math.floor(this.#activeMs / 1000),
      seedingS: Math.floor(this.#seedingMs / 1000),
      metadataCacheHits: cache.hits,
      metadataCacheMisses: cache.misses,
      uptimeS: Math.max(0, Math.floor((clock.now() - this.#startedMs) / 1000)),
    };
  }
}

function totalOf(before: KeptTotals, session: KeptTotals): KeptTotals {
  const total: Record<keyof KeptTotals, number> = { ...session };
  for (const name of Object.keys(total) as (keyof KeptTotals)[]) total[name] += before[name];
  return total;
}

function withRatio(totals: KeptTotals): StatisticsTotals {
  const { downloadedBytes, uploadedBytes } = totals;
  return { ...totals, ratio: downloadedBytes ? uploadedBytes / downloadedBytes : 0 };
}
