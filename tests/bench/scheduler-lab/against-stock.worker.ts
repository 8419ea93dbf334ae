/** The same trace given to Rill's torrent and to webtorrent's, in turns. Hashing and storing cost nothing here. */
import '../../../workers/engine/protocol/webtorrent/polyfills.ts';
import { answerInput } from '../answer-input.ts';
import { makeRillTorrent } from './rill-torrent.ts';
import { makeStockTorrent, type Strategy } from './stock-torrent.ts';
import { Trace, type Adopt } from './trace.ts';
import { hashForFree } from './zero-torrent.ts';

/** What the bitfields of all peers cost, in milliseconds, and each round's blocks, in microseconds a block. */
export type Costs = Record<
  'rill' | Strategy,
  { readonly beginMs: number; readonly blockUs: number[] }
>;

const ROUNDS = 5;
/** Stock is given the beginning of each round, as the rest of it would take minutes. */
const BLOCKS = { rill: 2_000, sequential: 200, rarest: 50 };

answerInput(async (): Promise<Costs> => {
  const pieceHash = await hashForFree();
  const sides: Record<keyof Costs, Adopt> = {
    rill: adoptBy(makeRillTorrent(pieceHash)),
    sequential: adoptBy(await makeStockTorrent(pieceHash, 'sequential')),
    rarest: adoptBy(await makeStockTorrent(pieceHash, 'rarest')),
  };
  const costs = {} as Costs;
  const traces = new Map<keyof Costs, Trace>();
  for (const name of Object.keys(sides) as (keyof Costs)[]) {
    const trace = new Trace(sides[name]);
    const beginMs = await timeMs(() => trace.begin());
    costs[name] = { beginMs, blockUs: [] };
    traces.set(name, trace);
    // A warm-up, which also fills the pipelines.
    await trace.blocks(BLOCKS[name]);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, trace] of traces) {
      const ms = await timeMs(() => trace.blocks(BLOCKS[name]));
      costs[name].blockUs.push((ms * 1e3) / BLOCKS[name]);
    }
  }
  return costs;
});

function adoptBy(torrent: { _onWire(wire: Parameters<Adopt>[0]): void }): Adopt {
  return (wire) => torrent._onWire(wire);
}

async function timeMs(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}
