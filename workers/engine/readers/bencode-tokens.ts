/**
 * The grammar of bencode (BEP 3), one token at a time, over bytes of unknown origin.
 *
 * Invariants: no recursion; each byte is looked at a bounded number of times; nothing is allocated per token; after an
 * error no further token comes out. Numbers must fit in 64 bits, signed or unsigned.
 */
import type { BencodeLimits } from './bencode-limits.ts';

export type BencodeTokenKind = 'integer' | 'bytes' | 'key' | 'list' | 'dictionary' | 'end';

export interface BencodeError {
  readonly kind: 'bad-torrent' | 'too-large';
  readonly what: string;
  readonly offset: number;
}

/** Twenty digits hold any 64-bit number; more would only make the reader work. */
const MAX_DIGITS = 20;
const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 64n - 1n;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const MINUS = 0x2d;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_I = 0x69;
const LETTER_L = 0x6c;

/** What may come next inside the innermost container. */
const IN_LIST = 1;
const AT_KEY = 2;
const AT_VALUE = 3;

export class BencodeTokens {
  kind: BencodeTokenKind = 'end';
  /** Where the token begins, with its length prefix or its letter. */
  tokenStart = 0;
  /** The content of a `bytes` or `key` token. */
  contentStart = 0;
  contentEnd = 0;
  /** The value of an `integer` token: a number when it is safe, else a bigint. */
  integer: number | bigint = 0;
  /** How many containers are open after the token. */
  depth = 0;
  /** Just past the newest token: after the last one, the end of the value. */
  offset = 0;
  error: BencodeError | null = null;
  /** Offset of the first number that was written with leading zeros. */
  leadingZeroAt: number | null = null;

  readonly #bytes: Uint8Array;
  readonly #limits: BencodeLimits;
  readonly #states: Uint8Array;
  #tokens = 0;
  #containers = 0;

  constructor(bytes: Uint8Array, limits: BencodeLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#states = new Uint8Array(limits.maxDepth);
    if (bytes.length > limits.maxBytes) {
      this.#fail(`more than ${limits.maxBytes} bytes`, 0, 'too-large');
    }
  }

  /** Moves to the next token. False at the end of the one value the input begins with, or at an error. */
  next(): boolean {
    if (this.error || (this.depth === 0 && this.#tokens > 0)) return false;
    if (++this.#tokens > this.#limits.maxTokens) {
      return this.#fail(`more than ${this.#limits.maxTokens} values`, this.offset, 'too-large');
    }
    this.tokenStart = this.offset;
    const byte = this.#bytes[this.offset];
    if (byte === undefined) return this.#failAtEnd();
    const state = this.depth === 0 ? 0 : this.#states[this.depth - 1];
    if (byte === LETTER_E && (state === IN_LIST || state === AT_KEY)) return this.#close();
    if (state === AT_KEY) return this.#string('key', AT_VALUE);
    const after = state === AT_VALUE ? AT_KEY : IN_LIST;
    switch (byte) {
      case LETTER_I:
        return this.#integer(after);
      case LETTER_L:
        return this.#open('list', after);
      case LETTER_D:
        return this.#open('dictionary', after);
      default:
        return this.#string('bytes', after);
    }
  }

  #open(kind: 'list' | 'dictionary', after: number): boolean {
    if (this.depth >= this.#limits.maxDepth) {
      return this.#fail(`more than ${this.#limits.maxDepth} levels deep`, this.offset);
    }
    if (++this.#containers > this.#limits.maxContainers) {
      const what = `more than ${this.#limits.maxContainers} lists and dictionaries`;
      return this.#fail(what, this.offset, 'too-large');
    }
    this.#emit(kind, this.offset + 1, after);
    this.#states[this.depth++] = kind === 'list' ? IN_LIST : AT_KEY;
    return true;
  }

  #close(): boolean {
    this.depth--;
    this.kind = 'end';
    this.offset++;
    return true;
  }

  #string(kind: 'bytes' | 'key', after: number): boolean {
    const start = this.offset;
    const digitsEnd = this.#digits(start, kind === 'key' ? 'a key' : 'a value');
    if (digitsEnd < 0) return false;
    if (digitsEnd === this.#bytes.length) return this.#failAtEnd();
    if (this.#bytes[digitsEnd] !== COLON) return this.#fail('expected a colon', digitsEnd);
    const length = this.#number(start, digitsEnd);
    if (length > this.#bytes.length - digitsEnd - 1) {
      return this.#fail(`a string of ${length} bytes does not fit in what follows`, start);
    }
    this.contentStart = digitsEnd + 1;
    this.contentEnd = this.contentStart + length;
    return this.#emit(kind, this.contentEnd, after);
  }

  #integer(after: number): boolean {
    const isNegative = this.#bytes[this.offset + 1] === MINUS;
    const start = this.offset + (isNegative ? 2 : 1);
    const end = this.#digits(start, 'a digit');
    if (end < 0) return false;
    if (end === this.#bytes.length) return this.#failAtEnd();
    if (this.#bytes[end] !== LETTER_E) return this.#fail('expected a digit or the letter e', end);
    let value: number | bigint = this.#number(start, end);
    if (value === 0 && isNegative) return this.#fail('minus zero', start);
    if (!Number.isSafeInteger(value)) {
      value = BigInt(String.fromCharCode(...this.#bytes.subarray(start, end)));
    }
    if (isNegative) value = -value;
    if (typeof value === 'bigint' && (value < MIN_INTEGER || value > MAX_INTEGER)) {
      return this.#fail('a number of more than 64 bits', start);
    }
    this.integer = value;
    return this.#emit('integer', end + 1, after);
  }

  /** Returns the end of the digits that begin at `start`, or -1 after noting an error. */
  #digits(start: number, expected: string): number {
    const bytes = this.#bytes;
    let end = start;
    while (isDigit(bytes[end])) {
      if (++end - start > MAX_DIGITS) {
        this.#fail(`a number of more than ${MAX_DIGITS} digits`, start);
        return -1;
      }
    }
    if (end === start) {
      if (end >= bytes.length) this.#failAtEnd();
      else this.#fail(`expected ${expected}`, start);
      return -1;
    }
    if (end - start > 1 && bytes[start] === DIGIT_0) this.leadingZeroAt ??= start;
    return end;
  }

  /** Exact up to 2^53; beyond that only known to be beyond. */
  #number(start: number, end: number): number {
    let value = 0;
    for (let at = start; at < end; at++) {
      value = value * 10 + ((this.#bytes[at] ?? DIGIT_0) - DIGIT_0);
    }
    return value;
  }

  #emit(kind: BencodeTokenKind, end: number, after: number): true {
    if (this.depth > 0) this.#states[this.depth - 1] = after;
    this.kind = kind;
    this.offset = end;
    return true;
  }

  #failAtEnd(): false {
    return this.#fail('the data ends too early', this.#bytes.length);
  }

  #fail(what: string, offset: number, kind: BencodeError['kind'] = 'bad-torrent'): false {
    this.error = { kind, what, offset };
    return false;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}
