/**
 * Distinct names within a torrent, also where upper and lower case or two spellings of one accent are the same name.
 * A file that would take the place of a directory or of an earlier file gets a number before its extension. Directories
 * keep their names, wherever they stand. No number is tried twice for a name, so many files of one name are no more work
 * than as many names.
 */
export interface NamedFile {
  /** Made safe already; `/` between elements. */
  readonly path: string;
  readonly lengthBytes: number;
  /** Padding (BEP 47) of one size may share a name: it is all the same zeros. */
  readonly isPad: boolean;
}

/** Returns a path for each file, in the same order, no two of them equal but for pads of one size. */
export function resolveDuplicates(files: readonly NamedFile[]): string[] {
  const keys = files.map((file) => fold(file.path));
  const isDirectory = directoriesAbove(keys);
  const taken = new Map<string, NamedFile>();
  const lastNumbers = new Map<string, number>();
  return files.map((file, index) => {
    const key = keys[index] ?? '';
    const other = taken.get(key);
    if (other && areSamePad(other, file)) return file.path;
    if (!other && !isDirectory(key)) {
      taken.set(key, file);
      return file.path;
    }
    for (let number = (lastNumbers.get(key) ?? 0) + 1; ; number++) {
      const path = withNumber(file.path, number);
      const newKey = fold(path);
      if (taken.has(newKey) || isDirectory(newKey)) continue;
      lastNumbers.set(key, number);
      taken.set(newKey, file);
      return path;
    }
  });
}

/**
 * Tells whether some file lies below a path. Sorted, the files below a directory stand together: one search finds the
 * first. (A set of all directories could be a hundred times larger than the torrent.)
 */
function directoriesAbove(keys: readonly string[]): (key: string) => boolean {
  const sorted = keys.toSorted();
  return (key) => {
    const prefix = `${key}/`;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    return sorted[low]?.startsWith(prefix) ?? false;
  };
}

function areSamePad(a: NamedFile, b: NamedFile): boolean {
  return a.isPad && b.isPad && a.lengthBytes === b.lengthBytes;
}

function withNumber(path: string, number: number): string {
  const dot = path.lastIndexOf('.');
  if (dot <= path.lastIndexOf('/')) return `${path}.${number}`;
  return `${path.slice(0, dot)}.${number}${path.slice(dot)}`;
}

/** Upper case, because that is what file systems that ignore case compare. */
function fold(path: string): string {
  return path.normalize('NFC').toUpperCase();
}
