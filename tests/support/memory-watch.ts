/** How far memory grows while something goes on: heaps over CDP, and what the processes of the browser hold. */
import { readdir, readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

/** Bytes in use, now. */
export type Gauge = () => Promise<number>;

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize?: number;
  readonly backingStorageSize?: number;
}

const sum = ({ usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 }: HeapUsage) =>
  usedSize + embedderHeapUsedSize + backingStorageSize;

/** Heap and buffers of the page, without its workers. */
export async function pageGauge(page: Page): Promise<Gauge> {
  const devTools = await page.context().newCDPSession(page);
  return async () => sum(await devTools.send('Runtime.getHeapUsage'));
}

/** Resident memory of a whole process group (Linux). Shared pages count in each process, so it says little in itself. */
export function processGroupGauge(groupId: number): Gauge {
  return async () => {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const sizes = await Promise.all(pids.map((pid) => residentBytes(pid, groupId)));
    return sizes.reduce((total, bytes) => total + bytes, 0);
  };
}

async function residentBytes(pid: string, groupId: number): Promise<number> {
  // A process may end while it is looked at.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may hold anything: state, parent, group, …; the 22nd of them counts resident pages.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[2]) === groupId ? Number(fields[21]) * 4_096 : 0;
}

/** Runs `act` and tells how far each gauge rose above where it stood before, in bytes. */
export async function peakGrowth<Name extends string>(
  gauges: Readonly<Record<Name, Gauge>>,
  act: () => Promise<void>,
): Promise<Record<Name, number>> {
  const names = Object.keys(gauges) as Name[];
  const read = () => Promise.all(names.map((name) => gauges[name]()));
  const before = await read();
  const peaks = [...before];
  let isOver = false;
  const acting = act().finally(() => (isOver = true));
  // One look for each round trip.
  while (!isOver) {
    const now = await read();
    for (const [i, bytes] of now.entries()) peaks[i] = Math.max(peaks[i]!, bytes);
  }
  await acting;
  return Object.fromEntries(names.map((name, i) => [name, peaks[i]! - before[i]!])) as Record<
    Name,
    number
  >;
}
