/** An engine whose clock writes no checkpoint, so that whatever else writes one is seen. */
import type { BrowserContext } from '@playwright/test';

/**
 * Every engine that a page of the context starts from now on writes checkpoints only when something asks for one: the page's
 * life, a finished file, or 64 MiB that came.
 */
export async function stopCheckpointClock(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    interface Start {
      readonly kind?: string;
    }
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (this: Worker, message: Start, transfer: unknown) {
      const isStart = message.kind === 'start';
      const given = isStart ? { ...message, checkpointIntervalS: 1_000_000 } : message;
      Reflect.apply(postMessage, this, [given, transfer]);
    };
  });
}
