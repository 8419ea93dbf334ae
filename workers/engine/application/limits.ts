/**
 * What holds of the settings now: the rates of this hour, memory shared out, and less of both pieces and connections while the
 * machine cannot bear more. The one place from which swarm and storage are configured; what is saved is never changed by it.
 *
 * Invariant: every change is an event with its reason, and whatever holds is in the snapshot.
 */
import type { NewEvent } from '../../contract/events.ts';
import type { Settings } from '../../contract/settings.ts';
import type { EngineSnapshot, RatesSnapshot } from '../../contract/snapshot.ts';
import type { SessionDeps } from '../model/deps.ts';
import type { Storage } from '../model/storage.ts';
import type { Swarm } from '../model/swarm.ts';
import {
  adjustedWords,
  Adjustment,
  changeWords,
  type Adjustable,
  type Change,
  type Readings,
} from './adjustment.ts';
import { LagMeter } from './lag-meter.ts';
import { shareMemory } from './memory-budget.ts';
import { ratesAt } from './rate-schedule.ts';
import { SeedKeeper } from './seed-keeper.ts';
import type { TorrentTask } from './torrent.ts';

const BEAT_MS = 1_000;

export interface LimitsOptions {
  readonly storage: Pick<Storage, 'configure' | 'cacheBytes'>;
  readonly swarm: Pick<Swarm, 'configure' | 'closeSurplus'>;
  readonly deps: SessionDeps;
  torrents(): readonly TorrentTask[];
  emit(event: NewEvent): void;
  changed(): void;
  /** How many torrents may run may be another number now. */
  turnsChanged(): void;
}

export class Limits {
  readonly #options: LimitsOptions;
  readonly #seeds: SeedKeeper;
  readonly #adjustment: Adjustment;
  #settings!: Settings;
  #effective!: Settings;
  #rates: RatesSnapshot | null = null;
  #isMetered: boolean | null = null;
  #lag!: LagMeter;

  constructor(options: LimitsOptions) {
    this.#options = options;
    this.#seeds = new SeedKeeper(options.emit);
    this.#adjustment = new Adjustment(NOTHING);
    this.#isMetered = options.deps.isMetered();
  }

  /** Begins to look after them by the clock; call `apply` before. */
  begin(): void {
    const { clock } = this.#options.deps;
    this.#lag = new LagMeter(clock);
    clock.every(BEAT_MS, () => this.#beat());
  }

  /** The settings as they are saved. */
  apply(settings: Settings): void {
    this.#settings = settings;
    this.#adjustment.configure(adjustableOf(settings));
    this.#followClock();
    this.#configure();
    this.#reconsider();
    this.#options.changed();
  }

  /** The settings as they hold now. */
  get effective(): Settings {
    return this.#effective;
  }

  snapshot(): Pick<EngineSnapshot, 'rates' | 'adjusted' | 'meter'> {
    const { adjusted } = this.#adjustment;
    return {
      rates: this.#rates!,
      adjusted: adjusted && {
        ...adjusted.values,
        reason: adjusted.reason,
        message: adjustedWords(adjusted),
      },
      meter: { isMetered: this.#isMetered, isHolding: this.#isHolding },
    };
  }

  /** Whether it has to wait for a connection that is not metered. What a person looks into, and what is forced, does not. */
  holdsBack({ isHeld, record }: TorrentTask): boolean {
    return this.#isHolding && !isHeld && !record.isForced;
  }

  /** A person is about to resume it. */
  resumed(task: TorrentTask): Promise<void> {
    return this.#seeds.resumed(task, this.#settings);
  }

  get #isHolding(): boolean {
    return this.#settings.pauseOnMetered && this.#isMetered === true;
  }

  #beat(): void {
    const { deps, torrents } = this.#options;
    const nowMs = deps.clock.now();
    const areRatesNew = this.#followClock();
    const change = this.#adjustment.read(this.#readings(this.#lag.take()), nowMs);
    if (change) this.#tellAdjusted(change);
    if (areRatesNew || change) this.#configure();
    this.#followMeter();
    this.#seeds.beat(torrents(), this.#settings);
  }

