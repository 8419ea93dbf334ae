import type { CooldownReason } from '../../workers/contract/cooldown.ts';
import { unreachable } from '../../workers/contract/errors.ts';

/** What was tried in vain, in a person's words. */
export function failureText(reason: CooldownReason): string {
  switch (reason) {
    case 'no-peers':
      return 'Nobody was found who has it.';
    case 'timeout':
      return 'The peers that were found did not give it.';
    case 'connection':
      return 'No connection to any of its peers came about.';
    default:
      return unreachable(reason);
  }
}
