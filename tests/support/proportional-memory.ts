/** Memory of a browser as a whole, with what its processes share counted once (Linux). */
import { readdir, readFile } from 'node:fs/promises';
import { typeInGroup } from './chromium-process.ts';

/** Proportional set size of the processes in the process group `groupId`, in bytes by process type. */
export async function proportionalBytes(groupId: number): Promise<ReadonlyMap<string, number>> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const bytes = new Map<string, number>();
  for (const [type, size] of await Promise.all(ids.map((id) => bytesOf(id, groupId))))
    if (size > 0) bytes.set(type, (bytes.get(type) ?? 0) + size);
  return bytes;
}

async function bytesOf(id: string, groupId: number): Promise<readonly [string, number]> {
  try {
    const type = await typeInGroup(id, groupId);
    if (type === null) return ['', 0];
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, 'utf8');
    return [type, Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024];
  } catch {
    // It ended in between.
    return ['', 0];
  }
}
