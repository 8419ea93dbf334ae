/**
 * Tells what becomes of one torrent, by comparing it with how it was when it was last looked at: whenever it says that
 * something changed, before each event it tells of itself, and once a second.
 *
 * Invariants: nothing is told of a torrent that is only looked into; `added` comes first and `removed` last, `metadata` before
 * any piece, the last piece before `complete`, `complete` before `seeding`; progress is told at most once a second, and only
 * when there was some.
 */
import type { NewEvent } from '../../contract/events.ts';
import type { Clock } from '../model/deps.ts';
import type { TorrentTask } from './torrent.ts';
import { stateOf } from './torrent-view.ts';

const PROGRESS_PERIOD_MS = 1_000;

/** What was told of it, as far as it can change. */
interface Told {
  hasMetadata: boolean;
  isComplete: boolean;
  isSeeding: boolean;
  /** Of the selection; `null` when it was not known yet. */
  haveBytes: number | null;
}

export class TorrentEvents {
  readonly #task: TorrentTask;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #emit: (event: NewEvent) => void;
  #told: Told | null = null;
  #progressMs = -Infinity;
  #hasLeft = false;

  /** `isRestored`: it was told of at an earlier start, and only what changes since is news. */
  constructor(
    task: TorrentTask,
    clock: Pick<Clock, 'now'>,
    emit: (event: NewEvent) => void,
    isRestored: boolean,
  ) {
    this.#task = task;
    this.#clock = clock;
    this.#emit = emit;
    if (!isRestored) return;
    const isComplete = task.record.completedAt !== null;
    const isSeeding = isComplete && !task.record.pausedBy;
    this.#told = { hasMetadata: task.meta !== null, isComplete, isSeeding, haveBytes: null };
  }

  /** Passes on what somebody else tells of the torrent, in its place among the rest. */
  emit(event: NewEvent): void {
    this.look();
    if (this.#told && !this.#hasLeft) this.#emit(event);
  }

  look(): void {
    const task = this.#task;
    if (task.isHeld || this.#hasLeft) return;
    if (!this.#told) {
      this.#told = { hasMetadata: false, isComplete: false, isSeeding: false, haveBytes: 0 };
      const { name } = task.record;
      this.#tell('torrent:added', 'It was added to the library.', { name });
    }
    this.#lookAtMetadata(this.#told);
    this.#lookAtBytes(this.#told);
  }

  /** The torrent is not in the list any more. */
  left(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const { name } = this.#task.record;
    if (this.#told) this.#tell('torrent:removed', 'It was removed from the library.', { name });
  }

  #lookAtMetadata(told: Told): void {
    const { meta, record } = this.#task;
    if (told.hasMetadata || !meta) return;
    told.hasMetadata = true;
    const files = meta.files.filter(({ isPad }) => !isPad).length;
    const what = files === 1 ? '1 file' : `${files.toLocaleString('en')} files`;
    const { name } = record;
    const { lengthBytes } = meta;
    this.#tell('torrent:metadata', `It is known what is inside: ${what}.`, {
      name,
      files,
      lengthBytes,
    });
  }

  #lookAtBytes(told: Told): void {
    const { stored, record } = this.#task;
    if (!stored) return;
    const { selectedHaveBytes, selectedBytes } = stored.ledger;
    told.haveBytes ??= selectedHaveBytes;
    const isComplete = record.completedAt !== null;
    if (isComplete && !told.isComplete) {
      told.haveBytes = selectedHaveBytes;
      this.#tell('torrent:complete', 'All that was chosen is here.', { selectedBytes });
    }
    told.isComplete = isComplete;
    if (told.haveBytes !== selectedHaveBytes) this.#tellProgress(told);
    const isSeeding = isComplete && stateOf(this.#task) === 'seeding';
    if (isSeeding && !told.isSeeding) {
      this.#tell('torrent:seeding', 'It is given to others now.', { selectedBytes });
    }
    told.isSeeding = isSeeding;
  }

  #tellProgress(told: Told): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#progressMs < PROGRESS_PERIOD_MS) return;
    this.#progressMs = nowMs;
    const { stored, member } = this.#task;
    if (!stored) return;
    const { selectedHaveBytes, selectedBytes } = stored.ledger;
    told.haveBytes = selectedHaveBytes;
    const stats = member?.stats();
    const progress = selectedBytes ? selectedHaveBytes / selectedBytes : 0;
    this.#tell('torrent:progress', `${(Math.floor(progress * 1000) / 10).toFixed(1)} % is here.`, {
      progress,
      downloadedBytes: selectedHaveBytes,
      selectedBytes,
      downloadBps: stats?.downloadBps ?? 0,
      uploadBps: stats?.uploadBps ?? 0,
      peers: stats?.peers ?? 0,
    });
  }

  #tell(kind: NewEvent['kind'], message: string, data: NonNullable<NewEvent['data']>): void {
    this.#emit({ kind, infoHash: this.#task.infoHash, message, data });
  }
}

/** A piece is verified and stored, whether it came from a peer or was found in storage. */
export function pieceArrived(
  { infoHash, stored }: Pick<TorrentTask, 'infoHash' | 'stored'>,
  piece: number,
): NewEvent {
  const piecesHave = stored?.plan.have.count ?? 0;
  const pieceCount = stored?.plan.map.pieceCount ?? 0;
  const message = `Piece ${piece} is here, ${piecesHave} of ${pieceCount}.`;
  return { kind: 'torrent:piece', infoHash, message, data: { piece, piecesHave, pieceCount } };
}
