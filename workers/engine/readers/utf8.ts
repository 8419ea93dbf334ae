/** UTF-8 (RFC 3629) as torrents have it: mostly right, sometimes cut short or in another encoding altogether. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8; each invalid sequence becomes one `_`. (The platform's own decoder gives one U+FFFD per byte of an
 * overlong sequence, and names that other clients write with one `_` would differ.) Never throws.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLeniently(bytes);
  }
}

function decodeLeniently(bytes: Uint8Array): string {
  let text = '';
  let runStart = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (isValidSequence(bytes, at, length)) {
      at += length;
      continue;
    }
    text += strict.decode(bytes.subarray(runStart, at)) + '_';
    at += length;
    runStart = at;
  }
  return text + strict.decode(bytes.subarray(runStart));
}

/** The lead byte and those of the continuation bytes it announces that are there: at least 1, at most 6. */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const announced = Math.max(1, Math.min(6, leadingOnes(bytes[start] ?? 0)));
  let length = 1;
  while (length < announced && leadingOnes(bytes[start + length] ?? 0) === 1) length++;
  return length;
}

function isValidSequence(bytes: Uint8Array, start: number, length: number): boolean {
  const lead = bytes[start] ?? 0;
  const second = bytes[start + 1] ?? 0;
  if (length === 1) return lead < 0x80;
  if (length !== leadingOnes(lead)) return false;
  if (length === 2) return lead >= 0xc2;
  // Overlong forms, the surrogates U+D800 to U+DFFF, and what lies past U+10FFFF show in the second byte.
  if (length === 3) return !(lead === 0xe0 && second < 0xa0) && !(lead === 0xed && second > 0x9f);
  if (length !== 4 || lead > 0xf4) return false;
  return !(lead === 0xf0 && second < 0x90) && !(lead === 0xf4 && second > 0x8f);
}

function leadingOnes(byte: number): number {
  return Math.clz32((~byte & 0xff) << 24);
}
