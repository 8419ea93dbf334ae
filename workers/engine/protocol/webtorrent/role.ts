/**
 * What we are to the peers of one torrent: somebody who downloads, a seed or partial seed (BEP 21), or a super-seed (BEP 16).
 *
 * Invariant: while we and a peer both only upload, the connection is of no use to either; it is kept as long as nobody else
 * needs its place (BEP 3 has no use for it either, but whoever closed it at once would be connected anew by the trackers).
 */
import type Wire from 'bittorrent-protocol';
import type { Deps } from '../../model/deps.ts';
import type { DownloadPlan } from '../../model/swarm.ts';
import type { BlockScheduler } from '../block-scheduler.ts';
import { SuperSeed } from './super-seed.ts';
import { UploadOnly } from './upload-only.ts';
import type { WireSession } from './wire-session.ts';

export interface RoleHost {
  readonly context: { readonly deps: Pick<Deps, 'clock' | 'random'>; onPeersChanged(): void };
  readonly plan: DownloadPlan | null;
  readonly scheduler: BlockScheduler | null;
  readonly wires: readonly Wire[];
  readonly sessions: Iterable<WireSession>;
}

export class Role {
  readonly #superSeed: SuperSeed;
  readonly #uploadOnly: UploadOnly;
  #isPaused = true;

  constructor(readonly host: RoleHost) {
    this.#superSeed = new SuperSeed({
      deps: host.context.deps,
      have: () => host.plan?.have ?? null,
      sessions: () => host.sessions,
    });
    this.#uploadOnly = new UploadOnly({
      clock: host.context.deps.clock,
      wires: () => host.wires,
      scheduler: () => host.scheduler,
      isSuperSeed: () => this.#superSeed.isOn,
      changed: () => host.context.onPeersChanged(),
    });
  }

  /** Whether to be a super-seed while complete. */
  superSeed(isOn: boolean): void {
    this.#superSeed.isWanted = isOn;
    this.refresh();
  }

  /** What we have or what is wanted has changed. */
  refresh(): void {
    if (this.#isPaused) return;
    this.#superSeed.refresh();
    this.#uploadOnly.refresh();
  }

  /** The pieces are known, and peers may come. */
  resume(): void {
    this.#isPaused = false;
    this.refresh();
  }

  /** No timer runs until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#superSeed.stop();
    this.#uploadOnly.stop();
  }

  /** Call before our extension handshake goes out. */
  greet(wire: Wire): void {
    this.#uploadOnly.tell(wire);
    wire.on('extended', (name: string | number) => {
      if (name === 'handshake') this.host.context.onPeersChanged();
    });
  }

  /** Begins the session, with as much of what we have as the peer is to know. */
  begin(session: WireSession): void {
    const isSecret = this.#superSeed.join(session);
    session.begin(isSecret);
  }

  leave(session: WireSession): void {
    this.#superSeed.leave(session);
  }

  hides(session: WireSession, index: number): boolean {
    return this.#superSeed.hides(session, index);
  }

  heard(session: WireSession, index: number | null): void {
    this.#superSeed.heard(session, index);
    if (session.isSeed) this.host.context.onPeersChanged();
  }

  /** Neither end downloads, so somebody else may have the place. A web seed takes no peer's place. */
  isUseless({ wire, isUploadOnly }: WireSession): boolean {
    return this.#uploadOnly.isOn && isUploadOnly && wire.type !== 'webSeed';
  }
}
