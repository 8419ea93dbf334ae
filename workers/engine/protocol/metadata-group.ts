/**
 * Peers that say the metadata has one size, and what they have sent of it.
 *
 *   together ──(hash wrong, several gave)──► alone
 *      └──(hash wrong, one gave: it lied)──► together, anew
 *
 * Together each sends a share. When that comes out wrong nobody can tell who lied, so then each sends the whole, a few at a
 * time: what one alone sent is right, or it lied. Who lied before is known in the end, since what came out wrong is kept to
 * be compared with what is right.
 *
 * Invariant: it holds at most `MAX_ALONE` collections and the one that came out wrong.
 */
import {
  METADATA_PIECE_BYTES,
  MetadataCollection,
  type MetadataAsk,
} from './metadata-collection.ts';

const MAX_ALONE = 2;
/** Alone, who has sent nothing new for so long gives its turn to another. */
export const TURN_MS = 10_000;

interface Turn<Peer> {
  readonly collection: MetadataCollection<Peer>;
  heardMs: number;
}

export class MetadataGroup<Peer> {
  /** In the order of their next turns. */
  readonly #peers = new Set<Peer>();
  #together: MetadataCollection<Peer> | null;
  #failed: MetadataCollection<Peer> | null = null;
  readonly #turns = new Map<Peer, Turn<Peer>>();

  constructor(readonly sizeBytes: number) {
    this.#together = new MetadataCollection(sizeBytes);
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  get heldBytes(): number {
    const bytes = this.#collections.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0);
    return bytes + (this.#failed?.receivedBytes ?? 0);
  }

  /** Of the collection that is furthest. */
  get receivedBytes(): number {
    return Math.max(0, ...this.#collections.map(({ receivedBytes }) => receivedBytes));
  }

  join(peer: Peer): void {
    this.#peers.add(peer);
    this.#together?.join(peer);
  }

  leave(peer: Peer): void {
    this.#peers.delete(peer);
    this.#together?.leave(peer);
    this.#turns.delete(peer);
  }

  /** What to ask of whom now. */
  next(nowMs: number): MetadataAsk<Peer>[] {
    if (this.#together) return this.#together.next(nowMs);
    this.#shiftTurns(nowMs);
    return [...this.#turns.values()].flatMap(({ collection }) => collection.next(nowMs));
  }

  /** Takes what was asked for and returns what it went into, or `null`. Once that is complete its hash is to be looked at. */
  put(peer: Peer, piece: number, data: Uint8Array, nowMs: number): MetadataCollection<Peer> | null {
    const turn = this.#turns.get(peer);
    const collection = this.#together ?? turn?.collection;
    if (!collection?.put(peer, piece, data)) return null;
    if (turn) turn.heardMs = nowMs;
    return collection;
  }

  /** Returns whether the peer had been asked for the piece. */
  rejected(peer: Peer, piece: number, nowMs: number): boolean {
    const collection = this.#together ?? this.#turns.get(peer)?.collection;
    return collection?.rejected(peer, piece, nowMs) ?? false;
  }

  /** The complete collection is not the metadata. Returns who certainly lied; it is for the caller to have it leave. */
  failed(collection: MetadataCollection<Peer>): Peer[] {
    const contributors = [...collection.contributors];
    if (contributors.length === 1) {
      if (collection === this.#together) this.#begin();
      return contributors;
    }
    if (collection !== this.#together) return [];
    this.#together = null;
    this.#failed = collection;
    // Who gave nothing of it is not under suspicion, and comes first.
    for (const peer of contributors) if (this.#peers.delete(peer)) this.#peers.add(peer);
    return [];
  }

  /** The metadata is known. Returns who had sent pieces that are not of it. */
  liars(info: Uint8Array): Peer[] {
    const failed = this.#failed;
    if (!failed || info.length !== this.sizeBytes) return [];
    const liars = new Set<Peer>();
    failed.pieces.forEach((piece, i) => {
      const startBytes = i * METADATA_PIECE_BYTES;
      const right = info.subarray(startBytes, startBytes + METADATA_PIECE_BYTES);
      if (piece?.some((byte, at) => byte !== right[at])) liars.add(failed.givers[i]!);
    });
    return [...liars];
  }

  get #collections(): MetadataCollection<Peer>[] {
    const alone = [...this.#turns.values()].map(({ collection }) => collection);
    return this.#together ? [this.#together, ...alone] : alone;
  }

  #begin(): void {
    this.#together = new MetadataCollection(this.sizeBytes);
    for (const peer of this.#peers) this.#together.join(peer);
  }

  /** Ends the turns of who is silent, when somebody waits for one, and gives free turns to who waited longest. */
  #shiftTurns(nowMs: number): void {
    const waiting = [...this.#peers].filter((peer) => !this.#turns.has(peer));
    for (const [peer, turn] of [...this.#turns]) {
      const isOver = nowMs - turn.heardMs >= TURN_MS && !turn.collection.isComplete;
      if (!isOver || waiting.length === 0) continue;
      this.#turns.delete(peer);
      this.#peers.delete(peer);
      this.#peers.add(peer);
    }
    for (const peer of waiting.slice(0, MAX_ALONE - this.#turns.size)) {
      const collection = new MetadataCollection<Peer>(this.sizeBytes);
      collection.join(peer);
      this.#turns.set(peer, { collection, heardMs: nowMs });
    }
  }
}
