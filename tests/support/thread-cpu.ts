/** CPU time of a browser's threads by process and thread name, as Linux counts it. */
import { readdir, readFile } from 'node:fs/promises';
import { typeInGroup } from './chromium-process.ts';

/** Seconds of CPU time, by `<process type> / <thread name>`. The threads of one name are one entry. */
export type ThreadCpu = ReadonlyMap<string, number>;

/**
 * Seconds since the start of each thread that now lives in the process group `groupId`. The first thread of each
 * process is called `main`.
 */
export async function threadCpu(groupId: number): Promise<ThreadCpu> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => threadsOf(pid, groupId)));
  const seconds = new Map<string, number>();
  for (const [name, s] of all.flat()) seconds.set(name, (seconds.get(name) ?? 0) + s);
  return seconds;
}

/** What was used between two looks; threads that used nothing are left out. */
export function used(before: ThreadCpu, after: ThreadCpu): ThreadCpu {
  return new Map(
    [...after]
      .map(([name, s]) => [name, s - (before.get(name) ?? 0)] as const)
      .filter(([, s]) => s > 0.001),
  );
}

/** Seconds of all threads that `isCounted`. */
export function sumCpu(cpu: ThreadCpu, isCounted: (name: string) => boolean): number {
  return [...cpu].reduce((sum, [name, s]) => sum + (isCounted(name) ? s : 0), 0);
}

async function threadsOf(pid: string, groupId: number): Promise<[string, number][]> {
  try {
    const type = await typeInGroup(pid, groupId);
    if (type === null) return [];
    const threads = await readdir(`/proc/${pid}/task`);
    return await Promise.all(
      threads.map(async (id): Promise<[string, number]> => {
        const [name, times] = await Promise.all([
          readFile(`/proc/${pid}/task/${id}/comm`, 'utf8'),
          readFile(`/proc/${pid}/task/${id}/schedstat`, 'utf8'),
        ]);
        // Nanoseconds on a processor come first.
        const seconds = Number(times.split(' ')[0]) / 1e9;
        return [`${type} / ${id === pid ? 'main' : name.trim()}`, seconds];
      }),
    );
  } catch {
    // It ended in between.
    return [];
  }
}
