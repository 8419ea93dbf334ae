/** The file selection of a magnet link: BEP 53, `so=0,2,4-6`. */
import { fail, ok, type Result } from '../../contract/errors.ts';

/** A range is two numbers in a link and any number of them in memory. */
const MAX_SELECTED = 100_000;

/**
 * Returns the distinct file indexes in ascending order, or `null` when nothing is said. Fails with `bad-torrent` when it
 * cannot be read, because downloading all in its place is not what was asked; with `too-large` above 100,000 indexes.
 */
export function readFileSelection(values: readonly string[]): Result<readonly number[] | null> {
  const selected = new Set<number>();
  let named = 0;
  for (const item of values.join(',').split(',')) {
    const text = item.trim();
    if (text === '') continue;
    const range = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
    const first = Number(range?.[1]);
    const last = Number(range?.[2] ?? range?.[1]);
    if (!(first <= last)) return unreadable();
    // Counted before it is expanded and with repetitions, so that a short link cannot ask for long work.
    named += last - first + 1;
    if (named > MAX_SELECTED) return tooMany();
    for (let index = first; index <= last; index++) selected.add(index);
  }
  return ok(selected.size > 0 ? [...selected].sort((a, b) => a - b) : null);
}

function unreadable() {
  return fail(
    'bad-torrent',
    'The file selection of this link (so=) cannot be read; expected are numbers and ranges such as 0,2,4-6.' +
      ' Remove it from the link and choose the files in Rill.',
  );
}

function tooMany() {
  return fail(
    'too-large',
    `The file selection of this link (so=) names more than ${MAX_SELECTED} files.` +
      ' Remove it from the link and choose the files in Rill.',
  );
}
