/**
 * The offers of one torrent at one tracker: ordered, made, announced, and answered or over.
 *
 * Invariants: never more than wanted (MAX_OFFERS at most) that are ordered, made or announced; an announced one lives OFFER_LIFE_MS; nobody
 * waits longer than OFFERS_WAIT_MS for them: those that come later are announced later.
 */
import type { Deps } from '../../model/deps.ts';
import type { ConnectionSource } from '../rtc-peer/connection-seat.ts';
import type { OfferOrder } from '../rtc-peer/offer-order.ts';
import type { DescribedConnection } from '../rtc-peer/rtc-pool.ts';

export const MAX_OFFERS = 5;
export const OFFER_LIFE_MS = 50_000;
const OFFERS_WAIT_MS = 6_000;
/** Offers that come late are not announced sooner than this after the last announce. */
const LATE_OFFERS_GAP_MS = 15_000;

export class TrackerOffers {
  readonly #announced = new Map<string, { described: DescribedConnection; cancel: () => void }>();
  #made: DescribedConnection[] = [];
  #orders: OfferOrder[] = [];
  #gatherings = 0;
  #announcedAtMs = -Infinity;
  #cancelLate: (() => void) | null = null;

  constructor(
    readonly source: ConnectionSource,
    readonly deps: Deps,
    /** Some were made after the announce that they were for. */
    readonly onLate: () => void,
  ) {}

  /** Orders what is missing of so many; resolves when all for which there is room now are made. */
  async gather(wanted: number): Promise<void> {
    this.#orders = this.#orders.filter(({ rest }) => rest > 0);
    const ordered = this.#orders.reduce((sum, { rest }) => sum + rest, 0);
    const count = wanted - this.#announced.size - this.#made.length - ordered;
    if (count <= 0) return;
    const order = this.source.order(count, (offer) => this.#onMade(offer));
    this.#orders.push(order);
    this.#gatherings++;
    await new Promise<void>((resolve) => {
      const cancel = this.deps.clock.after(OFFERS_WAIT_MS, resolve);
      void order.settled.then(() => {
        cancel();
        resolve();
      });
    });
    this.#gatherings--;
  }

  /** The offers that are made and not announced yet, as a tracker wants them. */
  announce(): object[] {
    this.#announcedAtMs = this.deps.clock.now();
    const made = this.#made;
    this.#made = [];
    // The browser may have ended some, or the budget given their places to others.
    return made
      .filter(({ connection }) => !connection.destroying)
      .map((described) => this.#announce(described));
  }

  /** The offer that was answered; `null` when there is none of that id, or not any more. */
  answered(offerId: string): DescribedConnection | null {
    const offer = this.#announced.get(offerId);
    if (!offer) return null;
    this.#announced.delete(offerId);
    offer.cancel();
    return offer.described;
  }

  /** Nobody will answer any more: all of them are closed. */
  drop(): void {
    this.#cancelLate?.();
    this.#cancelLate = null;
    for (const order of this.#orders) order.cancel();
    this.#orders = [];
    for (const { connection } of this.#made) connection.destroy();
    this.#made = [];
    for (const { described, cancel } of this.#announced.values()) {
      cancel();
      described.connection.destroy();
    }
    this.#announced.clear();
  }

  #onMade(offer: DescribedConnection): void {
    this.#made.push(offer);
    if (this.#gatherings > 0 || this.#cancelLate) return;
    const sinceMs = this.deps.clock.now() - this.#announcedAtMs;
    const delayMs = Math.max(0, LATE_OFFERS_GAP_MS - sinceMs);
    this.#cancelLate = this.deps.clock.after(delayMs, () => {
      this.#cancelLate = null;
      if (this.#made.length) this.onLate();
    });
  }

  #announce(described: DescribedConnection): object {
    const offerId = this.#newOfferId();
    const cancel = this.deps.clock.after(OFFER_LIFE_MS, () => {
      this.#announced.delete(offerId);
      described.connection.destroy();
    });
    this.#announced.set(offerId, { described, cancel });
    described.connection.once('close', () => {
      cancel();
      this.#announced.delete(offerId);
    });
    return { offer_id: offerId, offer: { type: 'offer', sdp: described.sdp } };
  }

  /** 20 code points from 0 to 255: libtorrent insists on exactly 20 bytes. */
  #newOfferId(): string {
    let id = '';
    for (let i = 0; i < 20; i++) id += String.fromCharCode(Math.floor(this.deps.random() * 256));
    return id;
  }
}
