/**
 * Bencode (BEP 3) from outside: scanned, split or decoded, each linear in the input and within limits, never throwing.
 * Integers are numbers when safe and bigints otherwise, byte strings are views of the input, dictionary keys are
 * strings of one character per byte (latin1), so that any key compares and collides exactly as its bytes do.
 */
import { fail, ok, type Result } from '../../contract/errors.ts';
import { BENCODE_LIMITS, type BencodeLimits } from './bencode-limits.ts';
import { BencodeTokens } from './bencode-tokens.ts';

/** Something other readers let pass, that gives one meaning here but shows that the writer was sloppy or hostile. */
export type BencodeFlaw = 'leading-zero' | 'unsorted-key' | 'duplicate-key';

/** Each kind of flaw that was met, with the offset of the first. */
export type BencodeFlaws = ReadonlyMap<BencodeFlaw, number>;

export type BencodeValue =
  number | bigint | Uint8Array | readonly BencodeValue[] | BencodeDictionary;

/** A Map, so that a key such as `__proto__` is a key like any other. The first of duplicate keys is kept. */
export interface BencodeDictionary extends ReadonlyMap<string, BencodeValue> {}

export interface BencodeDocument {
  readonly value: BencodeValue;
  readonly flaws: BencodeFlaws;
}

export interface SplitDictionary {
  /** The raw bytes of each value, as a view of the input: what an info hash is made of. */
  readonly entries: ReadonlyMap<string, Uint8Array>;
  /** Flaws of the dictionary itself; values are checked when they are decoded. */
  readonly flaws: BencodeFlaws;
}

/**
 * Checks that `bytes` begin with one well-formed value, without building anything: cheap enough for every blob from a
 * peer or a tracker before other code sees it. Returns where the value ends; what follows (the payload of a BEP 9
 * message) is the caller's. Fails with `bad-torrent`, or `too-large` past a limit.
 */
export function scanBencode(
  bytes: Uint8Array,
  limits: Partial<BencodeLimits> = {},
): Result<number> {
  const tokens = new BencodeTokens(bytes, { ...BENCODE_LIMITS, ...limits });
  while (tokens.next());
  if (tokens.error) return failAt(tokens.error.kind, tokens.error.what, tokens.error.offset);
  return ok(tokens.offset);
}

/** Decodes `bytes`, which must hold one value and nothing after it. Fails as `scanBencode`. */
export function decodeBencode(
  bytes: Uint8Array,
  limits: Partial<BencodeLimits> = {},
): Result<BencodeDocument> {
  const checked = checkWhole(bytes, limits);
  if (!checked.ok) return checked;
  return ok(build(new BencodeTokens(bytes, { ...BENCODE_LIMITS, ...limits }), bytes));
}

/** Finds the values of a dictionary that is the whole of `bytes`, without building them. Fails as `scanBencode`. */
export function splitDictionary(
  bytes: Uint8Array,
  limits: Partial<BencodeLimits> = {},
): Result<SplitDictionary> {
  const checked = checkWhole(bytes, limits);
  if (!checked.ok) return checked;
  const tokens = new BencodeTokens(bytes, { ...BENCODE_LIMITS, ...limits });
  tokens.next();
  if (tokens.kind !== 'dictionary') return failAt('bad-torrent', 'expected a dictionary', 0);
  const entries = new Map<string, Uint8Array>();
  const flaws = new Map<BencodeFlaw, number>();
  let key = '';
  while (tokens.next() && tokens.depth > 0) {
    const previous: string | null = entries.size > 0 ? key : null;
    key = latin1(bytes, tokens.contentStart, tokens.contentEnd);
    noteKey(flaws, entries, previous, key, tokens.tokenStart);
    const start = tokens.offset;
    tokens.next();
    while (tokens.depth > 1 && tokens.next());
    if (!entries.has(key)) entries.set(key, bytes.subarray(start, tokens.offset));
  }
  return ok({ entries, flaws });
}

