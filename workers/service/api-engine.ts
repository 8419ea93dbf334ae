/** `/api/health`, `/api/statistics` and `/api/settings`. */
import { ok, type Result } from '../contract/errors.ts';
import type { Settings } from '../contract/settings.ts';
import type { ApiContext } from './api-context.ts';
import { jsonResponse } from './json-response.ts';
import { anObject, readJson } from './request-body.ts';

export async function readHealth({ engine }: ApiContext): Promise<Result<Response>> {
  return engine.call(async (calls) => ok(await calls.health())).then(asJson);
}

export async function readStatistics({ engine }: ApiContext): Promise<Result<Response>> {
  return engine.call(async (calls) => ok(await calls.statistics())).then(asJson);
}

export async function readSettings({ engine }: ApiContext): Promise<Result<Response>> {
  return engine.call(async (calls) => ok(await calls.settings())).then(asJson);
}

/** The engine knows the range of each field, and validates all of them before it changes one. */
export async function changeSettings({ engine, request }: ApiContext): Promise<Result<Response>> {
  const patch = await readJson(request, anObject);
  if (!patch.ok) return patch;
  return engine
    .call((calls) => calls.changeSettings(patch.value as Partial<Settings>))
    .then(asJson);
}

function asJson(result: Result<unknown>): Result<Response> {
  return result.ok ? ok(jsonResponse(result.value)) : result;
}
