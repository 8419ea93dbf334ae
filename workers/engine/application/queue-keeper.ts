/**
 * Gives the torrents their turns as queue.ts decides: after everything that may change them, coalesced, and by the clock,
 * since stalls and the end of a reading are things that only time brings.
 *
 * Invariants: what a person said of a torrent (paused, forced, its place) is never changed here; a torrent that looks inside for
 * a person, or that somebody reads, runs without taking a place.
 */
import type { QueueMove } from '../../contract/engine.ts';
import type { NewEvent } from '../../contract/events.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Deps } from '../model/deps.ts';
import { isStopped } from './obstacles.ts';
import { byRank, decideTurns, type QueueEntry, type QueueKind } from './queue.ts';
import { ordersAfterMove } from './queue-moves.ts';
import type { TorrentTask } from './torrent.ts';

const PERIOD_MS = 5_000;
/** A power of two: exact beside today's milliseconds. */
const ORDER_STEP = 1 / 1024;
/** A player closes its range and opens another with each seek, and 15 s after a pause (FACTS.md): it is still being played. */
const READ_GRACE_MS = 30_000;

export interface QueueKeeperOptions {
  readonly deps: Pick<Deps, 'clock'>;
  torrents(): readonly TorrentTask[];
  settings(): Pick<Settings, 'maxActiveDownloads' | 'maxActiveSeeds' | 'maxActiveMetadata'>;
  emit(event: NewEvent): void;
}

/** What is remembered of a torrent between two decisions; gone with its task, and with the engine. */
class Place {
  yielded: { readonly kind: QueueKind; readonly atMs: number } | null = null;
  /** Streams of it that are open, and until when it counts as read without any. */
  readers = 0;
  readUntilMs = -Infinity;
  /** What was last told of it. */
  told: Told = null;
}

/** `null`: it stands still for a person, or there was nothing to tell yet. */
type Told = 'runs' | 'waits' | null;

export class QueueKeeper {
  readonly #places = new WeakMap<TorrentTask, Place>();
  #isDue = false;
  #isRunning = false;

  constructor(readonly options: QueueKeeperOptions) {}

