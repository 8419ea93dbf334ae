/**
 * `GET|HEAD /stream/:infoHash/:fileIndex/:fileName?`: the bytes of one file (API.md), as far as they are here or can
 * be fetched. Finished files come straight from storage, others are pulled from the engine.
 */
import { ok, type Result } from '../contract/errors.ts';
import type { ShelfRecord } from '../contract/shelf.ts';
import type { StreamRequest } from '../contract/stream.ts';
import { BytePull } from './byte-pull.ts';
import type { EngineCaller } from './engine-port.ts';
import { toFileAddress, unknownFile, type FileAddress } from './file-address.ts';
import { fileResponse, FIRST_CHUNK_MS, type ByteSources } from './file-bytes.ts';
import { errorResponse, forbidden } from './json-response.ts';
import { mayServe, mediaHead, type MediaFile } from './media-response.ts';
import { onlyReading } from './only-reading.ts';
import { readShelf } from './shelf.ts';

/** Makes the handler. `segments` are the path elements after `stream/`. */
export function createStreamHandler(sources: ByteSources) {
  return onlyReading(async (request: Request, segments: readonly string[]): Promise<Response> => {
    if (!mayServe(request.destination)) {
      return forbidden(
        'Files of a torrent may be played, fetched or downloaded, and nothing else.',
      );
    }
    const address = toFileAddress(segments);
    if (!address.ok) return errorResponse(address.error);
    const shelf = await readShelf(sources.openRoot, address.value.infoHash);
    const file = await findFile(sources.engine, shelf, address.value);
    if (!file.ok) return errorResponse(file.error);
    const head = mediaHead(file.value, {
      method: request.method,
      destination: request.destination,
      range: request.headers.get('Range'),
      ifRange: request.headers.get('If-Range'),
      isDownload: new URL(request.url).searchParams.get('download') === '1',
    });
    return fileResponse(sources, shelf, file.value, head);
  });
}

async function findFile(
  engine: EngineCaller,
  shelf: ShelfRecord | null,
  { infoHash, fileIndex }: FileAddress,
): Promise<Result<MediaFile>> {
  if (shelf) {
    const file = shelf.files[fileIndex];
    return file && !file.isPad ? ok({ infoHash, fileIndex, ...file }) : unknownFile();
  }
  // A range cannot be worked out before the length is known: an empty stream is opened for its head alone.
  const { port1, port2 } = new MessageChannel();
  const request: StreamRequest = { infoHash, fileIndex, startByte: 0, endByte: 0 };
  const head = await engine.call((calls) => calls.openStream(request, port2), FIRST_CHUNK_MS);
  new BytePull(port1).cancel();
  return head.ok ? ok({ infoHash, fileIndex, ...head.value }) : head;
}
