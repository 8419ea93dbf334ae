/** What the readers of torrents share: fields of a dictionary whose author is unknown, and how to refuse them. */
import { fail, type RillErrorKind } from '../../contract/errors.ts';
import type { TrackerTiers } from '../model/tracker-tiers.ts';
import { asBytes, type BencodeDictionary } from './bencode.ts';
import { decodeUtf8 } from './utf8.ts';

/** Refuses a torrent that breaks the rules. `what` completes "This torrent is broken: …". */
export function broken(what: string, kind: RillErrorKind = 'bad-torrent') {
  const sentence = what.endsWith('.') ? what : `${what}.`;
  return fail(
    kind,
    `This torrent is broken: ${sentence} Get it again from where it came from, or look for another copy.`,
  );
}

/** A whole number from 0 that arithmetic can be done with. */
export function isSizeInBytes(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Returns the text of the first of these keys that holds a byte string, or `null`. */
export function firstText(dictionary: BencodeDictionary, ...keys: string[]): string | null {
  for (const key of keys) {
    const bytes = asBytes(dictionary.get(key));
    if (bytes) return decodeUtf8(bytes);
  }
  return null;
}

/** Longest URL that is kept, in characters, and most URLs of one kind: far past any honest torrent or link. */
const MAX_URL_LENGTH = 2048;
const MAX_URLS = 100;

/** Returns the first 100 distinct URLs of at most 2048 characters, in order, trimmed. Stops reading when it has them. */
export function boundedUrls(urls: Iterable<string>): string[] {
  const kept = new Set<string>();
  for (const url of urls) {
    const trimmed = url.length <= MAX_URL_LENGTH ? url.trim() : '';
    if (trimmed !== '') kept.add(trimmed);
    if (kept.size === MAX_URLS) break;
  }
  return [...kept];
}

/** As `boundedUrls`, tier by tier: 100 over all tiers, each in the first that names it, and no tier that is empty. */
export function boundedTiers(tiers: Iterable<Iterable<string>>): TrackerTiers {
  const kept = new Set<string>();
  const bounded: string[][] = [];
  for (const urls of tiers) {
    const fresh = boundedUrls(urls).filter((url) => !kept.has(url));
    const tier = fresh.slice(0, MAX_URLS - kept.size);
    for (const url of tier) kept.add(url);
    if (tier.length > 0) bounded.push(tier);
    if (kept.size === MAX_URLS) break;
  }
  return bounded;
}
