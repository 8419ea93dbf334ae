/**
 * Gets the metadata of a torrent that is known by its info hash alone (BEP 9), from all peers that say they have it: those that
 * agree on its size share the work (metadata-group.ts), the first bytes whose SHA-1 is the info hash win, who lied is named.
 *
 * Invariant: what peers have sent takes `MAX_HELD_BYTES` at most, however many they are and whatever sizes they claim; beyond
 * that the group that has brought nothing new for longest gives way.
 */
import type { MetadataSnapshot } from '../../contract/snapshot.ts';
import type { Clock } from '../model/deps.ts';
import { MAX_METADATA_BYTES } from '../readers/torrent-info.ts';
import type { MetadataCollection } from './metadata-collection.ts';
import { MetadataGroup } from './metadata-group.ts';

/** Four of the largest. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;
/** How often it is looked who is late. */
const LOOK_MS = 1_000;

export interface MetadataPeer {
  /** Asks the peer for a piece of 16 KiB. */
  ask(piece: number): void;
  /** Ends its connection: it is of no use, which need not be its fault. */
  close(): void;
}

export interface MetadataExchangeHost<Peer> {
  readonly infoHash: string;
  readonly clock: Clock;
  /** Bytes whose SHA-1 is the info hash. Called once. */
  onMetadata(infoBytes: Uint8Array): void;
  /** The peer sent what is not the metadata. */
  onLiar(peer: Peer): void;
}

export class MetadataExchange<Peer extends MetadataPeer> {
  /** By the size they claim; the one that has brought nothing new for longest is first. */
  readonly #groups = new Map<number, MetadataGroup<Peer>>();
  readonly #groupOf = new Map<Peer, MetadataGroup<Peer>>();
  #endLooks: (() => void) | null = null;
  #isOver = false;

  constructor(readonly host: MetadataExchangeHost<Peer>) {}

  /** How far it is, or `null` while nobody connected says that it has any. */
  get progress(): MetadataSnapshot | null {
    let best: MetadataGroup<Peer> | null = null;
    for (const group of this.#groups.values()) {
      if (group.peers.size && (!best || group.receivedBytes > best.receivedBytes)) best = group;
    }
    return best && { receivedBytes: best.receivedBytes, sizeBytes: best.sizeBytes };
  }

  /** The peer says that it has the metadata and how long it is, in bytes. Sizes out of range, and second sizes, are ignored. */
  join(peer: Peer, sizeBytes: number): void {
    const isSize = Number.isSafeInteger(sizeBytes) && sizeBytes > 0;
    if (this.#isOver || this.#groupOf.has(peer) || !isSize || sizeBytes > MAX_METADATA_BYTES)
      return;
    const group = this.#groups.get(sizeBytes) ?? new MetadataGroup<Peer>(sizeBytes);
    this.#groups.set(sizeBytes, group);
    this.#groupOf.set(peer, group);
    group.join(peer);
    this.#endLooks ??= this.host.clock.every(LOOK_MS, () => this.#look());
    this.#ask(group);
  }

  leave(peer: Peer): void {
    const group = this.#groupOf.get(peer);
    if (!group) return;
    this.#groupOf.delete(peer);
    group.leave(peer);
    // What is here of it may be completed by others that come.
    if (group.peers.size === 0 && group.heldBytes === 0) this.#groups.delete(group.sizeBytes);
    if (this.#groupOf.size === 0) this.#stopLooking();
    else this.#ask(group);
  }

  /** Takes what was asked for; anything else is ignored. */
  put(peer: Peer, piece: number, data: Uint8Array): void {
    const group = this.#groupOf.get(peer);
    const collection = group?.put(peer, piece, data, this.host.clock.now());
    if (!group || !collection) return;
    this.#groups.delete(group.sizeBytes);
    this.#groups.set(group.sizeBytes, group);
    if (collection.isComplete) void this.#check(group, collection);
    else this.#ask(group);
    this.#giveWay();
  }

  rejected(peer: Peer, piece: number): void {
    const group = this.#groupOf.get(peer);
    if (group?.rejected(peer, piece, this.host.clock.now())) this.#ask(group);
  }

  /** The metadata is known, or nobody wants it any more. */
  end(): void {
    this.#isOver = true;
    this.#groups.clear();
    this.#groupOf.clear();
    this.#stopLooking();
  }

  #look(): void {
    for (const group of [...this.#groups.values()]) this.#ask(group);
  }

  #stopLooking(): void {
    this.#endLooks?.();
    this.#endLooks = null;
  }

  #ask(group: MetadataGroup<Peer>): void {
    for (const { peer, piece } of group.next(this.host.clock.now())) peer.ask(piece);
  }

  async #check(group: MetadataGroup<Peer>, complete: MetadataCollection<Peer>): Promise<void> {
    const info = complete.assemble();
    const isRight = (await sha1Hex(info)) === this.host.infoHash;
    // A group that gave way meanwhile has nobody left to blame; but what is right is right.
    if (this.#isOver || (!isRight && this.#groups.get(group.sizeBytes) !== group)) return;
    const liars = isRight ? group.liars(info) : group.failed(complete);
    if (isRight) this.end();
    for (const liar of liars) {
      this.leave(liar);
      this.host.onLiar(liar);
    }
    if (isRight) this.host.onMetadata(info);
    else this.#ask(group);
  }

  #giveWay(): void {
    const groups = [...this.#groups.values()];
    let heldBytes = groups.reduce((sum, group) => sum + group.heldBytes, 0);
    for (const group of groups) {
      if (heldBytes <= MAX_HELD_BYTES) return;
      heldBytes -= group.heldBytes;
      this.#groups.delete(group.sizeBytes);
      for (const peer of [...group.peers]) {
        this.#groupOf.delete(peer);
        peer.close();
      }
    }
  }
}

async function sha1Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
