/**
 * Where every torrent gets its connections: gives out places of the one budget (connection-budget.ts) at the pace that the
 * page bears (pacer.ts).
 *
 *   offer:  ordered ─► offered ─► connecting ─► open ─► gone
 *   answer:            └────────► connecting
 *
 * Invariants: a place is taken before the page is asked and free as soon as its connection ends; at most AT_ONCE
 * connections are being described; peers that wait for an answer go before offers to nobody in particular.
 */
import type { RtcConfig, RtcFailure } from '../../../contract/rtc.ts';
import type { ConnectionsSnapshot } from '../../../contract/snapshot.ts';
import { DEFAULT_SETTINGS } from '../../../contract/settings.ts';
import type { Deps } from '../../model/deps.ts';
import { nextToOffer, placeForPeer } from '../connection-budget.ts';
import { candidateKinds } from '../ice-diagnosis.ts';
import { NO_WORTH, surplusOf, type Worth, type WorthyPlace } from '../surplus.ts';
import { ConnectionSeat, type ConnectionHolder } from './connection-seat.ts';
import { IceHistory } from './ice-history.ts';
import { Pacer } from './pacer.ts';
import type { RtcConnection } from './rtc-connection.ts';
import type { DescribedConnection, RtcPool } from './rtc-pool.ts';

export const AT_ONCE = 10;
/** Chromium makes 500 connections, those included that are closed and not collected yet: these go in their own time. */
export const FIRST_REST_MS = 5_000;
const LAST_REST_MS = 60_000;

class Taken implements WorthyPlace<ConnectionSeat> {
  connection: RtcConnection | null = null;
  isGivenUp = false;

  constructor(
    readonly holder: ConnectionSeat,
    /** What it is until it opens. */
    public phase: 'offered' | 'connecting',
    readonly sinceMs: number,
  ) {}

  get state() {
    return this.connection?.isOpen ? 'open' : this.phase;
  }

  get isRedundant(): boolean {
    return this.connection?.isOpen === true && this.holder.holder.isRedundant(this.connection);
  }

  get worth(): Worth {
    return this.connection?.isOpen ? this.holder.holder.worthOf(this.connection) : NO_WORTH;
  }
}

interface Answer {
  readonly place: Taken;
  readonly sdp: string;
  readonly resolve: (described: DescribedConnection | null) => void;
}

export class ConnectionDesk {
  readonly history = new IceHistory();
  readonly #seats = new Set<ConnectionSeat>();
  readonly #places = new Set<Taken>();
  readonly #answers: Answer[] = [];
  readonly #pacer: Pacer;
  #total = DEFAULT_SETTINGS.maxConnections;
  #making = 0;
  #served = 0;
  #rests = 0;
  #restsUntilMs = -Infinity;
  #cancelNext: (() => void) | null = null;
  #isPumpQueued = false;

  constructor(
    readonly pool: RtcPool,
    readonly deps: Deps,
  ) {
    this.#pacer = new Pacer(deps.clock);
    pool.onRefused = (failure) => this.#refused(failure);
  }

  /**
   * `total`: connections over all torrents; what is over it stays until `closeSurplus`. New ones are made as `config` says. Returns
   * whether that is another way than before: what failed until now may not fail any more.
   */
  configure(total: number, config: RtcConfig): boolean {
    this.#total = total;
    const isOther = JSON.stringify(config) !== JSON.stringify(this.pool.config);
    if (isOther) this.history.forget();
    this.pool.config = config;
    this.#pumpSoon();
    return isOther;
  }

