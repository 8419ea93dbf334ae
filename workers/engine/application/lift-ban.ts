/** The command that lets a banned peer, web seed or address back in. */
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { Swarm } from '../model/swarm.ts';
import { checkBanId } from './commands.ts';

export function liftBan(swarm: Swarm, id: unknown): Result<null> {
  const checked = checkBanId(id);
  if (!checked.ok) return checked;
  if (swarm.liftBan(checked.value)) return ok(null);
  return fail('bad-request', 'Nobody is banned under this name any more.', { field: 'id' });
}