/** Returns the value when it is a byte string. */
export function asBytes(value: BencodeValue | undefined): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}

/** Returns the value when it is an integer; one that is not safe is a bigint. */
export function asInteger(value: BencodeValue | undefined): number | bigint | null {
  return typeof value === 'number' || typeof value === 'bigint' ? value : null;
}

/** Returns the value when it is a list. */
export function asList(value: BencodeValue | undefined): readonly BencodeValue[] | null {
  return Array.isArray(value) ? (value as readonly BencodeValue[]) : null;
}

/** Returns the value when it is a dictionary. */
export function asDictionary(value: BencodeValue | undefined): BencodeDictionary | null {
  return value instanceof Map ? value : null;
}

/** Checks before anything is built, so that a bomb costs a scan and no memory. */
function checkWhole(bytes: Uint8Array, limits: Partial<BencodeLimits>): Result<null> {
  const end = scanBencode(bytes, limits);
  if (!end.ok) return end;
  if (end.value === bytes.length) return ok(null);
  const extra = bytes.length - end.value;
  return failAt('bad-torrent', `${extra} more bytes after the end of the data`, end.value);
}

type Frame =
  | { readonly list: BencodeValue[] }
  | { readonly dictionary: Map<string, BencodeValue>; key: string; isDuplicate: boolean };

/** Builds the value of tokens that are known to be well-formed. */
function build(tokens: BencodeTokens, bytes: Uint8Array): BencodeDocument {
  const flaws = new Map<BencodeFlaw, number>();
  const outermost: BencodeValue[] = [];
  const parents: Frame[] = [];
  let frame: Frame = { list: outermost };
  while (tokens.next()) {
    if (tokens.kind === 'end') {
      frame = parents.pop() ?? frame;
    } else if (tokens.kind === 'key') {
      if ('list' in frame) continue;
      const previous = frame.dictionary.size > 0 ? frame.key : null;
      frame.key = latin1(bytes, tokens.contentStart, tokens.contentEnd);
      frame.isDuplicate = frame.dictionary.has(frame.key);
      noteKey(flaws, frame.dictionary, previous, frame.key, tokens.tokenStart);
    } else {
      const opened = openFrame(tokens);
      attach(frame, valueOf(tokens, bytes, opened));
      if (opened) {
        parents.push(frame);
        frame = opened;
      }
    }
  }
  if (tokens.leadingZeroAt !== null) flaws.set('leading-zero', tokens.leadingZeroAt);
  return { value: outermost[0] ?? 0, flaws };
}

function openFrame(tokens: BencodeTokens): Frame | null {
  if (tokens.kind === 'list') return { list: [] };
  if (tokens.kind === 'dictionary') return { dictionary: new Map(), key: '', isDuplicate: false };
  return null;
}

function valueOf(tokens: BencodeTokens, bytes: Uint8Array, opened: Frame | null): BencodeValue {
  if (opened) return 'list' in opened ? opened.list : opened.dictionary;
  if (tokens.kind === 'integer') return tokens.integer;
  return bytes.subarray(tokens.contentStart, tokens.contentEnd);
}

function attach(frame: Frame, value: BencodeValue): void {
  if ('list' in frame) frame.list.push(value);
  else if (!frame.isDuplicate) frame.dictionary.set(frame.key, value);
}

function noteKey(
  flaws: Map<BencodeFlaw, number>,
  seen: ReadonlyMap<string, unknown>,
  previous: string | null,
  key: string,
  offset: number,
): void {
  if (previous === null) return;
  const flaw = seen.has(key) ? 'duplicate-key' : key < previous ? 'unsorted-key' : null;
  if (flaw && !flaws.has(flaw)) flaws.set(flaw, offset);
}

/** One character per byte. (`TextDecoder('latin1')` is windows-1252 and would not do.) */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + 4096, end)));
  }
  return text;
}

function failAt(kind: 'bad-torrent' | 'too-large', what: string, offset: number) {
  return fail(kind, `Bad bencoding at byte ${offset}: ${what}.`);
}
