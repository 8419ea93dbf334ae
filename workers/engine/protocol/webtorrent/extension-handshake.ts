/**
 * A peer's extension handshake (BEP 10), written anew from what Rill knows: pure.
 *
 * bittorrent-protocol decodes the handshake into plain objects with a decoder that does not end on some inputs (FACTS.md)
 * and calls methods of what it finds there. So it is never given the peer's own bytes, but the few fields that somebody
 * here reads, each of the type it should have; what is not of that type is left out.
 */
import { asDictionary, decodeBencode, type BencodeDictionary } from '../../readers/bencode.ts';

const LIMITS = { maxBytes: 64 * 1024, maxDepth: 10, maxTokens: 2_000, maxContainers: 500 };
/** In order of their bytes, as bencoding wants them. */
const EXTENSIONS = ['lt_donthave', 'ut_metadata'];
const INTEGERS = ['metadata_size', 'reqq', 'upload_only'];
const MAX_CLIENT_NAME_BYTES = 64;

/**
 * Returns what of the handshake may be read, bencoded; or `null` when it is not a bencoded dictionary within limits.
 * `earlier` is what this returned for the peer's handshake before: what the new one is silent about stays as it was (BEP 10),
 * while the library would forget it.
 */
export function rewriteHandshake(
  bytes: Uint8Array,
  earlier: Uint8Array | null = null,
): Uint8Array | null {
  const said = readFields(bytes);
  if (!said) return null;
  const before = earlier && readFields(earlier);
  const fields = new Map([...(before ?? []), ...said]);
  const numbers = new Map([...extensionsOf(before), ...extensionsOf(said)]);
  const extensions = integers(numbers, EXTENSIONS, isExtensionNumber);
  const text = `d1:md${extensions}e${integers(fields, INTEGERS, Number.isSafeInteger)}${clientName(fields)}e`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function readFields(bytes: Uint8Array): BencodeDictionary | null {
  const decoded = decodeBencode(bytes, LIMITS);
  return decoded.ok ? asDictionary(decoded.value.value) : null;
}

function extensionsOf(fields: BencodeDictionary | null): BencodeDictionary {
  return asDictionary(fields?.get('m')) ?? new Map();
}

function integers(
  fields: BencodeDictionary,
  names: readonly string[],
  isGood: (value: number) => boolean,
): string {
  return names
    .map((name) => {
      const value = fields.get(name);
      return typeof value === 'number' && isGood(value) ? `${name.length}:${name}i${value}e` : '';
    })
    .join('');
}

/** 0 says that the peer does not speak the extension (any more). */
function isExtensionNumber(value: number): boolean {
  return value >= 0 && value <= 255;
}

/** Any bytes: one character for each of them. */
function clientName(fields: BencodeDictionary): string {
  const name = fields.get('v');
  if (!(name instanceof Uint8Array)) return '';
  const kept = name.subarray(0, MAX_CLIENT_NAME_BYTES);
  return `1:v${kept.length}:${String.fromCharCode(...kept)}`;
}
