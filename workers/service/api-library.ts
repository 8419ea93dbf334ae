/** `/api/library`: the list of torrents and the settings as one file, out and in. Content is not a part of it. */
import { ok, type Result } from '../contract/errors.ts';
import type { ApiContext } from './api-context.ts';
import { jsonResponse } from './json-response.ts';
import { attachment, SAFETY_HEADERS } from './media-response.ts';
import { readBytes } from './request-body.ts';

/** A library of thousands of torrents carries the metadata of each. */
const LIBRARY_DEADLINE_MS = 60_000;

/** Answers with the file as a download, named after the day (UTC). */
export async function exportLibrary({ engine }: ApiContext): Promise<Result<Response>> {
  const library = await engine.call((calls) => calls.exportLibrary(), LIBRARY_DEADLINE_MS);
  if (!library.ok) return library;
  const day = new Date().toISOString().slice(0, 10);
  const headers = {
    ...SAFETY_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(library.value.byteLength),
    'Content-Disposition': attachment(`rill-library-${day}.json`),
  };
  return ok(new Response(new Uint8Array(library.value), { headers }));
}

/** Takes the bytes of such a file; what was added, known and left out comes back as JSON. */
export async function importLibrary({ engine, request }: ApiContext): Promise<Result<Response>> {
  const bytes = await readBytes(request);
  if (!bytes.ok) return bytes;
  const imported = await engine.call(
    (calls) => calls.importLibrary(bytes.value),
    LIBRARY_DEADLINE_MS,
  );
  return imported.ok ? ok(jsonResponse(imported.value)) : imported;
}
