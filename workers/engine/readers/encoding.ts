/** Hex and base32 (RFC 4648), the two spellings of an info hash. */
const BASE32_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Returns lower-case hex, two digits per byte. */
export function bytesToHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Decodes base32 of either case, without padding characters. Returns `null` when a character is not of the alphabet;
 * bits left over after the last whole byte are dropped.
 */
export function base32ToBytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (const character of text.toLowerCase()) {
    const value = BASE32_ALPHABET.indexOf(character);
    if (value < 0) return null;
    bits = ((bits << 5) | value) & 0xfff;
    bitCount += 5;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[length++] = bits >> bitCount;
  }
  return bytes;
}
