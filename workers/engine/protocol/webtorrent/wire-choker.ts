/**
 * Unchokes and chokes the wires of one torrent as choker.ts says: in rounds, and between them when somebody becomes
 * interested or leaves, so that who comes first need not wait for a round while slots are free.
 *
 * Invariants: while stopped nothing is sent and no timer runs; however often peers change their minds, slots are settled
 * once a task.
 */
import type { Deps } from '../../model/deps.ts';
import {
  RATE_WINDOW_S,
  RECHOKE_MS,
  rechoke,
  settle,
  type Choice,
  type ChokerInput,
  type OptimisticTurn,
} from '../choker.ts';
import { RateMeter } from '../rate-meter.ts';
import type { WireSession } from './wire-session.ts';

export interface WireChokerHost {
  readonly deps: Pick<Deps, 'clock' | 'random'>;
  isSeeding(): boolean;
  /** Regular slots: 0 to 50. */
  slots(): number;
}

interface Member {
  readonly take: RateMeter;
  readonly connectedAtMs: number;
}

export class WireChoker {
  readonly #members = new Map<WireSession, Member>();
  #optimistic: OptimisticTurn<WireSession> | null = null;
  #endRounds: (() => void) | null = null;
  #isSettleQueued = false;

  constructor(readonly host: WireChokerHost) {}

  start(): void {
    this.#endRounds ??= this.host.deps.clock.every(RECHOKE_MS, () => this.round());
  }

  stop(): void {
    this.#endRounds?.();
    this.#endRounds = null;
  }

  /** Web seeds are uploaded nothing and stay out. */
  join(session: WireSession): void {
    const { wire } = session;
    if (wire.type === 'webSeed') return;
    const { clock } = this.host.deps;
    const take = new RateMeter(clock, RATE_WINDOW_S);
    this.#members.set(session, { take, connectedAtMs: clock.now() });
    wire.on('upload', (bytes: number) => take.add(bytes));
    wire.on('interested', () => this.#settleSoon());
    // It may have said so before the metadata was known.
    if (wire.peerInterested) this.#settleSoon();
  }

  leave(session: WireSession): void {
    if (this.#members.delete(session)) this.#settleSoon();
  }

  round(): void {
    this.#apply(rechoke(this.#input()));
  }

  #settleSoon(): void {
    if (this.#isSettleQueued) return;
    this.#isSettleQueued = true;
    queueMicrotask(() => {
      this.#isSettleQueued = false;
      if (this.#endRounds) this.#apply(settle(this.#input()));
    });
  }

  #input(): ChokerInput<WireSession> {
    const { host } = this;
    // Who only uploads needs nothing, however much it gives.
    const members = [...this.#members].filter(([session]) => !session.isUploadOnly);
    return {
      peers: members.map(([session, { take, connectedAtMs }]) => ({
        id: session,
        isInterested: session.wire.peerInterested,
        isChoked: session.wire.amChoking,
        isSnubbed: session.isSnubbed,
        giveBps: session.given.over(RATE_WINDOW_S),
        takeBps: take.bps,
        connectedAtMs,
      })),
      isSeeding: host.isSeeding(),
      slots: host.slots(),
      nowMs: host.deps.clock.now(),
      random: () => host.deps.random(),
      optimistic: this.#optimistic,
    };
  }

  #apply({ unchoked, optimistic }: Choice<WireSession>): void {
    this.#optimistic = optimistic;
    for (const session of this.#members.keys()) {
      if (unchoked.has(session)) session.wire.unchoke();
      else session.wire.choke();
    }
  }
}
