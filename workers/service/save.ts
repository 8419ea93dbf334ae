/**
 * `GET|HEAD /save/:infoHash/:fileIndex/:fileName?` and `/save/:infoHash.zip`: what is finished, as a download. Always an
 * attachment of opaque bytes: nothing that is answered here can be shown or run (FACTS.md, "Serving untrusted files").
 */
import { fail, ok, type RillError, type Result } from '../contract/errors.ts';
import { toInfoHash } from '../contract/ids.ts';
import { toFileAddress, unknownFile, unknownTorrent, type FileAddress } from './file-address.ts';
import { fileResponse, type ByteSources } from './file-bytes.ts';
import { errorResponse, forbidden } from './json-response.ts';
import { attachmentHead, maySave } from './media-response.ts';
import { onlyReading } from './only-reading.ts';
import { fileOf, findSavable, type SavableFile, type SavableTorrent } from './savable.ts';
import { saveZip } from './save-zip.ts';

/** Makes the handler. `segments` are the path elements after `save/`. */
export function createSaveHandler(sources: ByteSources) {
  return onlyReading(async (request, segments) => {
    if (!maySave(request.destination)) {
      return forbidden('This address is for saving a file, and for nothing else.');
    }
    const [first = ''] = segments;
    if (segments.length === 1 && first.endsWith('.zip')) {
      const infoHash = toInfoHash(first.slice(0, -'.zip'.length));
      return infoHash ? saveZip(sources, request, infoHash) : errorResponse(unknownTorrent().error);
    }
    const address = toFileAddress(segments);
    return address.ok ? saveFile(sources, request, address.value) : errorResponse(address.error);
  });
}

async function saveFile(
  sources: ByteSources,
  request: Request,
  address: FileAddress,
): Promise<Response> {
  const { infoHash, fileIndex } = address;
  const torrent = await findSavable(sources, infoHash, {
    // An index beyond the list will not be there for the engine either.
    isEnough: (files) => fileOf(files, fileIndex)?.isFinished ?? true,
    mayBeOld: false,
  });
  if (!torrent.ok) return errorResponse(torrent.error);
  const file = finishedFile(torrent.value, fileIndex);
  if (!file.ok) return errorResponse(file.error);
  const { path, lengthBytes } = file.value;
  const wanted = { infoHash, fileIndex, path, lengthBytes };
  const head = attachmentHead(wanted, {
    method: request.method,
    range: request.headers.get('Range'),
    ifRange: request.headers.get('If-Range'),
  });
  return fileResponse(sources, torrent.value.shelf, wanted, head);
}

function finishedFile(torrent: SavableTorrent, fileIndex: number): Result<SavableFile> {
  const file = fileOf(torrent.files, fileIndex);
  if (!file) return unknownFile();
  return file.isFinished ? ok(file) : { ok: false, error: notFinished(file) };
}

function notFinished({ path, progress }: SavableFile): RillError {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const percent = Math.floor((progress ?? 0) * 100);
  const message = `“${name}” is ${percent}% here. Let it finish downloading, then save it.`;
  return fail('not-finished', message).error;
}
