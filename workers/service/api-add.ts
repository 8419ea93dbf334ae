/** `POST /api/torrents`: a JSON description of what to add, or the bytes of a .torrent. */
import * as v from 'valibot';
import type { AddOptions, AddSource } from '../contract/engine.ts';
import { ok, type Result } from '../contract/errors.ts';
import type { ApiContext } from './api-context.ts';
import { torrentResponse } from './api-torrents.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { readBytes, readJson } from './request-body.ts';

/** The engine may have to fetch a .torrent from an https URL before it knows. */
const ADD_DEADLINE_MS = 30_000;

const fileIndexes = v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0)));
// Strict: a field with a spelling mistake is named, not passed over.
const addBody = v.strictObject({
  source: v.pipe(v.string(), v.trim(), v.nonEmpty()),
  paused: v.optional(v.boolean()),
  files: v.optional(fileIndexes),
  priority: v.optional(v.picklist(['high', 'normal', 'low'])),
});

interface AddCommand {
  readonly source: AddSource;
  readonly options: AddOptions;
}

export async function addTorrent({ engine, request }: ApiContext): Promise<Result<Response>> {
  const command = await readCommand(request);
  if (!command.ok) return command;
  const { source, options } = command.value;
  const added = await engine.call((calls) => calls.add(source, options), ADD_DEADLINE_MS);
  if (!added.ok) return added;
  const { infoHash, isNew, rateLimits } = added.value;
  return torrentResponse(engine, infoHash, isNew ? 201 : 200, rateLimitHeaders(rateLimits));
}

async function readCommand(request: Request): Promise<Result<AddCommand>> {
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-bittorrent') {
    const bytes = await readBytes(request);
    if (!bytes.ok) return bytes;
    return ok({ source: { kind: 'torrent-file', bytes: bytes.value }, options: {} });
  }
  const body = await readJson(request, addBody);
  if (!body.ok) return body;
  const { source, paused, files, priority } = body.value;
  return ok({
    source: { kind: 'text', text: source },
    options: {
      ...(paused === undefined ? {} : { paused }),
      ...(files ? { files } : {}),
      ...(priority ? { priority } : {}),
    },
  });
}
