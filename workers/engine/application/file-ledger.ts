/**
 * Which files are wanted and how much of each is here. Every piece is counted once, when it becomes ours, so reading any
 * figure costs nothing however many pieces or files there are.
 *
 * Invariant: a piece is counted at most once, however often it is reported; `haveBytes[i]` is the number of verified bytes of file i; `selectedHaveBytes` their sum over the selection.
 */
import type { FilePriorities } from '../../contract/engine.ts';
import type { Priority } from '../../contract/snapshot.ts';
import { Bitfield } from '../model/bitfield.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';

const RANKED = ['low', 'normal', 'high'] as const satisfies readonly Priority[];

export class FileLedger {
  readonly haveBytes: Float64Array;
  readonly #isSelected: Uint8Array;
  readonly #counted: Bitfield;
  #priorities: FilePriorities = {};
  selectedBytes = 0;
  selectedHaveBytes = 0;

  /** `files`: indexes to download, or `null` for all. Unknown indexes and padding are left out. */
  constructor(
    readonly meta: TorrentMeta,
    readonly map: PieceMap,
    readonly have: Bitfield,
    files: readonly number[] | null,
  ) {
    this.#counted = new Bitfield(map.pieceCount);
    this.haveBytes = new Float64Array(meta.files.length);
    this.#isSelected = new Uint8Array(meta.files.length);
    for (let i = 0; i < have.length; i++) if (have.has(i)) this.addPiece(i);
    this.select(files);
  }

  get isComplete(): boolean {
    return this.selectedBytes > 0 && this.selectedHaveBytes === this.selectedBytes;
  }

  /** Verified bytes of all files, selected or not, without padding. */
  get contentHaveBytes(): number {
    return this.meta.files.reduce((sum, { isPad }, i) => sum + (isPad ? 0 : this.haveBytes[i]!), 0);
  }

  get selection(): number[] {
    return [...this.#isSelected.keys()].filter((i) => this.#isSelected[i]);
  }

  isSelected(file: number): boolean {
    return this.#isSelected[file] === 1;
  }

  isFinished(file: number): boolean {
    return this.haveBytes[file] === this.meta.files[file]?.lengthBytes;
  }

  select(files: readonly number[] | null): void {
    this.#isSelected.fill(files ? 0 : 1);
    for (const i of files ?? []) if (i in this.meta.files) this.#isSelected[i] = 1;
    this.selectedBytes = this.selectedHaveBytes = 0;
    this.meta.files.forEach((file, i) => {
      if (file.isPad) this.#isSelected[i] = 0;
      if (!this.#isSelected[i]) return;
      this.selectedBytes += file.lengthBytes;
      this.selectedHaveBytes += this.haveBytes[i]!;
    });
  }

  /** The pieces that hold any byte of the selection. */
  wantedPieces(): Bitfield {
    const wanted = new Bitfield(this.map.pieceCount);
    this.meta.files.forEach((file, i) => {
      const range = this.#isSelected[i] ? this.map.piecesOf(file) : null;
      for (let piece = range?.first ?? 0; piece <= (range?.last ?? -1); piece++) wanted.set(piece);
    });
    return wanted;
  }

  prioritize(priorities: FilePriorities): void {
    this.#priorities = priorities;
  }

  priorityOf(file: number): Priority {
    return this.#priorities[file] ?? 'normal';
  }

  /** Of each wanted piece as it is now: the highest of the files that share it. `undefined` when none comes before another. */
  piecePriorities(): ((index: number) => Priority) | undefined {
    if (Object.keys(this.#priorities).length === 0) return undefined;
    const ranks = new Uint8Array(this.map.pieceCount);
    this.meta.files.forEach((file, i) => {
      const range = this.#isSelected[i] ? this.map.piecesOf(file) : null;
      const rank = RANKED.indexOf(this.priorityOf(i));
      for (let piece = range?.first ?? 0; piece <= (range?.last ?? -1); piece++) {
        ranks[piece] = Math.max(ranks[piece]!, rank);
      }
    });
    return (index) => RANKED[ranks[index]!]!;
  }

  /** Counts a piece that has become ours; returns the files it finished. */
  addPiece(index: number): number[] {
    if (this.#counted.has(index)) return [];
    this.#counted.set(index);
    return this.#count(index, 1).filter((file) => this.isFinished(file));
  }

  /** Counts a piece no more: it is not in storage after all. */
  removePiece(index: number): void {
    if (!this.#counted.has(index)) return;
    this.#counted.clear(index);
    this.#count(index, -1);
  }

  /** Adds the piece's bytes to every file that holds some of them, or takes them away; returns those files. */
  #count(index: number, sign: 1 | -1): number[] {
    const touched: number[] = [];
    const end = this.map.pieceOffset(index) + this.map.pieceLengthOf(index);
    for (
      let i = this.#firstFileAfter(this.map.pieceOffset(index));
      i < this.meta.files.length;
      i++
    ) {
      const file = this.meta.files[i]!;
      if (file.offsetBytes >= end) break;
      const bytes = this.map.overlapBytes(index, file);
      if (!bytes) continue;
      this.haveBytes[i]! += sign * bytes;
      if (this.#isSelected[i]) this.selectedHaveBytes += sign * bytes;
      touched.push(i);
    }
    return touched;
  }

  /** The first file that ends after `offsetBytes`, by halving: files lie in order. */
  #firstFileAfter(offsetBytes: number): number {
    let low = 0;
    let high = this.meta.files.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const file = this.meta.files[middle]!;
      if (file.offsetBytes + file.lengthBytes > offsetBytes) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
