/**
 * What a person may change about one torrent, as schemas: what a page or a script sends is checked here, field by field.
 * What only the torrent itself can tell (how many files it has, whether it is private) and which hosts an address may name is
 * not decided here.
 */
import * as v from 'valibot';
import type { FilePriorities, StartOptions, TorrentChange } from '../../contract/engine.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { TorrentRecord } from './catalogue.ts';
import { rateLimit, seedMinutes, seedRatio } from './settings-schema.ts';

const MAX_FILES = 1_000_000;
const MAX_URLS = 100;
const MAX_URL_LENGTH = 2048;
const MAX_CONNECTIONS = 400;

/** What a new torrent has of its own: nothing set by a person, nothing counted. */
export const OWN_DEFAULTS = {
  filePriorities: {},
  limits: {
    downloadBps: 0,
    uploadBps: 0,
    maxConnections: 0,
    seedRatio: null,
    seedMinutes: null,
  },
  superSeeding: false,
  priority: 'normal',
  isForced: false,
  sequential: false,
  keepOffline: true,
  uploadedBytes: 0,
  receivedBytes: 0,
  wastedBytes: 0,
  verifiedBytes: 0,
  hashFailures: 0,
  bans: 0,
  activeS: 0,
  seedingS: 0,
} as const satisfies Partial<TorrentRecord>;

const priority = v.picklist(['high', 'normal', 'low'], 'must be "high", "normal" or "low"');
/**
 * What is opened only to be watched. In order: what is fetched beyond the player's window is then what comes next, and whoever
 * stops watching has received little that was not seen.
 */
const WATCH_ONLY = { keepOffline: false, sequential: true } as const;

/** What a torrent that is added or started so has of its own. */
export function ownOf({ keepOffline = true }: StartOptions): Partial<typeof WATCH_ONLY> {
  return keepOffline ? {} : WATCH_ONLY;
}

/** As it is kept and as it is sent: keys are indexes in decimal digits. */
export const filePriorities = v.record(
  v.pipe(v.string(), v.regex(/^(?:0|[1-9]\d{0,6})$/, 'must have file indexes as keys')),
  priority,
) satisfies v.GenericSchema<unknown, FilePriorities>;

const connections = numberWhere(
  (n) => n >= 0 && n <= MAX_CONNECTIONS,
  `must be 0 for no limit, or a whole number up to ${MAX_CONNECTIONS}`,
);
const fileIndexes = v.pipe(
  v.array(numberWhere((n) => n >= 0, 'must be a list of file indexes')),
  v.maxLength(MAX_FILES, 'names more files than a torrent can have'),
);
const urls = v.pipe(
  v.array(
    v.pipe(
      v.string('must be a list of URLs'),
      v.maxLength(MAX_URL_LENGTH, 'has a URL of more than 2048 characters'),
    ),
  ),
  v.maxLength(MAX_URLS, `must be a list of at most ${MAX_URLS} URLs`),
);

const FIELDS = {
  selected: fileIndexes,
  filePriorities,
  limits: v.partial(
    v.strictObject({
      downloadBps: rateLimit,
      uploadBps: rateLimit,
      maxConnections: connections,
      seedRatio: v.nullable(seedRatio),
      seedMinutes: v.nullable(seedMinutes),
    }),
  ),
  superSeeding: v.boolean('must be true or false'),
  priority,
  isForced: v.boolean('must be true or false'),
  sequential: v.boolean('must be true or false'),
  keepOffline: v.boolean('must be true or false'),
  addTrackers: urls,
  removeTrackers: urls,
  addWebSeeds: urls,
} satisfies { [Field in keyof Required<TorrentChange>]: v.GenericSchema<unknown, unknown> };

const change = v.partial(v.strictObject(FIELDS));

/** The change when each of its fields is known and within its range; else `bad-request` naming the first that is not. */
export function checkTorrentChange(value: unknown): Result<TorrentChange> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail('bad-request', 'A change is sent as an object of the fields to change.');
  }
  const result = v.safeParse(change, value);
  if (result.success) return ok(result.output as TorrentChange);
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? '';
  if (!Object.hasOwn(FIELDS, String(issue.path?.[0]?.key))) {
    const known = Object.keys(FIELDS).join(', ');
    return fail('bad-request', `A torrent has no such field to change. There are: ${known}.`, {
      field,
    });
  }
  return fail('bad-request', `${field} ${issue.message}.`, { field });
}

function numberWhere(isGood: (n: number) => boolean, message: string) {
  return v.pipe(
    v.number(message),
    v.check((n) => Number.isSafeInteger(n) && isGood(n), message),
  );
}
