/**
 * Runs one worker file of a bench in a real Chromium with a persistent profile of its own, and gives what it answers:
 *
 *   const { numbers } = await runInWorker<Answer>(new URL('./storage-lab/x.worker.ts', import.meta.url), input);
 *
 * The file is bundled by Vite with the engine's own sources as they are, and calls `answerInput` (answer-input.ts). Input
 * and answer are plain data. The profile, and so all that was stored, is gone afterwards.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../support/launch.ts';
import { bundle } from './bundle.ts';
import type { WorkerAnswer } from './answer-input.ts';

const PAGE = '<!doctype html><title>lab</title><script type="module" src="page.js"></script>';

/**
 * Rejects with what the worker throws.
 * @param stock packages that are not to be replaced (bundle.ts)
 */
export async function runInWorker<Answer>(
  worker: URL,
  input: unknown,
  stock: readonly string[] = [],
): Promise<Answer> {
  const served = await serveWorker(await bundle(fileURLToPath(worker), stock));
  const launched = await launchBrowser();
  try {
    const page = await launched.context.newPage();
    await page.goto(served.url);
    const answer = await page.evaluate(askWorker, input);
    if ('error' in answer) throw new Error(`in the worker: ${answer.error}`);
    return answer.value as Answer;
  } finally {
    await launched.close();
    served.close();
  }
}

/** Runs in the page. */
function askWorker(input: unknown): Promise<WorkerAnswer> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker('worker.js', { type: 'module' });
    worker.addEventListener('error', ({ message }) => resolve({ error: message }));
    port1.addEventListener('message', ({ data }) => resolve(data));
    port1.start();
    worker.postMessage(input, [port2]);
  });
}

/** A page on a port of its own, `worker.js` beside it, and the page's own script if there is one. */
export async function serveWorker(
  code: string,
  pageCode = '',
): Promise<{ url: string; close(): void }> {
  const scripts: Readonly<Record<string, string>> = { '/worker.js': code, '/page.js': pageCode };
  const server = createServer(({ url = '/' }, response) => {
    const script = scripts[url];
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
