/** Memory of a browser as a whole, with what its processes share counted once (Linux). */
import { readdir, readFile } from 'node:fs/promises';

/** Proportional set size of every process in the process group `groupId`, in bytes. */
export async function proportionalBytes(groupId: number): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(ids.map((id) => bytesOf(id, groupId)));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function bytesOf(id: string, groupId: number): Promise<number> {
  try {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8');
    // After the name, which is in brackets: state, parent, process group.
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) !== groupId) return 0;
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    // It ended in between.
    return 0;
  }
}
