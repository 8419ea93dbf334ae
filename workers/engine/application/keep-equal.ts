/** Plain data that is equal stays the same object, so that whoever compares by identity sees at once what changed. */

/** `before` when `now` is equal to it, else `now`. Numbers, texts, lists and objects of them. */
export function keepEqual<T>(before: T | undefined, now: T): T {
  return before !== undefined && isEqual(before, now) ? before : now;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  // Hundreds of these are compared four times a second: `in` loops make no lists of keys.
  for (const key in a) {
    if (!(key in b) || !isEqual(a[key as keyof typeof a], b[key as keyof typeof b])) return false;
  }
  for (const key in b) if (!(key in a)) return false;
  return true;
}