  /** Closes what is over the budget, and what each torrent, or `of` alone, has over its limit: the least useful (surplus.ts). */
  closeSurplus(of: ConnectionSeat | null = null): void {
    const places = [...this.#places].filter(({ holder }) => !of || holder === of);
    const total = of ? Infinity : this.#total;
    const limitOf = ({ holder }: ConnectionSeat) => holder.connectionLimit();
    for (const place of surplusOf(total, places, limitOf)) this.#giveUp(place);
  }

  seat(holder: ConnectionHolder): ConnectionSeat {
    const seat = new ConnectionSeat(this, holder);
    this.#seats.add(seat);
    return seat;
  }

  leave(seat: ConnectionSeat): void {
    this.#seats.delete(seat);
  }

  /** The network is back, or the machine awake: what failed before means nothing now. */
  wake(): void {
    this.history.forget();
    this.#rests = 0;
    this.#restsUntilMs = -Infinity;
    this.#pumpSoon();
  }

  snapshot(): ConnectionsSnapshot {
    const { pool, history } = this;
    const problem = this.#seats.size ? history.problem(pool.config) : null;
    return { open: pool.open, pending: pool.pending, budget: this.#total, problem };
  }

  /** A seat wants more. */
  ordered(): void {
    this.#pumpSoon();
  }

  answer(seat: ConnectionSeat, sdp: string): Promise<DescribedConnection | null> {
    const asker = { holder: seat, limit: seat.holder.connectionLimit() };
    const nowMs = this.deps.clock.now();
    const grant = placeForPeer(this.#total, [...this.#places], asker, nowMs);
    if (!grant) return Promise.resolve(null);
    const place = this.#take(seat, 'connecting', grant.displaced);
    return new Promise((resolve) => {
      this.#answers.push({ place, sdp, resolve });
      this.#pumpSoon();
    });
  }

  #take(seat: ConnectionSeat, phase: Taken['phase'], displaced: Taken | null): Taken {
    if (displaced) this.#giveUp(displaced);
    const place = new Taken(seat, phase, this.deps.clock.now());
    this.#places.add(place);
    return place;
  }

  #giveUp(place: Taken): void {
    place.isGivenUp = true;
    place.connection?.destroy();
    this.#places.delete(place);
  }

  #free(place: Taken): void {
    if (this.#places.delete(place)) this.#pumpSoon();
  }

  /** At the end of the task: what several torrents ask for in it is given out in the order that is fair. */
  #pumpSoon(): void {
    if (this.#isPumpQueued) return;
    this.#isPumpQueued = true;
    queueMicrotask(() => {
      this.#isPumpQueued = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { clock } = this.deps;
    this.#cancelNext?.();
    this.#cancelNext = null;
    while (this.#making < AT_ONCE) {
      const grant = this.#answers.length ? null : this.#nextOffer();
      if (!grant && !this.#answers.length) return this.#stall();
      const restMs = this.#restsUntilMs - clock.now();
      const waitMs = Math.max(this.#pacer.waitMs, restMs);
      if (waitMs > 0) {
        this.#cancelNext = clock.after(waitMs, () => this.#pump());
        // No announce waits for that.
        if (restMs > 0) this.#stall();
        return;
      }
      const answer = this.#answers.shift();
      if (answer) void this.#makeAnswer(answer);
      else this.#makeOffer(grant!.holder, grant!.displaced);
    }
  }

  #nextOffer() {
    const askers = [...this.#seats]
      .filter(({ nextOrder }) => nextOrder)
      .map((seat) => ({
        holder: seat,
        limit: seat.holder.connectionLimit(),
        lastServed: seat.lastServed,
      }));
    return askers.length ? nextToOffer(this.#total, [...this.#places], askers) : null;
  }

  #makeOffer(seat: ConnectionSeat, displaced: Taken | null): void {
    const order = seat.nextOrder!;
    order.makes();
    seat.lastServed = ++this.#served;
    const place = this.#take(seat, 'offered', displaced);
    void this.#describe(place, this.pool.offer()).then((offer) => {
      order.made(offer);
      this.#pumpSoon();
    });
  }

  async #makeAnswer({ place, sdp, resolve }: Answer): Promise<void> {
    resolve(place.isGivenUp ? null : await this.#describe(place, this.pool.answer(sdp)));
  }

  async #describe(
    place: Taken,
    made: Promise<DescribedConnection | null>,
  ): Promise<DescribedConnection | null> {
    this.#making++;
    this.#pacer.started();
    const described = await made;
    this.#making--;
    this.#pumpSoon();
    if (!described || place.isGivenUp) {
      described?.connection.destroy();
      this.#free(place);
      return null;
    }
    const { connection, sdp } = described;
    this.#rests = 0;
    place.connection = connection;
    connection.own = candidateKinds(sdp);
    connection.once('close', () => this.#free(place));
    const accept = (answer: string) => {
      place.phase = 'connecting';
      this.#pumpSoon();
      described.accept(answer);
    };
    return { ...described, accept };
  }

  #stall(): void {
    for (const seat of this.#seats) for (const order of seat.orders) order.stalls();
  }

  #refused(failure: RtcFailure): void {
    // All that were under way are refused together: they count once.
    if (failure === 'too-many' && this.deps.clock.now() >= this.#restsUntilMs) {
      const restMs = Math.min(LAST_REST_MS, FIRST_REST_MS * 2 ** this.#rests++);
      this.#restsUntilMs = this.deps.clock.now() + restMs;
    }
    this.history.failed(failure, { host: false, reflexive: false, relay: false });
  }
}
