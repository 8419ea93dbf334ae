/**
 * Gives one peer the blocks that it asked for, oldest first, when the upload limit has its turn.
 *
 * Invariants: a block is only read and given when it is ours, verified, the torrent is not paused and the peer still wants it:
 * the wire's own list of requests is the queue, so what the peer cancelled, or a choke ended, is gone from it and costs
 * nothing; each request is answered once.
 */
import type { default as Wire, OutgoingRequest } from 'bittorrent-protocol';
import { pieceIndex } from '../../../contract/ids.ts';
import type { DownloadPlan } from '../../model/swarm.ts';
import type { Taker, TorrentRates } from '../rate-limits.ts';

export type Respond = (error: Error | null, bytes?: Uint8Array) => void;

export interface BlockGiverHost {
  readonly rates: TorrentRates;
  isPaused(): boolean;
}

export class BlockGiver implements Taker {
  readonly isUrgent = false;
  /** How to answer what waits for its turn. */
  readonly #waiting = new WeakMap<OutgoingRequest, Respond>();

  constructor(
    readonly wire: Wire,
    readonly plan: Pick<DownloadPlan, 'have' | 'store'>,
    readonly host: BlockGiverHost,
  ) {}

  /** The wire has just put a request on its list. The range is within the torrent: wire-guard.ts saw to it. */
  asked(respond: Respond): void {
    const request = this.wire.peerRequests.at(-1)!;
    if (!this.#isHere(request)) return this.#refuse(respond);
    this.#waiting.set(request, respond);
    this.host.rates.upload.wants(this);
  }

  get needBytes(): number {
    return this.#next()?.length ?? 0;
  }

  use(): number {
    for (let request = this.#next(); request; request = this.#next()) {
      const respond = this.#waiting.get(request)!;
      this.#waiting.delete(request);
      if (this.#isHere(request)) {
        void this.#give(request, respond);
        return request.length;
      }
      this.#refuse(respond);
    }
    return 0;
  }

  end(): void {
    this.host.rates.upload.leaves(this);
  }

  #next(): OutgoingRequest | undefined {
    const { wire } = this;
    return wire.destroyed
      ? undefined
      : wire.peerRequests.find((request) => this.#waiting.has(request));
  }

  #isHere({ piece }: OutgoingRequest): boolean {
    return !this.host.isPaused() && this.plan.have.has(piece);
  }

  /** BEP 6 rejects what we may just have lost; without it only the end of the connection says that nothing comes. */
  #refuse(respond: Respond): void {
    if (this.wire.hasFast) respond(new Error('not here'));
    else this.wire.destroy();
  }

  async #give(request: OutgoingRequest, respond: Respond): Promise<void> {
    const { piece, offset, length } = request;
    // The wire would take a late answer to a request that is off by now for one to the same request made anew, and drop both.
    const isOn = () => this.wire.peerRequests.includes(request) && !this.host.isPaused();
    try {
      const bytes = await this.plan.store.read(pieceIndex(piece), offset, length);
      if (isOn()) return respond(null, bytes);
    } catch (error) {
      if (isOn()) respond(error as Error);
    }
    this.host.rates.upload.giveBack(length);
  }
}
