/** The real clock, chance and log of a worker: the only place of the engine that names them. */
import type { Deps } from './model/deps.ts';

export function createDeps(): Deps {
  return {
    clock: {
      now: () => Date.now(),
      after: (delayMs, callback) => {
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
