/**
 * Names come from strangers. Characters that reorder, hide or break text are shown as marks, so that a name always
 * looks like what it is (`photo‹RLO›gpj.exe`). The result is text for a text node, never markup.
 */
const NAMED: ReadonlyMap<number, string> = new Map([
  [0x00ad, 'SHY'],
  [0x061c, 'ALM'],
  [0x200b, 'ZWSP'],
  [0x200e, 'LRM'],
  [0x200f, 'RLM'],
  [0x2028, 'LS'],
  [0x2029, 'PS'],
  [0x202a, 'LRE'],
  [0x202b, 'RLE'],
  [0x202c, 'PDF'],
  [0x202d, 'LRO'],
  [0x202e, 'RLO'],
  [0x2060, 'WJ'],
  [0x2066, 'LRI'],
  [0x2067, 'RLI'],
  [0x2068, 'FSI'],
  [0x2069, 'PDI'],
  [0xfeff, 'BOM'],
]);

// Joiners (U+200C, U+200D) and variation selectors stay: Persian and emoji need them, and they move nothing.
const UNSEEN =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

export function visibleName(name: string): string {
  return name.toWellFormed().replace(UNSEEN, (character) => mark(character.codePointAt(0) ?? 0));
}

function mark(code: number): string {
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `‹${NAMED.get(code) ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`}›`;
}
