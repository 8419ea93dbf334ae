/** How the last tries to reach a peer came out, over all torrents. */
import type { RtcConfig, RtcFailure } from '../../../contract/rtc.ts';
import { diagnoseIce, WINDOW, type CandidateKinds, type Outcome } from '../ice-diagnosis.ts';

export class IceHistory {
  readonly #outcomes: Outcome[] = [];

  connected(): void {
    this.#note({ kind: 'connected' });
  }

  /** `own`: what this side had to be reached by. What only the peer is to blame for is left out. */
  failed(kind: RtcFailure | 'timed-out', own: CandidateKinds): void {
    if (kind === 'bad-description' || kind === 'closed' || kind === 'lost') return;
    this.#note({ kind, own });
  }

  /** The network, or what was set, is another one. */
  forget(): void {
    this.#outcomes.length = 0;
  }

  problem(config: RtcConfig): string | null {
    return diagnoseIce(this.#outcomes, config);
  }

  #note(outcome: Outcome): void {
    this.#outcomes.push(outcome);
    if (this.#outcomes.length > WINDOW) this.#outcomes.shift();
  }
}
