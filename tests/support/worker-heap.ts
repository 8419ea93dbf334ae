/** The memory of a page's dedicated worker, over CDP: its JavaScript heap and the buffers that hang on it. */
import type { CDPSession, Page } from '@playwright/test';

export interface WorkerHeap {
  /** Bytes of heap and of ArrayBuffers, now. */
  readonly heapBytes: number;
  readonly bufferBytes: number;
}

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize?: number;
  readonly backingStorageSize?: number;
}

/** Attaches to the worker whose name or URL contains `part`. Call before the page makes it. */
export async function attachToWorker(page: Page, part: string) {
  const session: CDPSession = await page.context().newCDPSession(page);
  const waiting = new Map<number, (result: unknown) => void>();
  let nextId = 1;
  const attached = new Promise<string>((resolve) => {
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker' && `${targetInfo.title} ${targetInfo.url}`.includes(part)) {
        resolve(sessionId);
      }
    });
  });
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const call = async <T>(method: string): Promise<T> => {
    const sessionId = await attached;
    const id = nextId++;
    const answer = new Promise<T>((resolve) => waiting.set(id, resolve as (it: unknown) => void));
    const message = JSON.stringify({ id, method });
    await session.send('Target.sendMessageToTarget', { sessionId, message });
    return answer;
  };
  return {
    async heap(): Promise<WorkerHeap> {
      const usage = await call<HeapUsage>('Runtime.getHeapUsage');
      return {
        heapBytes: usage.usedSize + (usage.embedderHeapUsedSize ?? 0),
        bufferBytes: usage.backingStorageSize ?? 0,
      };
    },
    collectGarbage: () => call<object>('HeapProfiler.collectGarbage'),
  };
}
