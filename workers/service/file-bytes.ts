/**
 * The bytes of one file, from where they can be had: the shelf when it answers for them, else the engine. A body is
 * handed over only when its first bytes are here: an error before that is a status a player and a person can understand.
 */
import { fail, ok, type Result } from '../contract/errors.ts';
import type { StreamRequest } from '../contract/stream.ts';
import { bodyOf, BytePull } from './byte-pull.ts';
import { withDeadline } from './deadline.ts';
import type { EngineCaller } from './engine-port.ts';
import { errorResponse } from './json-response.ts';
import type { MediaFile, MediaHead } from './media-response.ts';
import { readFinishedFile, type OpenRoot, type Shelf } from './shelf.ts';

/** The two places where bytes of a torrent are. */
export interface ByteSources {
  readonly openRoot: OpenRoot;
  readonly engine: EngineCaller;
}

/** How long a request waits for its first byte before it is answered with 503. */
export const FIRST_CHUNK_MS = 20_000;

/** The answer for `head`: with the bytes it names, or with why there are none. */
export async function fileResponse(
  sources: ByteSources,
  shelf: Shelf | null,
  file: MediaFile,
  head: MediaHead,
): Promise<Response> {
  if (head.status === 416) {
    const message = `That range is outside the file, which has ${file.lengthBytes} bytes.`;
    return errorResponse({ kind: 'bad-request', message }, 416, head.headers);
  }
  if (!head.body) return new Response(null, head);
  const { infoHash, fileIndex } = file;
  const body = await readBody(sources, shelf, { infoHash, fileIndex, ...head.body });
  return body.ok ? new Response(body.value, head) : errorResponse(body.error);
}

/** Exactly the wanted bytes: a Blob of stored extents, or a stream that pulls from the engine and can be cancelled. */
export async function readBody(
  sources: ByteSources,
  shelf: Shelf | null,
  wanted: StreamRequest,
): Promise<Result<Blob | ReadableStream<Uint8Array<ArrayBuffer>>>> {
  const { infoHash, fileIndex, startByte, endByte } = wanted;
  const finished = shelf && (await readFinishedFile(shelf, fileIndex, startByte, endByte));
  if (!finished) return pullFromEngine(sources.engine, wanted);
  // It sees nothing of this; what is only watched is not to be removed under whoever reads. Nobody waits for the answer.
  void sources.engine.call((calls) => calls.played(infoHash));
  return ok(finished);
}

async function pullFromEngine(
  engine: EngineCaller,
  wanted: StreamRequest,
): Promise<Result<ReadableStream<Uint8Array<ArrayBuffer>>>> {
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
