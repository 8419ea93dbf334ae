/**
 * A torrent as a super-seed (BEP 16): what super-seeding.ts decides is told to the wires.
 *
 * Invariants: it is one while it is to be and has every piece. Who connects then is told of nothing but what it is told of
 * piece by piece; who knew before what we have goes on as it was. When it ends, everybody is told of the rest at once. No
 * timer runs while it is none, or paused.
 */
import type { Bitfield } from '../../model/bitfield.ts';
import type { Deps } from '../../model/deps.ts';
import { SuperSeeding, type Reveal } from '../super-seeding.ts';
import type { WireSession } from './wire-session.ts';

/** How often it is looked who has waited for too long. */
const LOOK_MS = 3_000;

export interface SuperSeedHost {
  readonly deps: Pick<Deps, 'clock' | 'random'>;
  /** What we have, or `null` while the metadata is not known. */
  have(): Bitfield | null;
  sessions(): Iterable<WireSession>;
}

export class SuperSeed {
  /** To be one while complete: holds from the next `refresh` on. */
  isWanted = false;
  #policy: SuperSeeding<WireSession> | null = null;
  #endLooks: (() => void) | null = null;

  constructor(readonly host: SuperSeedHost) {}

  get isOn(): boolean {
    return this.#policy !== null;
  }

  /** What we have or what is wanted of us has changed. */
  refresh(): void {
    const have = this.host.have();
    const isOn = this.isWanted && have !== null && have.isFull;
    if (isOn && !this.#policy) this.#begin(have.length);
    if (!isOn && this.#policy) this.#end();
    if (!isOn) return this.stop();
    this.#endLooks ??= this.host.deps.clock.every(LOOK_MS, () =>
      this.#tell(this.#policy?.due(this.#now()) ?? []),
    );
  }

  /** No timer runs until the next `refresh`. */
  stop(): void {
    this.#endLooks?.();
    this.#endLooks = null;
  }

  /**
   * Call before the peer is told of anything, unless it `knowsAll`. Web seeds ask for nothing and stay out.
   * @returns whether the peer must not be told what we have
   */
  join(session: WireSession, knowsAll = false): boolean {
    if (!this.#policy || session.wire.type === 'webSeed') return false;
    this.#policy.join(session, this.#now(), knowsAll);
    return !knowsAll;
  }

  leave(session: WireSession): void {
    if (!this.#policy) return;
    this.#policy.leave(session);
    // Who is left may be alone now.
    this.#tell(this.#policy.due(this.#now()));
  }

  /** Whether the peer must not know that we have the piece. */
  hides(session: WireSession, index: number): boolean {
    return this.#policy?.hides(session, index) ?? false;
  }

  /** The peer said what it has: this piece too, or with `null` all of it anew. */
  heard(session: WireSession, index: number | null): void {
    if (!this.#policy) return;
    if (index !== null) return this.#tell(this.#policy.gained(session, index, this.#now()));
    this.#policy.claims(session);
    this.#tell(this.#policy.due(this.#now()));
  }

  #begin(pieceCount: number): void {
    const { host } = this;
    this.#policy = new SuperSeeding(pieceCount, () => host.deps.random());
    for (const session of host.sessions()) this.join(session, true);
  }

  #end(): void {
    const policy = this.#policy!;
    this.#policy = null;
    const have = this.host.have();
    for (const session of this.host.sessions()) {
      for (let i = 0; have && i < have.length; i++) {
        if (have.has(i) && policy.hides(session, i)) session.announce(i);
      }
    }
  }

  #tell(reveals: readonly Reveal<WireSession>[]): void {
    for (const { peer, index } of reveals) peer.wire.have(index);
  }

  #now(): number {
    return this.host.deps.clock.now();
  }
}
