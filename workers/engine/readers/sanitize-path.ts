/**
 * Names from torrents, made safe to show, to join with `/` and to hand to any file system. The rules are libtorrent's
 * (tests/fixtures/material/sanitize-paths.json) and a little stricter: a name that is safe is left exactly as it is.
 *
 * What comes out has no separator, no control, bidirectional or invisible character, is not `.` or `..`, and is at
 * most 253 bytes of UTF-8.
 */
export interface SanitizeOptions {
  /** `windows` also holds everywhere else; `posix` keeps characters that only Windows forbids. */
  readonly platform: 'posix' | 'windows';
  /** Turns an element that nothing is left of into `_` in place of dropping it. */
  readonly isForced?: boolean;
}

/** Characters that hide or reorder others, and separators: dropped. */
const DROPPED =
  /[/\\\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0001}\u{e0020}-\u{e007f}]/gu;
/** Controls, line separators and lone surrogates: shown as `_`, so that the gap is seen. */
const REPLACED = /[\p{Cc}\p{Cs}\u2028\u2029]/gu;
const REPLACED_ON_WINDOWS = /[?<>"|*:]/g;
/** Devices on Windows, whatever extension follows. */
const RESERVED_ON_WINDOWS =
  /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])$/i;

const MAX_ELEMENT_BYTES = 240;
/** With its dot. A longer one is cut like the rest of the name. */
const MAX_EXTENSION_BYTES = 9;

/** Makes one path element safe. Returns `null` when nothing is left (as for `.` and `..`) and it is not forced. */
export function sanitizeElement(element: string, options: SanitizeOptions): string | null {
  if (element === '') return '_';
  const nothing = options.isForced ? '_' : null;
  const isWindows = options.platform === 'windows';
  let clean = element.replace(DROPPED, '').replace(REPLACED, '_');
  if (isWindows) clean = clean.replace(REPLACED_ON_WINDOWS, '_');
  clean = clip(clean);
  if (clean === '' || clean === '.' || clean === '..') return nothing;
  if (!isWindows) return clean;
  clean = clean.replace(/[ .]+$/, '');
  if (clean === '') return nothing;
  const stem = (clean.split('.', 1)[0] ?? '').trimEnd();
  return RESERVED_ON_WINDOWS.test(stem) ? `_${clean}` : clean;
}

/** Makes the elements of a path safe and joins what is left with `/`. Returns `''` when nothing is left. */
export function sanitizePath(elements: readonly string[], options: SanitizeOptions): string {
  return elements
    .map((element) => sanitizeElement(element, options))
    .filter((element) => element !== null)
    .join('/');
}

/** Cuts an element after the character that reaches 240 bytes, keeping a short extension. */
function clip(element: string): string {
  // No UTF-16 unit takes more than three bytes.
  if (element.length * 3 < MAX_ELEMENT_BYTES) return element;
  let bytes = 0;
  for (let at = 0; at < element.length;) {
    const codePoint = element.codePointAt(at) ?? 0;
    at += codePoint > 0xffff ? 2 : 1;
    bytes += utf8Bytes(codePoint);
    if (bytes >= MAX_ELEMENT_BYTES) return element.slice(0, at) + extensionOf(element.slice(at));
  }
  return element;
}

function extensionOf(rest: string): string {
  const dot = rest.lastIndexOf('.');
  if (dot < 0 || rest.length - dot > MAX_EXTENSION_BYTES) return '';
  const extension = rest.slice(dot);
  let bytes = 0;
  for (const character of extension) bytes += utf8Bytes(character.codePointAt(0) ?? 0);
  return bytes > MAX_EXTENSION_BYTES ? '' : extension;
}

function utf8Bytes(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
