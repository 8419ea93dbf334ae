/**
 * The ranges of contract/settings.ts, as schemas: what a page sends and what was stored are both checked here, field by
 * field. Which hosts a URL may name is not decided here.
 */
import * as v from 'valibot';
import { fail, ok, type Result } from '../../contract/errors.ts';
import { DEFAULT_SETTINGS, type Settings, type TurnServer } from '../../contract/settings.ts';

const MEBIBYTE = 1024 * 1024;
const MAX_URL_LENGTH = 2048;
/** RFC 7064: a host name, an IPv4 address or an IPv6 address in brackets, and an optional port. */
const STUN_URL = /^stun:(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i;
/** RFC 7065: as above, also over TLS, and the transport if it is not to be UDP. */
const TURN_URL =
  /^turns?:(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?$/i;
export const MAX_TURN_SERVERS = 5;
/** Browsers refuse longer ones. */
const MAX_CREDENTIAL_LENGTH = 509;

function wholeNumber(min: number, max: number, range: string) {
  const message = `must be a whole number ${range}`;
  return v.pipe(
    v.number(message),
    v.check((n) => Number.isInteger(n) && n >= min && n <= max, message),
  );
}

const cooldownSeconds = wholeNumber(1, 86_400, 'of seconds from 1 to 86400 for each reason');
const requestsPerMinute = wholeNumber(1, 1_000, 'of requests from 1 to 1000 for each kind');

const RATE_RANGE =
  'must be a whole number of bytes per second from 1 KiB to 1 GiB, or 0 for no limit';

/** A limit of payload. Below 1 KiB/s a block of 16 KiB would take longer than peers wait for one. */
export const rateLimit = v.pipe(
  v.number(RATE_RANGE),
  v.check(
    (n) => Number.isInteger(n) && (n === 0 || (n >= 1024 && n <= 1024 * MEBIBYTE)),
    RATE_RANGE,
  ),
);

const MAX_KEPT_S = 30 * 24 * 3600;
const IDLE_RANGE = `must be a whole number of seconds from 60 to ${MAX_KEPT_S} (30 days), or 0 for never`;
const MAX_SEED_RATIO = 1000;
const MAX_SEED_MINUTES = 365 * 24 * 60;
const RATIO_RANGE = `must be a number up to ${MAX_SEED_RATIO}, or 0 for no end`;
/** Given ÷ the selection's size. */
export const seedRatio = v.pipe(
  v.number(RATIO_RANGE),
  v.check((ratio) => ratio >= 0 && ratio <= MAX_SEED_RATIO, RATIO_RANGE),
);
export const seedMinutes = wholeNumber(
  0,
  MAX_SEED_MINUTES,
  `of minutes up to ${MAX_SEED_MINUTES}, or 0 for no end`,
);

function urls(isUrl: (text: string) => boolean, max: number, message: string) {
  const url = v.pipe(
    v.string(message),
    v.check((text) => text.length <= MAX_URL_LENGTH && isUrl(text), message),
  );
  return v.pipe(v.array(url, message), v.maxLength(max, message));
}

/** The fields of a `TurnServer`, each with the message of the whole. */
export function turnServerFields(message: string) {
  const text = (isGood: (text: string) => boolean) =>
    v.pipe(v.string(message), v.check(isGood, message));
  const isCredential = ({ length }: string) => length > 0 && length <= MAX_CREDENTIAL_LENGTH;
  return {
    url: text((url) => url.length <= MAX_URL_LENGTH && TURN_URL.test(url)),
    username: text(isCredential),
    credential: text(isCredential),
  };
}

function turnServers(message: string) {
  const server: v.GenericSchema<unknown, TurnServer> = v.strictObject(
    turnServerFields(message),
    message,
  );
  return v.pipe(v.array(server, message), v.maxLength(MAX_TURN_SERVERS, message));
}

const MAX_PERIODS = 20;
const PERIODS = `must have a schedule of at most ${MAX_PERIODS} periods, each with days (0 to 6, at least one, none twice), fromMinute and toMinute (0 to 1439)`;
const minute = v.pipe(
  v.number(PERIODS),
  v.check((n) => Number.isInteger(n) && n >= 0 && n < 24 * 60, PERIODS),
);
const period = v.strictObject(
  {
    days: v.pipe(
      v.array(v.picklist([0, 1, 2, 3, 4, 5, 6], PERIODS), PERIODS),
      v.check((days) => days.length > 0 && new Set(days).size === days.length, PERIODS),
    ),
    fromMinute: minute,
    toMinute: minute,
  },
  PERIODS,
);
const alternativeRates = v.strictObject(
  {
    downloadBps: rateLimit,
    uploadBps: rateLimit,
    schedule: v.pipe(v.array(period, PERIODS), v.maxLength(MAX_PERIODS, PERIODS)),
  },
  'must have downloadBps, uploadBps and schedule, and nothing else',
);

function isTrackerUrl(text: string): boolean {
  return URL.canParse(text) && ['ws:', 'wss:'].includes(new URL(text).protocol);
}

/** One schema for each setting; its message completes "`field` …". */
export const SETTINGS_FIELDS = {
  trackers: urls(isTrackerUrl, 50, 'must be a list of at most 50 wss:// or ws:// URLs'),
  announceToAllTiers: v.boolean('must be true or false'),
  stunServers: urls((text) => STUN_URL.test(text), 10, 'must be a list of at most 10 stun: URLs'),
  turnServers: turnServers(
    `must be a list of at most ${MAX_TURN_SERVERS} turn: or turns: URLs, each with its username and credential`,
  ),
  relayOnly: v.boolean('must be true or false'),
  maxConnections: wholeNumber(2, 400, 'from 2 to 400'),
  maxConnectionsPerTorrent: wholeNumber(1, 400, 'from 1 to 400'),
  maxActiveDownloads: wholeNumber(1, 500, 'from 1 to 500'),
  maxActiveSeeds: wholeNumber(1, 500, 'from 1 to 500'),
  maxActiveMetadata: wholeNumber(1, 500, 'from 1 to 500'),
  writeQueueBytes: wholeNumber(MEBIBYTE, 512 * MEBIBYTE, 'of bytes from 1 MiB to 512 MiB'),
  readCacheBytes: wholeNumber(0, 512 * MEBIBYTE, 'of bytes from 0 to 512 MiB'),
  maxInFlightPieces: wholeNumber(2, 200, 'from 2 to 200'),
  uploadSlots: wholeNumber(1, 50, 'from 1 to 50'),
  downloadBps: rateLimit,
  uploadBps: rateLimit,
  healthCheckIntervalS: wholeNumber(5, 3600, 'of seconds from 5 to 3600'),
  maxRetries: wholeNumber(1, 20, 'from 1 to 20'),
  retryBackoffFactor: v.pipe(
    v.number('must be a number from 1 to 10'),
    v.check((n) => n >= 1 && n <= 10, 'must be a number from 1 to 10'),
  ),
  cooldownS: v.strictObject(
    { noPeers: cooldownSeconds, timeout: cooldownSeconds, connection: cooldownSeconds },
    'must be an object of noPeers, timeout and connection',
  ),
  metadataTimeoutS: wholeNumber(5, 3_600, 'of seconds from 5 to 3600'),
  rateLimits: v.strictObject(
    { addsPerMinute: requestsPerMinute, metadataPerMinute: requestsPerMinute },
    'must be an object of addsPerMinute and metadataPerMinute',
  ),
  alternativeRates,
  alternativeSwitch: v.picklist(['on', 'off', 'schedule'], 'must be "on", "off" or "schedule"'),
  pauseOnMetered: v.boolean('must be true or false'),
  seedRatio,
  seedMinutes,
  seedUntilOthers: v.boolean('must be true or false'),
  memoryBytes: wholeNumber(16 * MEBIBYTE, 2048 * MEBIBYTE, 'of bytes from 16 MiB to 2 GiB'),
  autoResume: v.boolean('must be true or false'),
  verifyOnResume: v.boolean('must be true or false'),
  metadataCacheS: wholeNumber(0, MAX_KEPT_S, `of seconds from 0 to ${MAX_KEPT_S} (30 days)`),
  cleanupIdleS: v.pipe(
    v.number(IDLE_RANGE),
    v.check((n) => Number.isInteger(n) && (n === 0 || (n >= 60 && n <= MAX_KEPT_S)), IDLE_RANGE),
  ),
} satisfies { [Field in keyof Settings]: v.GenericSchema<unknown, Settings[Field]> };

/**
 * Returns the patch when every field in it is known and within its range; otherwise `bad-request` naming the first bad
 * one in `error.field`.
 */
export function checkSettingsPatch(patch: unknown): Result<Partial<Settings>> {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    return fail('bad-request', 'Settings are sent as an object of the fields to change.');
  }
  const checked = new Map<string, unknown>();
  for (const [field, value] of Object.entries(patch)) {
    if (!isField(field)) {
      return fail(
        'bad-request',
        `There is no setting with this name. The settings are: ${FIELDS.join(', ')}.`,
        { field },
      );
    }
    const result = v.safeParse(SETTINGS_FIELDS[field], value);
    if (!result.success) {
      return fail('bad-request', `${field} ${result.issues[0].message}.`, { field });
    }
    checked.set(field, result.output);
  }
  return ok(Object.fromEntries(checked));
}

/** What is true of settings as a whole, each field being within its range: `bad-request` names the field that cannot stay. */
export function checkSettingsTogether({ relayOnly, turnServers }: Settings): Result<null> {
  if (!relayOnly || turnServers.length > 0) return ok(null);
  return fail(
    'bad-request',
    'relayOnly needs a TURN server: without one no peer at all could be reached.' +
      ' Add one to turnServers, or switch relayOnly off.',
    { field: 'relayOnly' },
  );
}

/**
 * Settings from any value: each field that is missing or bad has its default, and the names of the bad ones are in `bad`.
 */
export function readSettings(stored: unknown): {
  readonly settings: Settings;
  readonly bad: readonly string[];
} {
  const source = typeof stored === 'object' && stored !== null ? stored : {};
  const bad = Object.entries(source).flatMap(([field, value]) =>
    isField(field) && !v.is(SETTINGS_FIELDS[field], value) ? [field] : [],
  );
  const good = Object.entries(source).filter(([field]) => isField(field) && !bad.includes(field));
  return { settings: { ...DEFAULT_SETTINGS, ...Object.fromEntries(good) }, bad };
}

const FIELDS = Object.keys(SETTINGS_FIELDS);

function isField(name: string): name is keyof Settings {
  return Object.hasOwn(SETTINGS_FIELDS, name);
}
