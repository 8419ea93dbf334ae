/**
 * Settings as a library file has them. People share such files, so the passwords of TURN servers are not in it; files of an
 * older Rill have them still.
 *
 * Invariants: no `credential` leaves by `toShared`; nothing of the TURN servers that are here is changed or lost by `takeOver`;
 * what it returns is true of the settings as a whole (`checkSettingsTogether`) if what is here is.
 */
import * as v from 'valibot';
import type { Settings, TurnServer } from '../../contract/settings.ts';
import { MAX_TURN_SERVERS, SETTINGS_FIELDS, turnServerFields } from './settings-schema.ts';

type SharedTurnServer = Pick<TurnServer, 'url' | 'username'> &
  Partial<Pick<TurnServer, 'credential'>>;

export type SharedSettings = Omit<Settings, 'turnServers'> & {
  readonly turnServers: readonly SharedTurnServer[];
};

export function toShared(settings: Settings): SharedSettings {
  const turnServers = settings.turnServers.map(({ url, username }) => ({ url, username }));
  return { ...settings, turnServers };
}

const TURN_SERVERS = `must be a list of at most ${MAX_TURN_SERVERS} turn: or turns: URLs, each with its username`;
const { url, username, credential } = turnServerFields(TURN_SERVERS);
const turnServer = v.strictObject(
  { url, username, credential: v.exactOptional(credential) },
  TURN_SERVERS,
);
const FIELDS = {
  ...SETTINGS_FIELDS,
  turnServers: v.pipe(
    v.array(turnServer, TURN_SERVERS),
    v.maxLength(MAX_TURN_SERVERS, TURN_SERVERS),
  ),
} satisfies {
  [Field in keyof SharedSettings]: v.GenericSchema<unknown, SharedSettings[Field]>;
};

/** The fields that are within their ranges; why another was left out is added to `problems`, for a person. */
export function readShared(value: unknown, problems: string[]): Partial<SharedSettings> {
  if (typeof value !== 'object' || value === null) return {};
  const given = new Map<string, unknown>(Object.entries(value));
  const good = Object.entries(FIELDS).filter(([field, schema]) => {
    if (!given.has(field)) return false;
    const result = v.safeParse(schema, given.get(field));
    if (!result.success) problems.push(`The setting ${field} ${result.issues[0].message}.`);
    return result.success;
  });
  return Object.fromEntries(good.map(([field]) => [field, given.get(field)]));
}

/** What of a file's settings to change here, and what of them cannot be taken over, for a person. */
export function takeOver(
  shared: Partial<SharedSettings>,
  here: Pick<Settings, 'turnServers'>,
): { readonly patch: Partial<Settings>; readonly problems: readonly string[] } {
  const { turnServers = [], relayOnly, ...rest } = shared;
  const problems: string[] = [];
  const servers = [...here.turnServers];
  for (const { url, username, credential } of turnServers) {
    if (servers.some((server) => server.url === url && server.username === username)) continue;
    const name = `The TURN server ${url} was left out`;
    if (credential === undefined) {
      problems.push(`${name}: exported files have no passwords. Add it in Settings with its own.`);
    } else if (servers.length >= MAX_TURN_SERVERS) {
      problems.push(`${name}: there are ${MAX_TURN_SERVERS} here already, the most Rill takes.`);
    } else servers.push({ url, username, credential });
  }
  const isPossible = !relayOnly || servers.length > 0;
  if (!isPossible) {
    problems.push(
      'The setting relayOnly was left as it is: it needs a TURN server. Add one, then switch it on.',
    );
  }
  const patch: Partial<Settings> = {
    ...rest,
    ...(servers.length > here.turnServers.length && { turnServers: servers }),
    ...(relayOnly !== undefined && isPossible && { relayOnly }),
  };
  return { patch, problems };
}