  /** Something that turns depend on has changed: they are decided anew when what runs now has run. */
  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.decide();
    });
  }

  /** So many begin to read of it, or end; 0: somebody will. */
  read(task: TorrentTask, change: -1 | 0 | 1): void {
    const place = this.#placeOf(task);
    place.readers += change;
    place.readUntilMs = this.options.deps.clock.now() + READ_GRACE_MS;
    this.changed();
  }

  /** The place of one that is added now, after all that are there already, also those of the same millisecond. */
  orderAt(nowMs: number): number {
    const taken = new Set(this.options.torrents().map(({ record }) => record.queueOrder));
    let order = nowMs;
    while (taken.has(order)) order += ORDER_STEP;
    return order;
  }

  /** Moves it among those of its kind and priority; a paused one, among all that there are. Rejects with StorageError. */
  async move(task: TorrentTask, to: QueueMove): Promise<void> {
    const { record } = task;
    const kind = kindOf(task);
    const isLike = (other: TorrentTask) =>
      !other.isHeld &&
      kindOf(other) === kind &&
      other.record.priority === record.priority &&
      (record.pausedBy !== null || other.record.pausedBy === null);
    const tasks = this.options.torrents().filter((other) => other === task || isLike(other));
    const row = tasks
      .map(({ record: { infoHash, priority, queueOrder } }) => ({
        infoHash,
        priority,
        queueOrder,
        order: queueOrder,
        yieldedAtMs: null,
      }))
      .sort(byRank);
    // Whom a person moves has not had its turn in vain any more.
    this.#placeOf(task).yielded = null;
    const orders = ordersAfterMove(row, task.infoHash, to);
    for (const one of tasks) {
      const queueOrder = orders.get(one.infoHash);
      if (queueOrder !== undefined) await one.adjust({ queueOrder });
    }
    this.changed();
  }

  /** Decides at once. `isTold` false: what was so before the engine began is no event. */
  decide(isTold = true): void {
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.options.deps.clock.every(PERIOD_MS, () => this.decide());
    }
    const nowMs = this.options.deps.clock.now();
    const tasks = this.options.torrents();
    const entries = tasks.flatMap((task) => this.#entryOf(task, nowMs) ?? []);
    const { maxActiveMetadata, maxActiveDownloads, maxActiveSeeds } = this.options.settings();
    const limits = {
      metadata: maxActiveMetadata,
      download: maxActiveDownloads,
      seed: maxActiveSeeds,
    };
    const { running, waiting, yielding } = decideTurns(entries, limits, nowMs);
    const positions = new Map<InfoHash, number>();
    for (const kind of ['metadata', 'download', 'seed'] as const) {
      waiting[kind].forEach((infoHash, index) => positions.set(infoHash, index + 1));
    }
    // Who leaves goes before who comes: at no moment do more run than may.
    const inOrder = [...tasks].sort(
      (a, b) => Number(running.has(a.infoHash)) - Number(running.has(b.infoHash)),
    );
    for (const task of inOrder) {
      const place = this.#placeOf(task);
      const hasYielded = yielding.includes(task.infoHash);
      if (hasYielded) place.yielded = { kind: kindOf(task), atMs: nowMs };
      const position = positions.get(task.infoHash) ?? 0;
      const isOurs = task.isHeld || running.has(task.infoHash);
      const now = isOurs ? 'runs' : position > 0 ? 'waits' : null;
      if (isTold) this.#tell(task, place.told, now, hasYielded);
      place.told = now;
      if (task.giveTurn(isOurs, position)) task.context.changed();
    }
  }

  /** `null`: it would do nothing if it were let. */
  #entryOf(task: TorrentTask, nowMs: number): QueueEntry | null {
    const { record } = task;
    const place = this.#placeOf(task);
    if (task.isHeld || isStopped(task.obstacle) || task.phase.kind === 'failed') {
      place.yielded = null;
      return null;
    }
    const kind = kindOf(task);
    const { isInVain, movedMs } = task.vitals.stall;
    const { yielded } = place;
    if (yielded && (movedMs > yielded.atMs || yielded.kind !== kind)) place.yielded = null;
    return {
      infoHash: task.infoHash,
      kind,
      priority: record.priority,
      order: record.queueOrder,
      isForced: record.isForced || place.readers > 0 || nowMs < place.readUntilMs,
      isRunning: task.hasTurn,
      isInVain,
      yieldedAtMs: place.yielded?.atMs ?? null,
    };
  }

  #tell(task: TorrentTask, before: Told, now: Told, hasYielded: boolean): void {
    // What begins to run at once, and what stands still for a person, has other events.
    if (now === before || now === null || (now === 'runs' && before === null)) return;
    const message =
      now === 'runs'
        ? task.record.isForced
          ? 'Started now, beside the limits.'
          : 'It is its turn now.'
        : hasYielded
          ? 'Nothing came for a while: it makes way for another and waits its turn.'
          : 'Waits its turn: as many run as may at once.';
    const { infoHash } = task;
    this.options.emit({ kind: 'queue:updated', infoHash, message, data: { state: now } });
  }

  #placeOf(task: TorrentTask): Place {
    const known = this.#places.get(task);
    if (known) return known;
    const place = new Place();
    this.#places.set(task, place);
    return place;
  }
}

/** What it does next. While it is opened or hashed nobody knows better than the record. */
function kindOf({ phase, record }: TorrentTask): QueueKind {
  if (phase.kind === 'metadata') return 'metadata';
  const isKnown = phase.kind === 'open' && !phase.stored.check;
  const isComplete = isKnown ? phase.stored.ledger.isComplete : record.completedAt !== null;
  return isComplete ? 'seed' : 'download';
}
