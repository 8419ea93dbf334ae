/** The engine's end of the connections bench: a pool, and channels that were transferred to it. */
import '../../../workers/engine/protocol/webtorrent/polyfills.ts';
import type { RtcConnection } from '../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import {
  RtcPool,
  type DescribedConnection,
} from '../../../workers/engine/protocol/rtc-peer/rtc-pool.ts';
import { runSide, type Connector, type SideJob } from './side.ts';

addEventListener('message', ({ data, ports: [port] }: MessageEvent<SideJob>) => {
  const pool = new RtcPool(port!);
  // Whatever the budget is otherwise.
  Object.assign(pool, { budget: data.connections });
  void runSide(data, new PoolConnector(pool)).then((run) => postMessage(run));
});

class PoolConnector implements Connector {
  onOpen: (n: number) => void = () => undefined;
  readonly #offers = new Map<number, DescribedConnection>();
  readonly #connections: RtcConnection[] = [];

  constructor(readonly pool: RtcPool) {}

  async offer(n: number): Promise<string> {
    const described = this.#adopt(n, await this.pool.offer());
    this.#offers.set(n, described);
    return described.sdp;
  }

  async answer(n: number, sdp: string): Promise<string> {
    return this.#adopt(n, await this.pool.answer(sdp)).sdp;
  }

  accept(n: number, sdp: string): void {
    this.#offers.get(n)!.accept(sdp);
  }

  countOpen(): number {
    return this.#connections.filter(({ isOpen }) => isOpen).length;
  }

  #adopt(n: number, described: DescribedConnection | null): DescribedConnection {
    if (!described) throw new Error(`connection ${n} was refused`);
    const { connection } = described;
    this.#connections.push(connection);
    if (connection.isOpen) this.onOpen(n);
    else connection.once('open', () => this.onOpen(n));
    return described;
  }
}
