/**
 * `GET|HEAD /stream/:infoHash/:fileIndex/:fileName?`: the bytes of one file (API.md). Finished files come straight
 * from storage, others are pulled from the engine. The head of an answer is sent only when its first bytes are
 * here: an error before that is a status a player and a person can understand.
 */
import { fail, ok, type Result } from '../contract/errors.ts';
import { toFileIndex, toInfoHash } from '../contract/ids.ts';
import type { ShelfRecord } from '../contract/shelf.ts';
import type { StreamRequest } from '../contract/stream.ts';
import { bodyOf, BytePull } from './byte-pull.ts';
import { withDeadline } from './deadline.ts';
import type { EngineCaller } from './engine-port.ts';
import { errorResponse, forbidden, methodNotAllowed, withoutBody } from './json-response.ts';
import { mayServe, mediaHead, type MediaFile } from './media-response.ts';
import { readFinishedFile, readShelf, type OpenRoot } from './shelf.ts';

export interface StreamDeps {
  readonly openRoot: OpenRoot;
  readonly engine: EngineCaller;
}

/** How long a request waits for its first byte before it is answered with 503. */
export const FIRST_CHUNK_MS = 20_000;

const ALLOW = 'GET, HEAD, OPTIONS';

/** Makes the handler. `segments` are the path elements after `stream/`. */
export function createStreamHandler(deps: StreamDeps) {
  return async (request: Request, segments: readonly string[]): Promise<Response> => {
    if (request.method === 'OPTIONS') {
      return new Response(null, { status: 204, headers: { Allow: ALLOW } });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return methodNotAllowed(request.method, ALLOW);
    }
    const response = mayServe(request.destination)
      ? await answer(deps, request, segments)
      : forbidden('Files of a torrent may be played, fetched or downloaded, and nothing else.');
    return request.method === 'HEAD' ? withoutBody(response) : response;
  };
}

async function answer(
  deps: StreamDeps,
  request: Request,
  [hash, index, ...rest]: readonly string[],
): Promise<Response> {
  const infoHash = toInfoHash(hash);
  if (!infoHash) return errorResponse(unknownTorrent().error);
  const fileIndex = /^\d{1,9}$/.test(index ?? '') ? toFileIndex(Number(index)) : null;
  if (fileIndex === null || rest.length > 1) return errorResponse(unknownFile().error);

  const shelf = await readShelf(deps.openRoot, infoHash);
  const file = await findFile(deps.engine, shelf, infoHash, fileIndex);
  if (!file.ok) return errorResponse(file.error);

  const head = mediaHead(file.value, {
    method: request.method,
    destination: request.destination,
    range: request.headers.get('Range'),
    ifRange: request.headers.get('If-Range'),
    isDownload: new URL(request.url).searchParams.get('download') === '1',
  });
  if (head.status === 416) {
    const message = `That range is outside the file, which has ${file.value.lengthBytes} bytes.`;
    return errorResponse({ kind: 'bad-request', message }, 416, head.headers);
  }
  if (!head.body) return new Response(null, head);

  const wanted = { infoHash, fileIndex, ...head.body };
  const body = await readBody(deps, shelf, wanted);
  return body.ok ? new Response(body.value, head) : errorResponse(body.error);
}

async function findFile(
  engine: EngineCaller,
  shelf: ShelfRecord | null,
  infoHash: string,
  fileIndex: number,
): Promise<Result<MediaFile>> {
  if (shelf) {
    const file = shelf.files[fileIndex];
    return file ? ok({ infoHash, fileIndex, ...file }) : unknownFile();
  }
  // A range cannot be worked out before the length is known: an empty stream is opened for its head alone.
  const { port1, port2 } = new MessageChannel();
  const request: StreamRequest = { infoHash, fileIndex, startByte: 0, endByte: 0 };
  const head = await engine.call((calls) => calls.openStream(request, port2), FIRST_CHUNK_MS);
  new BytePull(port1).cancel();
  return head.ok ? ok({ infoHash, fileIndex, ...head.value }) : head;
}

async function readBody(
  deps: StreamDeps,
  shelf: ShelfRecord | null,
  wanted: StreamRequest,
): Promise<Result<BodyInit>> {
  const { fileIndex, startByte, endByte } = wanted;
  const finished =
    shelf && (await readFinishedFile(deps.openRoot, shelf, fileIndex, startByte, endByte));
  return finished ? ok(finished) : pullFromEngine(deps.engine, wanted);
}

async function pullFromEngine(
  engine: EngineCaller,
  wanted: StreamRequest,
): Promise<Result<BodyInit>> {
  const { port1, port2 } = new MessageChannel();
  const pull = new BytePull(port1);
  const result = await withDeadline(firstChunk(engine, pull, wanted, port2), FIRST_CHUNK_MS, () =>
    notYet(),
  );
  if (!result.ok) {
    pull.cancel();
    return result;
  }
  return ok(bodyOf(pull, result.value, wanted.endByte - wanted.startByte));
}

async function firstChunk(
  engine: EngineCaller,
  pull: BytePull,
  wanted: StreamRequest,
  port: MessagePort,
): Promise<Result<ArrayBuffer>> {
  const opened = await engine.call((calls) => calls.openStream(wanted, port), FIRST_CHUNK_MS);
  if (!opened.ok) return opened;
  const event = await pull.next();
  if (event.kind === 'chunk') return ok(event.bytes);
  return event.kind === 'error' ? { ok: false, error: event.error } : notYet();
}

const notYet = () =>
  fail('engine-starting', 'These bytes have not arrived yet. Try again in a moment.', {
    retryAfterS: 2,
  });
const unknownTorrent = () =>
  fail('unknown-torrent', 'There is no such torrent here. Add it first.');
const unknownFile = () =>
  fail('unknown-file', 'The torrent has no such file. Check its file list.');