  /** Returns whether other rates hold than before. */
  #followClock(): boolean {
    const { deps, emit } = this.#options;
    const before = this.#rates;
    const rates = ratesAt(this.#settings, deps.localTime(deps.clock.now()));
    this.#rates = rates;
    if (before?.source === rates.source || (!before && rates.source === 'usual')) return false;
    const which = rates.source === 'alternative' ? 'alternative' : 'usual';
    const why = rates.switch === 'schedule' ? 'by the schedule' : 'switched by hand';
    emit({
      kind: 'session:limits',
      infoHash: null,
      message: `The ${which} rates hold from now on, ${why}.`,
      data: { ...rates },
    });
    return true;
  }

  #followMeter(): void {
    const { deps, emit } = this.#options;
    const wasHolding = this.#isHolding;
    this.#isMetered = deps.isMetered();
    if (this.#isHolding !== wasHolding) {
      const message = wasHolding
        ? 'The connection is not metered any more: transfers go on.'
        : 'The connection is metered: transfers wait for another one.';
      emit({ kind: 'session:limits', infoHash: null, message });
    }
    this.#reconsider();
  }

  #reconsider(): void {
    for (const task of this.#options.torrents()) task.reconsider();
  }

  #tellAdjusted(change: Change): void {
    const { adjusted, values } = this.#adjustment;
    const cause = change === 'down' ? adjusted : null;
    this.#options.emit({
      kind: 'session:adjusted',
      infoHash: null,
      message: changeWords(change, adjusted),
      data: { ...values, ...cause?.readings, change, reason: cause?.reason ?? 'calm' },
    });
    this.#options.changed();
  }

  #configure(): void {
    const { swarm, storage } = this.#options;
    const { downloadBps, uploadBps } = this.#rates!;
    const shares = shareMemory(this.#settings);
    // There are none before the first.
    const before = this.#effective as Settings | undefined;
    this.#effective = { ...this.#settings, downloadBps, uploadBps, ...this.#adjustment.values };
    // First the room, then those that look for it.
    storage.configure(shares);
    swarm.configure(this.#effective, shares);
    if (areFewer(before, this.#effective)) swarm.closeSurplus();
    this.#options.turnsChanged();
  }

  #readings(lagMs: number): Readings {
    let writeMs = 0;
    let usedBytes = this.#options.storage.cacheBytes;
    for (const { member, stored } of this.#options.torrents()) {
      if (!stored) continue;
      const { store, meta } = stored.plan;
      const inFlightPieces = member?.stats().inFlightPieces ?? 0;
      usedBytes += store.queuedBytes + inFlightPieces * meta.pieceLength;
      // Of a store that has nothing to do it is only known how fast it was once.
      const isBusy = inFlightPieces + store.queuedPieces > 0;
      if (isBusy) writeMs = Math.max(writeMs, store.averageWriteMs);
    }
    const memoryPart = usedBytes / this.#settings.memoryBytes;
    return { writeMs, memoryPart, heapPart: this.#options.deps.heapInUse(), lagMs };
  }
}

/** Fewer connections are allowed than before: those that are open count, too. */
function areFewer(before: Settings | undefined, now: Settings): boolean {
  if (!before) return false;
  return (
    now.maxConnections < before.maxConnections ||
    now.maxConnectionsPerTorrent < before.maxConnectionsPerTorrent
  );
}

const NOTHING: Adjustable = { maxInFlightPieces: 0, maxConnections: 0, maxActiveDownloads: 0 };

function adjustableOf(settings: Settings): Adjustable {
  const { maxInFlightPieces, maxConnections, maxActiveDownloads } = settings;
  return { maxInFlightPieces, maxConnections, maxActiveDownloads };
}
