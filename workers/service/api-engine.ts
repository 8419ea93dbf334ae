/** `/api/health` and `/api/settings`. */
import * as v from 'valibot';
import { ok, type Result } from '../contract/errors.ts';
import type { Settings } from '../contract/settings.ts';
import type { ApiContext } from './api-context.ts';
import { jsonResponse } from './json-response.ts';
import { readJson } from './request-body.ts';

export async function readHealth({ engine }: ApiContext): Promise<Result<Response>> {
  return engine.call(async (calls) => ok(await calls.health())).then(asJson);
}

export async function readSettings({ engine }: ApiContext): Promise<Result<Response>> {
  return engine.call(async (calls) => ok(await calls.settings())).then(asJson);
}

// An array passes for a record in valibot, so it is sorted out first.
const patchBody = v.pipe(
  v.custom<object>((body) => !Array.isArray(body), 'expected an object of settings'),
  v.record(v.string(), v.unknown()),
);

/** The engine knows the range of each field, and validates all of them before it changes one. */
export async function changeSettings({ engine, request }: ApiContext): Promise<Result<Response>> {
  const patch = await readJson(request, patchBody);
  if (!patch.ok) return patch;
  return engine
    .call((calls) => calls.changeSettings(patch.value as Partial<Settings>))
    .then(asJson);
}

function asJson(result: Result<unknown>): Result<Response> {
  return result.ok ? ok(jsonResponse(result.value)) : result;
}
