/** What webtorrent's dependencies expect of Node and a worker lacks. Imported before any of them. */
interface NodeProcess {
  browser?: boolean;
  env?: object;
  nextTick?: (callback: (...args: unknown[]) => void, ...args: unknown[]) => void;
}

const scope = globalThis as { process?: NodeProcess; global?: unknown };

// The build replaces `global`; packages that the development server has bundled by itself still read it.
scope.global ??= globalThis;
// One by one: the development server puts a `process` of its own here.
scope.process ??= {};
scope.process.browser ??= true;
scope.process.env ??= {};
scope.process.nextTick ??= (callback, ...args) => queueMicrotask(() => callback(...args));

export {};
