/** One torrent's door to the connection desk: where it gets its offers and answers. */
import type { ConnectionDesk } from './connection-desk.ts';
import type { Worth } from '../surplus.ts';
import { OfferOrder } from './offer-order.ts';
import type { RtcConnection } from './rtc-connection.ts';
import type { DescribedConnection } from './rtc-pool.ts';

/** A torrent, as the budget sees it. */
export interface ConnectionHolder {
  /** Places it may have of the budget. */
  connectionLimit(): number;
  /** Both ends have everything: its place is worth little. */
  isRedundant(connection: RtcConnection): boolean;
  /** Of an open connection. */
  worthOf(connection: RtcConnection): Worth;
}

export interface ConnectionSource {
  /** Offers, each handed over when it is described; those for which there is no room yet come when there is. */
  order(count: number, onOffer: (offer: DescribedConnection) => void): OfferOrder;
  /** Makes a connection that answers a remote offer; `null` when there is no place for it, or its SDP is refused. */
  answer(sdp: string): Promise<DescribedConnection | null>;
}

export class ConnectionSeat implements ConnectionSource {
  /** Grows with each offer given out over all torrents: the smallest has waited longest. */
  lastServed = 0;
  #orders: OfferOrder[] = [];

  constructor(
    readonly desk: ConnectionDesk,
    readonly holder: ConnectionHolder,
  ) {}

  order(count: number, onOffer: (offer: DescribedConnection) => void): OfferOrder {
    const order = new OfferOrder(count, onOffer);
    this.#orders = [...this.orders, order];
    this.desk.ordered();
    return order;
  }

  answer(sdp: string): Promise<DescribedConnection | null> {
    return this.desk.answer(this, sdp);
  }

  leave(): void {
    for (const order of this.#orders) order.cancel();
    this.desk.leave(this);
  }

  /** Those of which something may still come, oldest first. */
  get orders(): readonly OfferOrder[] {
    return (this.#orders = this.#orders.filter(({ rest }) => rest > 0));
  }

  /** The order to be served next. */
  get nextOrder(): OfferOrder | undefined {
    return this.#orders.find(({ waiting }) => waiting > 0);
  }
}
