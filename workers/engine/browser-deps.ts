/** The real clock, chance and log of a worker: the only place of the engine that names them. */
import type { Deps } from './model/deps.ts';

export function createDeps(): Deps {
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
    random: () => Math.random(),
    log: (level, message, detail) => {
      const write =
        level === 'error' ? console.error : level === 'warning' ? console.warn : console.info;
      if (detail === undefined) write(`[rill] ${message}`);
      else write(`[rill] ${message}`, detail);
    },
  };
}

/** A message is not held back; a timer set by a timer waits 4 ms at least, time to store 16 MiB. */
function afterThisTask(callback: () => void): () => void {
  const { port1, port2 } = new MessageChannel();
  const close = () => port1.close();
  port1.onmessage = () => {
    close();
    callback();
  };
  port2.postMessage(null);
  return close;
}
