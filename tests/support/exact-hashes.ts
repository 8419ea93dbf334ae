/** `crypto.subtle` hashes on other threads, which answer in any order: while simulated, it answers at once. */
import { createHash } from 'node:crypto';

export async function withExactHashes<T>(run: () => Promise<T>): Promise<T> {
  const { subtle } = crypto;
  const own = Object.getOwnPropertyDescriptor(subtle, 'digest');
  Object.defineProperty(subtle, 'digest', {
    configurable: true,
    value: (algorithm: string, bytes: Uint8Array) =>
      Promise.resolve(
        new Uint8Array(createHash(algorithm.replace('-', '')).update(bytes).digest()).buffer,
      ),
  });
  try {
    return await run();
  } finally {
    if (own) Object.defineProperty(subtle, 'digest', own);
    else Reflect.deleteProperty(subtle, 'digest');
  }
}
