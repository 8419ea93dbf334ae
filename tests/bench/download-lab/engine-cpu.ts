/**
 * What a download costs beside the network, in seconds of CPU time.
 *
 * Counted on both sides: every thread of the renderers and of the browser's processes, and so JavaScript, hashing,
 * collecting and both ends of storage, but for
 * - Chromium's network: the network service, and in the renderers the threads of WebRTC and the one that carries its packets
 *   between processes;
 * - what shows things: the GPU process and the threads that compose.
 * Rill's page only shows what its engine does, which has a worker of its own, so the main threads of its renderers are
 * not counted either; stock's client runs on one, and that is counted.
 */
import { processorTime, stolenShare } from '../../support/stolen-time.ts';
import { sumCpu, threadCpu, used, type ThreadCpu } from '../../support/thread-cpu.ts';

const NETWORK = /^network\.mojom|^renderer \/ (WebRTC_|Chrome_ChildIOT)/;
const SHOWING = /^gpu-process|\/ Compositor/;
const PAGE_MAIN = 'renderer / main';

export class CpuLog {
  readonly runs: ThreadCpu[] = [];
  /** How much of each run's time the machine's host gave to others, 0 to 1. */
  readonly stolen: number[] = [];

  /** Runs `act` in the browser of that process group, and takes down what its threads used. */
  readonly around = async <Run>(pid: number, act: () => Promise<Run>): Promise<Run> => {
    const [before, began] = await Promise.all([threadCpu(pid), processorTime()]);
    const run = await act();
    this.runs.push(used(before, await threadCpu(pid)));
    this.stolen.push(stolenShare(began, await processorTime()));
    return run;
  };

  /** As if the last run had not been. */
  forgetLast(): void {
    this.runs.pop();
    this.stolen.pop();
  }

  /** Seconds of each run. `hasEngineOnPage`: the main threads of renderers are more than a view. */
  seconds(hasEngineOnPage: boolean): number[] {
    return this.runs.map((run) =>
      sumCpu(
        run,
        (name) =>
          !NETWORK.test(name) && !SHOWING.test(name) && (hasEngineOnPage || name !== PAGE_MAIN),
      ),
    );
  }

  /** Of the last run, for whoever asks why. */
  table(): string {
    return [...(this.runs.at(-1) ?? [])]
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, s]) => `    ${s.toFixed(3)} s  ${name}`)
      .join('\n');
  }
}
