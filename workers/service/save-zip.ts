/**
 * `GET|HEAD /save/:infoHash.zip?files=0,2,5-9&finished`: finished files as one zip, made while it is read. `files` chooses
 * by index (all when absent). A file that is not whole is a 409, unless `finished` asks for what is there.
 */
import { fail, ok, type Result } from '../contract/errors.ts';
import type { InfoHash } from '../contract/ids.ts';
import { safePaths } from '../contract/safe-paths.ts';
import { unknownFile } from './file-address.ts';
import { readBody, type ByteSources } from './file-bytes.ts';
import { toIndexChoice, type IndexChoice } from './index-choice.ts';
import { errorResponse } from './json-response.ts';
import { attachment, SAFETY_HEADERS } from './media-response.ts';
import { findSavable, type SavableFile, type SavableTorrent } from './savable.ts';
import { MAX_ZIP_ENTRIES, zipLengthBytes, zipStream, type ZipEntry } from './zip-stream.ts';

export async function saveZip(
  sources: ByteSources,
  request: Request,
  infoHash: InfoHash,
): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const choice = toIndexChoice(query.get('files'));
  if (!choice.ok) return errorResponse(choice.error);
  const onlyFinished = query.has('finished');
  const torrent = await findSavable(sources, infoHash, {
    isEnough: (files) => files.every((file) => file.isFinished || !choice.value.has(file.index)),
    mayBeOld: onlyFinished,
  });
  if (!torrent.ok) return errorResponse(torrent.error);
  const files = chooseFiles(torrent.value, choice.value, onlyFinished);
  if (!files.ok) return errorResponse(files.error);
  const entries = entriesOf(sources, torrent.value, files.value);
  const headers = {
    ...SAFETY_HEADERS,
    'Content-Type': 'application/zip',
    'Content-Disposition': attachment(`${torrent.value.name}.zip`),
    'Content-Length': String(zipLengthBytes(entries)),
    // It is made anew for each request, from the beginning.
    'Accept-Ranges': 'none',
  };
  return new Response(request.method === 'HEAD' ? null : zipStream(entries), { headers });
}

function chooseFiles(
  torrent: SavableTorrent,
  choice: IndexChoice,
  onlyFinished: boolean,
): Result<readonly SavableFile[]> {
  if (choice.largest !== null && choice.largest > (torrent.files.at(-1)?.index ?? -1)) {
    return unknownFile();
  }
  const chosen = torrent.files.filter((file) => choice.has(file.index));
  const finished = chosen.filter((file) => file.isFinished);
  const missing = chosen.length - finished.length;
  if (finished.length === 0 || (missing > 0 && !onlyFinished)) {
    const message = `${missing} of ${chosen.length} files are not finished yet. Let them finish, or save only those that are.`;
    return fail('not-finished', message);
  }
  if (finished.length > MAX_ZIP_ENTRIES) {
    const message = `A zip made here holds ${MAX_ZIP_ENTRIES} files at most, and these are ${finished.length}. Save them in parts.`;
    return fail('too-large', message);
  }
  return ok(finished);
}

function entriesOf(
  sources: ByteSources,
  { infoHash, shelf }: SavableTorrent,
  files: readonly SavableFile[],
): readonly ZipEntry[] {
  const paths = safePaths(files.map(({ path }) => path));
  return files.map(({ index, path, lengthBytes, modifiedMs }, at) => ({
    path: paths[at] ?? path,
    lengthBytes,
    modifiedMs,
    async open() {
      if (lengthBytes === 0) return new Blob([]).stream();
      const wanted = { infoHash, fileIndex: index, startByte: 0, endByte: lengthBytes };
      const body = await readBody(sources, shelf, wanted);
      if (!body.ok) throw new Error(body.error.message);
      return body.value instanceof Blob ? body.value.stream() : body.value;
    },
  }));
}
