/** Offers that a torrent has asked for at one tracker: some are being made, the others wait for room. */
import type { DescribedConnection } from './rtc-pool.ts';

export class OfferOrder {
  /** Resolves when none of it is being made: what rests waits for room, or there is no rest. */
  readonly settled: Promise<void>;
  #making = 0;
  #isCancelled = false;
  readonly #settle: () => void;

  constructor(
    public waiting: number,
    readonly onOffer: (offer: DescribedConnection) => void,
  ) {
    let settle = () => {};
    this.settled = new Promise((resolve) => (settle = resolve));
    this.#settle = settle;
  }

  /** Offers of it that may still come. */
  get rest(): number {
    return this.waiting + this.#making;
  }

  /** What is being made is thrown away when it comes. */
  cancel(): void {
    this.#isCancelled = true;
    this.waiting = 0;
    this.#settle();
  }

  makes(): void {
    this.waiting--;
    this.#making++;
  }

  made(offer: DescribedConnection | null): void {
    this.#making--;
    if (offer && this.#isCancelled) offer.connection.destroy();
    else if (offer) this.onOffer(offer);
    if (this.rest === 0) this.#settle();
  }

  /** There is no room for more of it now. */
  stalls(): void {
    if (this.#making === 0) this.#settle();
  }
}
