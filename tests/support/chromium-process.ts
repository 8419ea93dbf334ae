/** What a process of Chromium is, by its command line (Linux). */
import { readFile } from 'node:fs/promises';

/** Chromium's own type of the process (`renderer`, `gpu-process`, the service of a `utility`); `browser` for the first. */
function processType(command: string): string {
  return (
    /--utility-sub-type=([^\0 ]+)/.exec(command)?.[1] ??
    /--type=([^\0 ]+)/.exec(command)?.[1] ??
    'browser'
  );
}

/** Its type, or `null` when it is not of that process group. Rejects when it ended in between. */
export async function typeInGroup(id: string, groupId: number): Promise<string | null> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8');
  // After the name, which is in brackets and may hold anything: state, parent, process group.
  if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) !== groupId) return null;
  return processType(await readFile(`/proc/${id}/cmdline`, 'utf8'));
}
