/** What a virtual machine did not get: time that its host gave to others while this one wanted to run, as Linux counts it. */
import { readFile } from 'node:fs/promises';

export interface ProcessorTime {
  readonly stolen: number;
  readonly all: number;
}

/** Since the machine's start, in the kernel's ticks, over all processors. */
export async function processorTime(): Promise<ProcessorTime> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in the first two already.
  const ticks = line.split(/ +/).slice(1, 9).map(Number);
  return { stolen: ticks[7]!, all: ticks.reduce((sum, it) => sum + it, 0) };
}

/** 0 to 1: of the time between two looks. */
export function stolenShare(before: ProcessorTime, after: ProcessorTime): number {
  return (after.stolen - before.stolen) / Math.max(1, after.all - before.all);
}
