/** `files=0,2,5-9` in a URL: a choice of file indexes, however many a torrent has, in few characters. */
import { fail, ok, type Result } from '../contract/errors.ts';

export interface IndexChoice {
  has(index: number): boolean;
  /** The largest index that is named; `null` when all are chosen. */
  readonly largest: number | null;
}

/** Reads the value of the parameter, `null` when it is not there: then all files are chosen. */
export function toIndexChoice(text: string | null): Result<IndexChoice> {
  if (text === null) return ok({ has: () => true, largest: null });
  const ranges = text.split(',').map(toRange);
  const valid = ranges.filter((range) => range !== null);
  if (valid.length < ranges.length) {
    const message = 'The field "files" must be indexes and ranges of them, like 0,2,5-9.';
    return fail('bad-request', message, { field: 'files' });
  }
  const sorted = valid.toSorted((a, b) => a.first - b.first);
  return ok({
    has: (index) => sorted.some(({ first, last }) => first <= index && index <= last),
    largest: sorted.reduce((largest, { last }) => Math.max(largest, last), 0),
  });
}

function toRange(text: string): { readonly first: number; readonly last: number } | null {
  const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (first === undefined || Number(last) < Number(first)) return null;
  return { first: Number(first), last: Number(last) };
}
