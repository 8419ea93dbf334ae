/** The files of an `info` dictionary: `length`, or `files` with `path`, `length` and `attr` (BEP 3, BEP 47). */
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { MetaFile } from '../model/torrent-meta.ts';
import {
  asBytes,
  asDictionary,
  asInteger,
  asList,
  type BencodeDictionary,
  type BencodeValue,
} from './bencode.ts';
import { resolveDuplicates } from './resolve-duplicates.ts';
import { sanitizePath } from './sanitize-path.ts';
import { broken, isSizeInBytes } from './torrent-fields.ts';
import { decodeUtf8 } from './utf8.ts';

export interface DeclaredFile {
  readonly rawPath: readonly string[];
  readonly lengthBytes: number;
  readonly isPad: boolean;
}

export interface DeclaredFiles {
  readonly isMultiFile: boolean;
  readonly files: readonly DeclaredFile[];
  readonly lengthBytes: number;
}

const PAD = 0x70;
const SYMLINK = 0x6c;
/** How BitComet marked padding before BEP 47. */
const BITCOMET_PAD = '_____padding_file_';

/** Reads the files as they are declared, their lengths checked, their names as spelled. */
export function readFiles(
  info: BencodeDictionary,
  limits: { readonly maxDirectoryDepth: number },
): Result<DeclaredFiles> {
  if (!info.has('files')) {
    const lengthBytes = asInteger(info.get('length'));
    if (lengthBytes === null) return broken('it has neither "files" nor a "length"');
    if (!isSizeInBytes(lengthBytes)) return broken(`its length is ${lengthBytes} bytes`);
    const file = { rawPath: [], lengthBytes, isPad: false };
    return ok({ isMultiFile: false, files: [file], lengthBytes });
  }
  const declared = asList(info.get('files'));
  if (!declared || declared.length === 0) return broken('its list of files is empty');
  const files: DeclaredFile[] = [];
  let totalBytes = 0;
  for (const [index, item] of declared.entries()) {
    const file = readFile(item, index, limits.maxDirectoryDepth);
    if (!file.ok) return file;
    files.push(file.value);
    totalBytes += file.value.lengthBytes;
    if (!isSizeInBytes(totalBytes)) return broken('its files add up to an impossible length');
  }
  return ok({ isMultiFile: true, files, lengthBytes: totalBytes });
}

/** Lays the files end to end and gives each a path that is safe and its own, below `folder` when there are several. */
export function placeFiles(declared: DeclaredFiles, folder: string): MetaFile[] {
  if (!declared.isMultiFile) {
    return declared.files.map((file) => ({ ...file, path: folder, offsetBytes: 0 }));
  }
  const named = declared.files.map(({ rawPath, lengthBytes, isPad }) => ({
    path: sanitizePath(rawPath, { platform: 'windows' }) || '_',
    lengthBytes,
    isPad,
  }));
  const paths = resolveDuplicates(named);
  let offsetBytes = 0;
  return declared.files.map((file, index) => {
    const placed = { ...file, path: `${folder}/${paths[index] ?? '_'}`, offsetBytes };
    offsetBytes += file.lengthBytes;
    return placed;
  });
}

function readFile(
  item: BencodeValue,
  index: number,
  maxDirectoryDepth: number,
): Result<DeclaredFile> {
  const which = `file ${index + 1} of its list`;
  const file = asDictionary(item);
  if (!file) return broken(`${which} is not a dictionary`);
  const attributes = asBytes(file.get('attr'));
  // A symbolic link (BEP 47) needs no length: it has no bytes in the torrent.
  const declaredLength = file.get('length') ?? (attributes?.includes(SYMLINK) ? 0 : undefined);
  const lengthBytes = asInteger(declaredLength);
  if (lengthBytes === null) return broken(`${which} has no length`);
  if (!isSizeInBytes(lengthBytes)) return broken(`the length of ${which} is ${lengthBytes} bytes`);

  const isDeclaredPad = attributes?.includes(PAD) ?? false;
  const elements = asList(file.get('path.utf-8')) ?? asList(file.get('path'));
  if (!elements && !isDeclaredPad) return broken(`${which} has no path`);
  if (elements && elements.length > maxDirectoryDepth) {
    return fail(
      'bad-torrent',
      `This torrent has a file ${elements.length} directories deep; Rill takes at most ${maxDirectoryDepth}.` +
        ' Look for a version that is less deep.',
    );
  }
  const rawPath = elements ? toTexts(elements) : ['.pad', String(lengthBytes)];
  if (!rawPath) return broken(`the path of ${which} is not text`);
  const isPad = isDeclaredPad || (rawPath.at(-1)?.startsWith(BITCOMET_PAD) ?? false);
  return ok({ rawPath, lengthBytes, isPad });
}

function toTexts(elements: readonly BencodeValue[]): string[] | null {
  const texts: string[] = [];
  for (const element of elements) {
    const bytes = asBytes(element);
    if (!bytes) return null;
    texts.push(decodeUtf8(bytes));
  }
  return texts;
}
