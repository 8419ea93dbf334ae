/** The memory of a worker, over CDP: its JavaScript heap and the buffers that hang on it. */
import type { Browser, CDPSession, Page } from '@playwright/test';

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

/** What is asked of a worker's own DevTools. */
export interface WorkerGauge {
  heap(): Promise<WorkerHeap>;
  collectGarbage(): Promise<object>;
}

/**
 * Attaches to the worker whose name or URL contains `part`. Call before the page makes it.
 * @param onFailure told of each exception that nobody caught, rejections included, and of each `console.error`
 */
export async function attachToWorker(
  page: Page,
  part: string,
  onFailure?: (what: string) => void,
): Promise<WorkerGauge> {
  const session = await page.context().newCDPSession(page);
  const attached = new Promise<string>((resolve) => {
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker' && `${targetInfo.title} ${targetInfo.url}`.includes(part)) {
        resolve(sessionId);
      }
    });
  });
  const { call, gauge } = talkTo(session, attached, onFailure);
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  // Not awaited: the page makes its worker after this.
  if (onFailure) void call('Runtime.enable');
  return gauge;
}

/** Attaches to the app's service worker, which stays alive from then on. */
export async function attachToServiceWorker(
  browser: Browser,
  appUrl: string,
): Promise<WorkerGauge> {
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  const target = targetInfos.find(
    (it) => it.type === 'service_worker' && it.url.startsWith(appUrl),
  );
  if (!target) throw new Error('the app has no service worker');
  const { targetId } = target;
  const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
  return talkTo(session, Promise.resolve(sessionId)).gauge;
}

/** Calls to a target within a session that carries them as text. */
function talkTo(
  session: CDPSession,
  attached: Promise<string>,
  onFailure?: (what: string) => void,
) {
  const waiting = new Map<number, (result: unknown) => void>();
  let nextId = 1;
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result, method, params } = JSON.parse(message) as Message;
    if (id !== undefined) {
      waiting.get(id)?.(result);
      waiting.delete(id);
    }
    const failure = method && failureIn(method, params);
    if (failure) onFailure?.(failure);
  });
  const call = async <T>(method: string): Promise<T> => {
    const sessionId = await attached;
    const id = nextId++;
    const answer = new Promise<T>((resolve) => waiting.set(id, resolve as (it: unknown) => void));
    const message = JSON.stringify({ id, method });
    await session.send('Target.sendMessageToTarget', { sessionId, message });
    return answer;
  };
  const gauge: WorkerGauge = {
    async heap() {
      const usage = await call<HeapUsage>('Runtime.getHeapUsage');
      return {
        heapBytes: usage.usedSize + (usage.embedderHeapUsedSize ?? 0),
        bufferBytes: usage.backingStorageSize ?? 0,
      };
    },
    collectGarbage: () => call<object>('HeapProfiler.collectGarbage'),
  };
  return { call, gauge };
}
