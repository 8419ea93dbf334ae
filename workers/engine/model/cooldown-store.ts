/** The port to what the engine remembers of failures between starts, and the shape of what is kept there. */
import * as v from 'valibot';
import type { CooldownReason } from '../../contract/cooldown.ts';
import { toInfoHash, type InfoHash } from '../../contract/ids.ts';

export interface CooldownRecord {
  readonly infoHash: InfoHash;
  readonly name: string;
  readonly reason: CooldownReason;
  /** How often in a row it failed, 1 or more. */
  readonly attempts: number;
  /** When it failed, and until when it is not tried again: milliseconds since 1970. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Never rejects: without it a failed torrent is only tried sooner than it need be. */
export interface CooldownStore {
  /** What was saved last; what cannot be read is left out. */
  read(): Promise<readonly CooldownRecord[]>;
  save(records: readonly CooldownRecord[]): Promise<void>;
}

const MAX_NAME_CHARS = 4_096;
/** More than anybody has torrents: a list that is longer is not ours. */
export const MAX_COOLDOWNS = 10_000;

const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const cooldownRecord = v.object({
  infoHash: v.pipe(
    v.string(),
    v.check((text) => toInfoHash(text) === text),
    v.transform((text) => text as InfoHash),
  ),
  name: v.pipe(v.string(), v.maxLength(MAX_NAME_CHARS)),
  reason: v.picklist(['no-peers', 'timeout', 'connection']),
  attempts: v.pipe(wholeNumber, v.minValue(1)),
  sinceMs: wholeNumber,
  untilMs: wholeNumber,
});

/** The readable records of a stored value, whatever it is. */
export function readCooldowns(stored: unknown): readonly CooldownRecord[] {
  if (!Array.isArray(stored)) return [];
  return stored.slice(0, MAX_COOLDOWNS).flatMap((value: unknown) => {
    const parsed = v.safeParse(cooldownRecord, value);
    return parsed.success ? [parsed.output] : [];
  });
}
