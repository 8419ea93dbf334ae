// The test runner's page has a `process` of its own, without what webtorrent's dependencies call; a worker has none, and
// there polyfills.ts provides all of it. Imported before that file.
const scope = globalThis as { process?: { nextTick?: unknown } };

if (scope.process) {
  scope.process.nextTick ??= (callback: (...given: unknown[]) => void, ...given: unknown[]) =>
    queueMicrotask(() => callback(...given));
}

export {};
