// Memory of a browser's renderers, as Linux counts it: the page, its workers and the service worker, buffers included.
import { readdir, readFile } from 'node:fs/promises';

/** Bytes of anonymous memory that all renderers in the process group `groupId` hold now. */
export async function rendererBytes(groupId: number): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(ids.map((id) => bytesOf(id, groupId)));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function bytesOf(id: string, groupId: number): Promise<number> {
  try {
    const [stat, command, status] = await Promise.all(
      ['stat', 'cmdline', 'status'].map((file) => readFile(`/proc/${id}/${file}`, 'utf8')),
    );
    // After the name, which is in brackets: state, parent, process group.
    const group = Number(stat!.slice(stat!.lastIndexOf(')') + 2).split(' ')[2]);
    if (group !== groupId || !command!.includes('--type=renderer')) return 0;
    return Number(/RssAnon:\s+(\d+) kB/.exec(status!)?.[1] ?? 0) * 1024;
  } catch {
    // It ended in between.
    return 0;
  }
}
