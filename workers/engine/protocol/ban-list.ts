/**
 * Who lied how often, and who is banned for it: for the session, over all torrents. Pure but for the listeners.
 *
 * Invariants:
 * - only `strike` bans, and the third strike always does: a peer by its id, a web seed by its URL;
 * - a network is banned only when it is public and was struck three times under at least two ids: behind one address live
 *   several honest peers (NAT, a household, every test on loopback), so one liar there bans itself alone; but a liar that comes
 *   back under ever new ids is not asked for ever. Loopback, private and shared addresses (RFC 1918, 6598) are never banned;
 * - both tables are bounded: what is oldest makes room.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { Ban } from '../../contract/snapshot.ts';
import { networkOfAddress } from '../readers/ip-address.ts';

export const MAX_STRIKES = 3;
/** Ids a network must have been struck under. */
const MIN_LIARS = 2;
/** Peers whose strikes are remembered, banned or not. */
const MAX_STRUCK = 1_000;
/** Every snapshot has them all. */
const MAX_BANS = 100;

export interface Culprit {
  /** Peer id as hex, or the URL of a web seed. */
  readonly id: string;
  readonly kind: 'peer' | 'webseed';
  /** What it calls itself, or ''. */
  readonly client: string;
  /** Where it is, with or without a port, or `null`: not known. */
  readonly address: string | null;
}

interface Record {
  strikes: number;
  /** The public network it was last seen in. */
  network: string | null;
}

export class BanList {
  readonly #records = new Map<string, Record>();
  readonly #bans = new Map<string, Ban>();
  readonly #listeners = new Set<() => void>();
  /** The same array until something changes. */
  #list: readonly Ban[] = [];

  /** `now`: milliseconds since 1970. */
  constructor(readonly now: () => number) {}

  /** Oldest first. */
  get list(): readonly Ban[] {
    return this.#list;
  }

  strikesOf(id: string): number {
    return this.#records.get(id)?.strikes ?? 0;
  }

  /** Whether nothing is to be had of a peer with that id, or at that address when it is known. */
  isBanned(id: string, address: string | null = null): boolean {
    if (this.#bans.size === 0) return false;
    if (this.#bans.has(id)) return true;
    const network = address === null ? null : networkOfAddress(address);
    return network !== null && this.#bans.has(network);
  }

  /** It is proven to have given wrong data in this torrent. Whoever listens is told when that bans somebody. */
  strike({ id, kind, client, address }: Culprit, infoHash: InfoHash): void {
    const record = this.#records.get(id) ?? { strikes: 0, network: null };
    record.strikes++;
    record.network = (address === null ? null : networkOfAddress(address)) ?? record.network;
    // Struck last, forgotten last.
    this.#records.delete(id);
    this.#records.set(id, record);
    forgetOldest(this.#records, MAX_STRUCK);
    const { network } = record;
    const at = new Date(this.now()).toISOString();
    const wasBanned = this.#bans.size;
    if (record.strikes >= MAX_STRIKES && !this.#bans.has(id)) {
      const reason = 'It gave wrong data three times.';
      this.#bans.set(id, { id, kind, client, address, reason, at, infoHash });
    }
    if (network !== null && !this.#bans.has(network) && this.#isNestOfLiars(network)) {
      const reason = 'Wrong data came from there under more than one name.';
      const ban = {
        id: network,
        kind: 'address',
        client: '',
        address: network,
        reason,
        at,
      } as const;
      this.#bans.set(network, { ...ban, infoHash });
    }
    if (this.#bans.size === wasBanned) return;
    forgetOldest(this.#bans, MAX_BANS);
    this.#list = [...this.#bans.values()];
    for (const listener of this.#listeners) listener();
  }

  /** Ends a ban; who it was begins again without a strike. Returns whether there was one. */
  lift(id: string): boolean {
    if (!this.#bans.delete(id)) return false;
    this.#records.delete(id);
    for (const record of this.#records.values()) if (record.network === id) record.network = null;
    this.#list = [...this.#bans.values()];
    return true;
  }

  /** Calls back whenever somebody is banned. Returns the way to stop. */
  onBanned(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #isNestOfLiars(network: string): boolean {
    const liars = [...this.#records.values()].filter((record) => record.network === network);
    const strikes = liars.reduce((sum, record) => sum + record.strikes, 0);
    return liars.length >= MIN_LIARS && strikes >= MAX_STRIKES;
  }
}

function forgetOldest<T>(table: Map<string, T>, most: number): void {
  for (const key of table.keys()) {
    if (table.size <= most) return;
    table.delete(key);
  }
}
