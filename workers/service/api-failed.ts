/** `/api/failed`: what failed and rests, and the way to have it tried at once. */
import { fail, ok, type Result } from '../contract/errors.ts';
import { toInfoHash } from '../contract/ids.ts';
import type { ApiContext } from './api-context.ts';
import { jsonResponse } from './json-response.ts';

export async function listFailed({ engine }: ApiContext): Promise<Result<Response>> {
  const cooling = await engine.call(async (calls) => ok(await calls.cooling()));
  return cooling.ok ? ok(jsonResponse(cooling.value)) : cooling;
}

/** Of one torrent, or of all when the path names none. One that does not rest is cleared already. */
export async function clearFailed({ engine, infoHash }: ApiContext): Promise<Result<Response>> {
  const named = toInfoHash(infoHash);
  if (infoHash !== '' && !named) {
    return fail('bad-info-hash', 'An info hash has 40 hexadecimal digits. Copy it again.');
  }
  const cleared = await engine.call((calls) => calls.clearCooldown(named ?? undefined));
  if (!cleared.ok) return cleared;
  return ok(new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } }));
}
