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

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly exceptionDetails?: {
      readonly text: string;
      readonly exception?: { readonly description?: string };
    };
    readonly type?: string;
    readonly args?: readonly { readonly value?: unknown; readonly description?: string }[];
  };
}

/** What failed, if that is what the message tells (CDP, domain Runtime). */
function failureIn(method: string, params: Message['params']): string | null {
  const { exceptionDetails, type, args = [] } = params ?? {};
  if (method === 'Runtime.exceptionThrown')
    return `${exceptionDetails?.text} ${exceptionDetails?.exception?.description ?? ''}`;
  if (method !== 'Runtime.consoleAPICalled' || type !== 'error') return null;
  return args.map(({ value, description }) => description ?? String(value)).join(' ');
}

/**
 * Attaches to the worker whose name or URL contains `part`. Call before the page makes it.
 * @param onFailure told of each exception that nobody caught, rejections included, and of each `console.error`
 */
export async function attachToWorker(page: Page, part: string, onFailure?: (what: string) => void) {
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
    const { id, result, method, params } = JSON.parse(message) as Message;
    if (id !== undefined) waiting.get(id)?.(result);
    const failure = method && failureIn(method, params);
    if (failure) onFailure?.(failure);
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
  // Not awaited: the page makes its worker after this.
  if (onFailure) void call('Runtime.enable');
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
