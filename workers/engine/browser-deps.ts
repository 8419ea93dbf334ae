/** The real clock, chance and log of a worker: the only place of the engine that names them. */
import { followMeter } from './browser-network.ts';
import type { SessionDeps } from './model/deps.ts';

export function createDeps(): SessionDeps {
  return {
    clock: {
      now: () => Date.now(),
      after: (delayMs, callback) => {
        if (delayMs === 0) return afterThisTask(callback);
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      every: (periodMs, callback) => {
        const timer = setInterval(callback, periodMs);
        return () => clearInterval(timer);
      },
    },
    localTime: (atMs) => {
      const local = new Date(atMs);
      return { day: local.getDay(), minute: local.getHours() * 60 + local.getMinutes() };
    },
    isMetered: followMeter(),
    heapInUse,
    random: () => Math.random(),
    log: (level, message, detail) => {
      const write =
        level === 'error' ? console.error : level === 'warning' ? console.warn : console.info;
      if (detail === undefined) write(`[rill] ${message}`);
      else write(`[rill] ${message}`, detail);
    },
  };
}

interface HeapMemory {
  readonly usedJSHeapSize: number;
  readonly jsHeapSizeLimit: number;
}

/** Chromium alone says it, and to its dedicated workers not yet (seen: 156). */
function heapInUse(): number | null {
  const { memory } = performance as { readonly memory?: HeapMemory };
  return memory ? memory.usedJSHeapSize / memory.jsHeapSizeLimit : null;
}

/** Who waits for a message, in the order in which they were posted. */
const waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

/** A task or message is not held back; a timer set by a timer waits 4 ms at least, time to store 16 MiB. */
function afterThisTask(callback: () => void): () => void {
  let entry: (() => void) | null = callback;
  // Safari has none before 26.
  if ('scheduler' in globalThis) void scheduler.postTask(() => entry?.());
  else afterMessage(() => entry?.());
  return () => (entry = null);
}

function afterMessage(callback: () => void): void {
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  waiting.push(callback);
  channel.port2.postMessage(null);
}
