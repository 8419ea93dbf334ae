/**
 * A torrent that downloads from one peer into a store that takes its time, as webtorrent/torrent.ts drives a scheduler:
 * the test decides when a block comes, when a piece is hashed and when it is stored.
 */
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import {
  BlockScheduler,
  type BlockRequest,
  type PeerView,
} from '../../../../../workers/engine/protocol/block-scheduler.ts';
import type { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';
import type { WriteBudget } from '../../../../../workers/engine/storage/queue/write-budget.ts';
import { peer } from './scheduler-scene.ts';

/** What all torrents of an engine share. */
export interface Engine {
  readonly limits: InFlightLimits;
  readonly budget: WriteBudget;
  /** Torrents that are to look for room, as tasks of their own. */
  readonly updates: Set<DownloadScene>;
}

/** Lets every torrent look that was told to. */
export function settle({ updates }: Engine): void {
  for (const download of updates) {
    updates.delete(download);
    download.update();
  }
}

interface Wait {
  readonly index: number;
  readonly lengthBytes: number;
}

export class DownloadScene {
  readonly scheduler: BlockScheduler;
  readonly peer: PeerView;
  readonly requests: BlockRequest[] = [];
  readonly hashing: Wait[] = [];
  readonly storing: Wait[] = [];
  isChoked = false;

  constructor(
    readonly engine: Engine,
    readonly pieceCount: number,
    blocksPerPiece: number,
    readonly maxRequests = 8,
  ) {
    const map = new PieceMap(
      pieceCount * blocksPerPiece * BLOCK_LENGTH,
      blocksPerPiece * BLOCK_LENGTH,
    );
    const wanted = new Bitfield(pieceCount);
    for (let i = 0; i < pieceCount; i++) wanted.set(i);
    const have = new Bitfield(pieceCount);
    this.scheduler = new BlockScheduler(map, have, wanted, engine.limits, () => 0);
    this.peer = peer(this.scheduler, 'seed');
    const update = () => void engine.updates.add(this);
    this.scheduler.onRoom = update;
    this.scheduler.hasStorageRoom = (lengthBytes, inFlightBytes) =>
      !engine.budget.isPressed && engine.budget.hasRoomFor(lengthBytes, inFlightBytes);
    engine.budget.onRelieved(update);
  }

  get isComplete(): boolean {
    return this.scheduler.have.isFull;
  }

  update(): void {
    this.scheduler.retry(() => this.fill());
  }

  fill(): void {
    while (!this.isChoked && this.requests.length < this.maxRequests) {
      const request = this.scheduler.next(this.peer, 0, false);
      if (!request) return;
      this.requests.push(request);
    }
  }

  /** The peer's oldest block comes. */
  answer(): void {
    const request = this.requests.shift();
    if (!request) return;
    const { piece, offsetBytes, lengthBytes } = request;
    if (this.scheduler.active(piece.index) !== piece) return;
    piece.put(offsetBytes, new Uint8Array(lengthBytes), 'seed');
    if (piece.isComplete) {
      this.scheduler.toStorage(piece);
      this.hashing.push(piece);
      this.engine.updates.add(this);
    }
    this.fill();
  }

  choke(): void {
    this.isChoked = true;
    for (const { piece, offsetBytes } of this.requests.splice(0)) {
      piece.forget(offsetBytes / BLOCK_LENGTH, 'seed');
    }
    this.scheduler.lost('seed');
  }

  unchoke(): void {
    this.isChoked = false;
    this.fill();
  }

  /** The oldest complete piece turns out right and goes to the store, or wrong and goes nowhere. */
  hashed(isGood: boolean): void {
    const piece = this.hashing.shift();
    if (!piece) return;
    if (isGood) {
      this.engine.budget.add(piece.lengthBytes);
      this.scheduler.handedOver(piece.index);
      this.storing.push(piece);
    } else {
      this.scheduler.fromStorage(piece.index);
      this.engine.updates.add(this);
    }
  }

  /** The store has the oldest piece, or has refused it. */
  stored(isOurs: boolean): void {
    const piece = this.storing.shift();
    if (!piece) return;
    this.engine.budget.remove(piece.lengthBytes);
    if (isOurs) this.scheduler.have.set(piece.index);
    this.scheduler.fromStorage(piece.index);
    // Peers are told of the piece, and asked at once.
    this.fill();
    this.engine.updates.add(this);
  }
}
