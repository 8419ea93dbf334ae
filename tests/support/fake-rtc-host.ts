// The page's end of the rtc contract over a real port: a test decides what becomes of each connection.
import type { RtcCommand, RtcEvent } from '../../workers/contract/rtc.ts';
import { RtcPool } from '../../workers/engine/protocol/rtc-peer/rtc-pool.ts';
import { settled } from './fake-clock.ts';

export class FakeRtcHost {
  readonly pool: RtcPool;
  readonly commands: RtcCommand[] = [];
  /** Whether offers and answers are described at once. */
  isPrompt = true;
  readonly #port: MessagePort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.pool = new RtcPool(port2);
    port1.onmessage = ({ data }: MessageEvent<RtcCommand>) => {
      this.commands.push(data);
      if (this.isPrompt && (data.kind === 'offer' || data.kind === 'answer'))
        this.describe(data.id);
    };
  }

  ids(kind: RtcCommand['kind']): number[] {
    return this.commands.filter((command) => command.kind === kind).map(({ id }) => id);
  }

  describe(id: number): void {
    const made = this.commands.find((command) => command.id === id)!;
    const type = made.kind === 'answer' ? 'answer' : 'offer';
    this.post({ kind: 'sdp', id, type, sdp: `sdp of ${id}` });
  }

  post(event: RtcEvent): void {
    this.#port.postMessage(event);
  }

  /** As `post`, and waits until the pool has heard it and the page its answer. */
  async say(event: RtcEvent): Promise<void> {
    this.post(event);
    await settled();
  }

  close(): void {
    this.#port.close();
  }
}
