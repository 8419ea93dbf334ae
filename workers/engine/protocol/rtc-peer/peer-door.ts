/**
 * Where peers of one torrent wait until their connection is open: the torrent only gets those that are.
 *
 *   entered ─► connecting ─► open ─► adopted ─► gone
 *                  └────────────────────────────► gone
 *
 * Two that offer to each other at the same moment have two connections in the making. If each let go of another one both
 * would be lost; so both are kept until one opens, and of two that open both sides keep the offer of the smaller peer id.
 *
 * Invariants: the torrent gets one connection of a peer at a time; a peer whose connection ended, other than by our own
 * doing, is not taken before its time (reconnect-times.ts); nobody stays connecting longer than CONNECT_TIMEOUT_MS.
 */
import type { Deps } from '../../model/deps.ts';
import { ReconnectTimes } from '../reconnect-times.ts';
import type { IceHistory } from './ice-history.ts';
import type { RtcConnection } from './rtc-connection.ts';

/** ICE gives up by itself after some 15 to 30 s. */
export const CONNECT_TIMEOUT_MS = 25_000;
/** For that long the second of two connections waits for the first, which the other side may have let go of. */
export const RIVAL_GRACE_MS = 1_000;

export interface DoorHost {
  /** Our own peer id, as hex. */
  readonly peerId: string;
  /** The connection with that peer that was adopted and is still there. */
  openWith(peerId: string): RtcConnection | null;
  /** Takes an open connection; if there is another of the same peer it is closed. */
  adopt(connection: RtcConnection): void;
}

export class PeerDoor {
  readonly #connecting = new Map<RtcConnection, { isOpen: boolean; cancelTimer: () => void }>();
  readonly #times: ReconnectTimes;
  /** Closed by ourselves: nobody has to wait for that. */
  readonly #letGo = new WeakSet<RtcConnection>();

  constructor(
    readonly host: DoorHost,
    readonly history: IceHistory,
    readonly deps: Deps,
  ) {
    this.#times = new ReconnectTimes(
      () => deps.clock.now(),
      () => deps.random(),
    );
  }

  get connecting(): number {
    return this.#connecting.size;
  }

  /** Whether an offer of that peer is worth an answer now. */
  wouldTake(peerId: string): boolean {
    return this.#isWelcome(peerId, false);
  }

  /** Closes and refuses whom it would not take: then it returns false, and nothing more is to be done for it. */
  enter(connection: RtcConnection): boolean {
    if (!this.#isWelcome(connection.id, connection.isOurOffer)) {
      connection.destroy();
      return false;
    }
    const { clock } = this.deps;
    const cancelTimer = clock.after(CONNECT_TIMEOUT_MS, () => this.#timedOut(connection));
    this.#connecting.set(connection, { isOpen: false, cancelTimer });
    connection.once('open', () => this.#opened(connection));
    connection.once('close', () => this.#ended(connection));
    if (connection.isOpen) this.#opened(connection);
    return true;
  }

  /** Lets go of everybody who is not in yet. */
  close(): void {
    for (const connection of [...this.#connecting.keys()]) this.#drop(connection);
  }

  /** Nobody has to wait any longer: the network is back, or a person wants to go on. */
  forgive(): void {
    this.#times.reset();
  }

  #isWelcome(peerId: string, isOurOffer: boolean): boolean {
    const open = this.host.openWith(peerId);
    // One that does not answer at the moment may be a leftover of before the network was cut.
    if (open && !open.isWavering) return false;
    const isTwice = this.#rivals(peerId).some((rival) => rival.isOurOffer === isOurOffer);
    return !isTwice && (open !== null || this.#times.isDue(peerId));
  }

  #rivals(peerId: string): RtcConnection[] {
    return [...this.#connecting.keys()].filter(({ id }) => id === peerId);
  }

  #opened(connection: RtcConnection): void {
    const entry = this.#connecting.get(connection);
    if (!entry || entry.isOpen) return;
    entry.isOpen = true;
    entry.cancelTimer();
    this.history.connected();
    const isPreferred = connection.isOurOffer === this.host.peerId < connection.id;
    if (isPreferred || this.#rivals(connection.id).length === 1) return this.#adopt(connection);
    entry.cancelTimer = this.deps.clock.after(RIVAL_GRACE_MS, () => this.#adopt(connection));
  }

  #adopt(connection: RtcConnection): void {
    for (const rival of this.#rivals(connection.id)) if (rival !== connection) this.#drop(rival);
    this.#forget(connection);
    const sinceMs = this.deps.clock.now();
    connection.once('close', () => {
      if (this.#letGo.has(connection)) return;
      this.#times.ended(connection.id, this.deps.clock.now() - sinceMs);
    });
    const before = this.host.openWith(connection.id);
    if (before) this.#letGo.add(before);
    this.host.adopt(connection);
  }

  #timedOut(connection: RtcConnection): void {
    this.history.failed('timed-out', connection.own);
    if (this.#rivals(connection.id).length === 1) this.#times.ended(connection.id, 0);
    this.#drop(connection);
  }

  #ended(connection: RtcConnection): void {
    const entry = this.#connecting.get(connection);
    if (!entry) return;
    if (!entry.isOpen) this.history.failed(connection.failure ?? 'closed', connection.own);
    this.#forget(connection);
    const [rival] = this.#rivals(connection.id);
    if (!rival) this.#times.ended(connection.id, 0);
    else if (this.#connecting.get(rival)?.isOpen) this.#adopt(rival);
  }

  #drop(connection: RtcConnection): void {
    this.#letGo.add(connection);
    this.#forget(connection);
    connection.destroy();
  }

  #forget(connection: RtcConnection): void {
    this.#connecting.get(connection)?.cancelTimer();
    this.#connecting.delete(connection);
  }
}
