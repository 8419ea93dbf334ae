/**
 * Says to peers whether we only upload, and reads whether they do (BEP 21): we have everything, or nothing more is wanted of
 * what is missing (a partial seed). A super-seed does not say so: it would be taken for the seed that it hides.
 *
 * Invariants: what a peer was told last is true, but that a partial seed has been one for SETTLE_MS before it says so (a
 * person who jumps about in a film that is not selected makes us want something again and again); a peer is told when that
 * changes and not else, in a whole handshake, since some clients forget what an earlier one said (BEP 10).
 */
import type Wire from 'bittorrent-protocol';
import type { Clock } from '../../model/deps.ts';
import type { BlockScheduler } from '../block-scheduler.ts';

export const SETTLE_MS = 10_000;

export interface UploadOnlyHost {
  readonly clock: Clock;
  wires(): readonly Wire[];
  /** `null` while the metadata is not known. */
  scheduler(): BlockScheduler | null;
  isSuperSeed(): boolean;
  /** `isOn` has changed. */
  changed(): void;
}

export class UploadOnly {
  #isOn = false;
  #endWait: (() => void) | null = null;

  constructor(readonly host: UploadOnlyHost) {}

  /** We download nothing, and will not until somebody wants something else. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** What we have, what is wanted or whether we super-seed may have changed. */
  refresh(): void {
    const need = needOf(this.host.scheduler());
    if (need === 'idle' && !this.#isOn) {
      this.#endWait ??= this.host.clock.after(SETTLE_MS, () => this.#set(true));
    } else this.#set(need !== 'something');
  }

  /** No timer runs until the next `refresh`. */
  stop(): void {
    this.#endWait?.();
    this.#endWait = null;
  }

  /** Call before our extension handshake goes out, and when what it says is not true any more. Web seeds read none. */
  tell(wire: Wire): void {
    const isSaid = wire.extendedHandshake['upload_only'] === 1;
    const isTrue = this.#isOn && !this.host.isSuperSeed();
    if (isSaid === isTrue || wire.type === 'webSeed') return;
    wire.extendedHandshake['upload_only'] = isTrue ? 1 : 0;
    if (wire._extendedHandshakeSent && !wire.destroyed) wire._sendExtendedHandshake();
  }

  #set(isOn: boolean): void {
    this.stop();
    const isChanged = isOn !== this.#isOn;
    this.#isOn = isOn;
    for (const wire of this.host.wires()) this.tell(wire);
    if (isChanged) this.host.changed();
  }
}

/** `complete`: nothing is missing; `idle`: something is here, and nothing of the rest is wanted. */
function needOf(scheduler: BlockScheduler | null): 'complete' | 'idle' | 'something' {
  if (!scheduler) return 'something';
  if (scheduler.have.isFull) return 'complete';
  const isIdle = scheduler.picker.neededCount === 0 && !scheduler.hasReaders;
  // A torrent that is only looked into has nothing and wants nothing yet.
  return isIdle && scheduler.have.count > 0 ? 'idle' : 'something';
}

/** Whether the peer has said that it downloads nothing; what is no number says nothing (extension-handshake.ts). */
export function saysUploadOnly({ peerExtendedHandshake }: Wire): boolean {
  return Number(peerExtendedHandshake['upload_only']) > 0;
}
