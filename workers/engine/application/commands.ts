/**
 * The shape of every command's arguments, checked where they arrive: they come from other contexts, and a port does not
 * know types. Each failure names the field.
 */
import * as v from 'valibot';
import type { AddOptions, AddSource, QueueMove, StartOptions } from '../../contract/engine.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import { toInfoHash, type InfoHash } from '../../contract/ids.ts';
import type { StreamRequest } from '../../contract/stream.ts';

const MAX_TEXT_CHARS = 16 * 1024 * 1024;
const MAX_FILES = 1_000_000;
/** The longest is the URL of a web seed. */
const MAX_ID_CHARS = 8_192;

const fileIndexes = v.pipe(
  v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  v.maxLength(MAX_FILES),
);
const byteCount = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const addSource = v.variant('kind', [
  v.object({ kind: v.literal('text'), text: v.pipe(v.string(), v.maxLength(MAX_TEXT_CHARS)) }),
  v.object({ kind: v.literal('torrent-file'), bytes: v.instance(Uint8Array) }),
]);
const addOptions = v.optional(
  v.object({
    hold: v.optional(v.boolean()),
    paused: v.optional(v.boolean()),
    files: v.optional(fileIndexes),
    priority: v.optional(v.picklist(['high', 'normal', 'low'])),
    keepOffline: v.optional(v.boolean()),
  }),
  {},
);
const startOptions = v.optional(v.object({ keepOffline: v.optional(v.boolean()) }), {});
const eventQuery = v.object({
  since: v.nullable(byteCount),
  limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_000)),
  waitMs: v.pipe(v.number(), v.minValue(0), v.maxValue(30_000)),
});
const streamRequest = v.object({
  infoHash: v.string(),
  fileIndex: byteCount,
  startByte: byteCount,
  endByte: byteCount,
});

export function checkSource(value: unknown): Result<AddSource> {
  return check(addSource, value, 'source');
}

export function checkOptions(value: unknown): Result<AddOptions> {
  return check(addOptions, value, 'options') as Result<AddOptions>;
}

export function checkStart(
  files: unknown,
  options: unknown,
): Result<{ readonly files: readonly number[] | null; readonly options: StartOptions }> {
  const checkedFiles = checkFiles(files);
  if (!checkedFiles.ok) return checkedFiles;
  const checkedOptions = check(startOptions, options, 'options') as Result<StartOptions>;
  if (!checkedOptions.ok) return checkedOptions;
  return ok({ files: checkedFiles.value, options: checkedOptions.value });
}

export function checkFiles(value: unknown): Result<readonly number[] | null> {
  return check(v.optional(v.nullable(fileIndexes), null), value, 'files');
}

export function checkStreamRequest(value: unknown): Result<StreamRequest> {
  return check(streamRequest, value, 'request');
}

export function checkQueueMove(value: unknown): Result<QueueMove> {
  return check(v.picklist(['top', 'up', 'down', 'bottom']), value, 'to');
}

export interface EventQuery {
  readonly since: number | null;
  readonly limit: number;
  readonly waitMs: number;
}

export function checkEventQuery(
  since: unknown,
  limit: unknown,
  waitMs: unknown,
): Result<EventQuery> {
  return check(eventQuery, { since, limit, waitMs }, 'query');
}

export function checkBanId(value: unknown): Result<string> {
  return check(v.pipe(v.string(), v.maxLength(MAX_ID_CHARS)), value, 'id');
}

export function checkInfoHash(value: unknown): Result<InfoHash> {
  const infoHash = toInfoHash(value);
  if (infoHash) return ok(infoHash);
  return fail(
    'bad-info-hash',
    'An info hash is 40 hex digits. Copy it again from the magnet link.',
    {
      field: 'infoHash',
    },
  );
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, field: string): Result<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return ok(result.output);
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  const name = path ? `${field}.${path}` : field;
  return fail('bad-request', `${name} is not usable: ${issue.message}.`, { field: path ?? field });
}
