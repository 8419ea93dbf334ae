/**
 * A seeder that is a program and no page, as desktop clients are: it costs a fraction of what a page does, so it is not what
 * a download from it waits for. Stock webtorrent in a process of its own (node-seeder.mjs); it shares no code with Rill.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MadeTorrent } from './torrents.ts';

const PROGRAM = fileURLToPath(new URL('./node-seeder.mjs', import.meta.url));

export interface NativeSeeder {
  close(): Promise<void>;
}

/** Resolves once the tracker counts it. `tracker`: a WebSocket address. */
export async function startNativeSeeder(
  torrent: MadeTorrent,
  tracker: string,
): Promise<NativeSeeder> {
  const folder = await mkdtemp(join(tmpdir(), 'rill-seeder-'));
  const files = [join(folder, 'torrent'), join(folder, 'content')] as const;
  await writeFile(files[0], torrent.torrentBytes);
  await writeFile(files[1], torrent.content);
  const child = fork(PROGRAM, [...files, tracker], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const gone = once(child, 'exit');
  const failed = gone.then(([code]) => {
    throw new Error(`the native seeder ended with ${String(code)}`);
  });
  failed.catch(() => {});
  const close = async () => {
    child.kill('SIGKILL');
    await gone;
    await rm(folder, { recursive: true });
  };
  try {
    await Promise.race([once(child, 'message'), failed]);
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}
