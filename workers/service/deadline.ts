/** Resolves with the promise, or with what `onLate` makes when it takes longer than `ms`. The timer never outlives it. */
export function withDeadline<T>(promise: Promise<T>, ms: number, onLate: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(onLate()), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
