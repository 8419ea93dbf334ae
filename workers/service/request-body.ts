/** Bodies of API requests: bounded, decoded and validated, each failure naming what is wrong with it. */
import * as v from 'valibot';
import { fail, ok, type Result } from '../contract/errors.ts';

/** A .torrent of more than this is refused (other engines take 10 MB), and so is everything else. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** An object of fields that the engine knows. An array passes for a record in valibot, so it is sorted out first. */
export const anObject = v.pipe(
  v.custom<object>((body) => !Array.isArray(body), 'expected an object of the fields to change'),
  v.record(v.string(), v.unknown()),
);

/** Reads the whole body; `too-large` as soon as it is known to be over the limit, without reading on. */
export async function readBytes(request: Request): Promise<Result<Uint8Array<ArrayBuffer>>> {
  if (Number(request.headers.get('Content-Length')) > MAX_BODY_BYTES) return tooLarge();
  if (!request.body) return readWhole(request);
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    lengthBytes += value.byteLength;
    if (lengthBytes > MAX_BODY_BYTES) {
      await reader.cancel();
      return tooLarge();
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(lengthBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return ok(bytes);
}

/** Reads the body as text; `bad-request` when it is not UTF-8. */
export async function readText(request: Request): Promise<Result<string>> {
  const bytes = await readBytes(request);
  if (!bytes.ok) return bytes;
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes.value));
  } catch {
    return fail('bad-request', 'The body is not UTF-8 text.');
  }
}

/** Reads a JSON body of the given shape; a bad field is named in the failure. */
export async function readJson<const Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
): Promise<Result<v.InferOutput<Schema>>> {
  const text = await readText(request);
  return text.ok ? parseJson(text.value, schema) : text;
}

/** As `readJson`, for text that was read already. */
export function parseJson<const Schema extends v.GenericSchema>(
  text: string,
  schema: Schema,
): Result<v.InferOutput<Schema>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('bad-request', 'The body is not JSON.');
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  const field = String(issue.path?.[0]?.key ?? '');
  return field
    ? fail('bad-request', `The field "${field}" is not right: ${issue.message}.`, { field })
    : fail('bad-request', `The body is not right: ${issue.message}.`);
}

/** Firefox has no `Request.body`; it tells the size only once everything is there. */
async function readWhole(request: Request): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  return bytes.byteLength > MAX_BODY_BYTES ? tooLarge() : ok(bytes);
}

function tooLarge(): Result<never> {
  const limitMiB = MAX_BODY_BYTES / 1024 / 1024;
  return fail('too-large', `The body is over ${limitMiB} MiB. Use a smaller .torrent or a magnet.`);
}
