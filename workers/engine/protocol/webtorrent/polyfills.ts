/** What webtorrent's dependencies expect of Node and a worker lacks. Imported before any of them. */
const scope = globalThis as { process?: unknown };

scope.process ??= {
  browser: true,
  env: {},
  nextTick: (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    queueMicrotask(() => callback(...args)),
};

export {};
