/** Bytes as text (RFC 4648), by way of the platform's own `btoa` and `atob`, which take strings of byte values. */

/** `String.fromCharCode` takes its arguments on the stack, so bytes go to it in parts of this many. */
const PART_BYTES = 0x8000;

/** Base64 with its padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += PART_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(start, start + PART_BYTES));
  }
  return btoa(binary);
}

/** The bytes, or `null` when the text is not base64. */
export function base64ToBytes(text: string): Uint8Array | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
