/**
 * Paths of a torrent's files as they may be written to somebody's disk, by whatever writes them: the page into a folder,
 * the service worker into a zip. The engine has cleaned them when it read the torrent; this is the second lock on the
 * door, because a record or another tab's engine may be of an older version.
 *
 * Invariant: no element is empty, `.` or `..`, holds a separator, a control or formatting character or one that Windows
 * refuses, ends in a dot or space, or names a device of Windows; and no two paths are the same where case is ignored.
 */

/** Controls (Cc), formatting incl. bidi (Cf), lone surrogates, line separators, and what file systems refuse. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\/:*?"<>|]/gu;
const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

/** Makes one element safe; one that is safe stays exactly as it is. */
export function safeElement(element: string): string {
  const clean = element.replace(UNSAFE, '_').replace(/[. ]+$/, '');
  if (clean === '') return '_';
  return DEVICE.test(clean) ? `_${clean}` : clean;
}

/**
 * Returns a safe path for each, in the same order. A file that would take the place of an earlier file or of a folder
 * gets a number before its extension.
 */
export function safePaths(paths: readonly string[]): string[] {
  const clean = paths.map((path) => path.split('/').map(safeElement).join('/'));
  const folders = new Set(clean.flatMap(foldersAbove));
  const taken = new Set<string>();
  return clean.map((path) => {
    let free = path;
    for (let number = 2; taken.has(fold(free)) || folders.has(fold(free)); number++) {
      free = withNumber(path, number);
    }
    taken.add(fold(free));
    return free;
  });
}

/** `name (2).ext` for a name that is taken. */
export function withNumber(path: string, number: number): string {
  const dot = path.lastIndexOf('.');
  if (dot <= path.lastIndexOf('/') + 1) return `${path} (${number})`;
  return `${path.slice(0, dot)} (${number})${path.slice(dot)}`;
}

function foldersAbove(path: string): string[] {
  const elements = fold(path).split('/');
  return elements.slice(1).map((_, depth) => elements.slice(0, depth + 1).join('/'));
}

/** Upper case, because that is what file systems that ignore case compare. */
function fold(path: string): string {
  return path.normalize('NFC').toUpperCase();
}
