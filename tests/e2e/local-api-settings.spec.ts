// `GET` and `PATCH /api/settings`, field by field (API.md: "each validated against its range; a bad one is refused by name and
// nothing changes").
import type { Settings } from '../../workers/contract/settings.ts';
import { errorSchema, settingsSchema, violationsOf } from '../support/api-schemas.ts';
import { callApi } from '../support/local-api.ts';
import { openRill } from '../support/rill-page.ts';
import { expect, test } from '../support/world.ts';

type Row<Value> = readonly [good: Value, ...bad: readonly unknown[]];

const MIB = 1024 * 1024;
const TURN = { url: 'turns:relay.example:443?transport=tcp', username: 'me', credential: 'secret' };
const NIGHT = { days: [5, 6], fromMinute: 1320, toMinute: 420 };
const SLOW = { downloadBps: 65_536, uploadBps: 0, schedule: [NIGHT] };
const COOLDOWN = { noPeers: 60, timeout: 86_400, connection: 1 };

/** A value that a field takes, and some that it does not: one on each side of its range where it has two. */
const FIELDS: { readonly [Field in keyof Settings]: Row<Settings[Field]> } = {
  trackers: [['ws://127.0.0.1:9/'], ['https://example.org'], ['wss://192.168.1.10'], 'wss://a.org'],
  announceToAllTiers: [false, 1],
  stunServers: [['stun:127.0.0.1:9'], ['turn:a.example'], {}],
  // Before `relayOnly`, which needs one.
  turnServers: [[TURN], [{ url: TURN.url }], [{ ...TURN, url: 'stun:a.example' }]],
  relayOnly: [true, 'yes'],
  maxConnections: [40, 1, 401, 1.5],
  maxConnectionsPerTorrent: [400, 0, 401],
  maxActiveDownloads: [500, 0, 501],
  maxActiveSeeds: [1, 0, 501],
  maxActiveMetadata: [1, 0, 501],
  writeQueueBytes: [MIB, MIB - 1, 513 * MIB, -1],
  readCacheBytes: [0, -1, 513 * MIB],
  maxInFlightPieces: [200, 1, 201],
  uploadSlots: [50, 0, 51],
  downloadBps: [1024, 1023, 1025 * MIB],
  uploadBps: [1024 * MIB, -1, 1025 * MIB],
  healthCheckIntervalS: [5, 4, 3601],
  maxRetries: [20, 0, 21],
  retryBackoffFactor: [1.5, 0.9, 11],
  cooldownS: [COOLDOWN, { ...COOLDOWN, timeout: 86_401 }, { noPeers: 60 }, 300],
  metadataTimeoutS: [3600, 4, 3601],
  rateLimits: [
    { addsPerMinute: 1000, metadataPerMinute: 1 },
    { addsPerMinute: 0, metadataPerMinute: 1 },
    { addsPerMinute: 1001, metadataPerMinute: 1 },
  ],
  alternativeRates: [
    SLOW,
    { ...SLOW, downloadBps: 1 },
    { ...SLOW, schedule: [{ ...NIGHT, days: [7] }] },
    { ...SLOW, schedule: Array.from({ length: 21 }, () => NIGHT) },
  ],
  alternativeSwitch: ['on', 'always'],
  pauseOnMetered: [true, null],
  seedRatio: [1.5, -0.1, 1001],
  seedMinutes: [525_600, -1, 525_601],
  seedUntilOthers: [true, 0],
  memoryBytes: [2048 * MIB, 15 * MIB, 2049 * MIB],
  autoResume: [false, 'no'],
  verifyOnResume: [true, 'no'],
  metadataCacheS: [0, -1, 2_592_001],
  cleanupIdleS: [60, 59, 2_592_001],
};

test('each setting is taken within its range; one out of it is refused by name, and nothing changes', async ({
  page,
  app,
}) => {
  await openRill(page, app.url);
  const initial = (await callApi(page, 'GET', 'settings')).body as Settings;
  expect(violationsOf(settingsSchema, initial)).toEqual([]);
  expect(Object.keys(initial).toSorted()).toEqual(Object.keys(FIELDS).toSorted());
  const rows = Object.entries<Row<unknown>>(FIELDS);
  const beside = (field: string) =>
    field === 'maxConnections' ? { uploadSlots: 7 } : { maxConnections: 41 };
  for (const [field, [, ...bad]] of [...rows, ['noSuchSetting', [null, 1]] as const]) {
    for (const value of bad) {
      const content = { ...beside(field), [field]: value };
      const refused = await callApi(page, 'PATCH', 'settings', { content });
      expect([content, refused.status]).toEqual([content, 400]);
      expect(violationsOf(errorSchema, refused.body)).toEqual([]);
      expect(refused.body).toMatchObject({ error: { kind: 'bad-request', field } });
    }
  }
  const alone = await callApi(page, 'PATCH', 'settings', { content: { relayOnly: true } });
  expect(alone).toMatchObject({ status: 400, body: { error: { field: 'relayOnly' } } });
  for (const content of ['[]', '5', 'null', 'maxConnections=4']) {
    const refused = await callApi(page, 'PATCH', 'settings', { content });
    expect(refused).toMatchObject({ status: 400, body: { error: { kind: 'bad-request' } } });
  }
  expect((await callApi(page, 'GET', 'settings')).body).toEqual(initial);

  const expected: Record<string, unknown> = { ...initial };
  for (const [field, [good]] of rows) {
    expected[field] = good;
    const changed = await callApi(page, 'PATCH', 'settings', { content: { [field]: good } });
    expect([field, changed]).toMatchObject([field, { status: 200, body: expected }]);
  }
  const last = await callApi(page, 'GET', 'settings');
  expect(violationsOf(settingsSchema, last.body)).toEqual([]);
  expect(last.body).toEqual(expected);
  // It holds at once.
  expect((await callApi(page, 'GET', 'health')).body).toMatchObject({
    connections: { budget: 40 },
  });

  // What is exported has no password, and what is imported takes none away.
  const file = await page.evaluate(async () => (await fetch('api/library')).text());
  expect(JSON.parse(file)).toMatchObject({
    settings: { maxConnections: 40, turnServers: [{ url: TURN.url, username: 'me' }] },
  });
  expect(file).not.toContain(TURN.credential);
  const imported = await callApi(page, 'POST', 'library', { content: file });
  expect(imported).toMatchObject({ status: 200, body: { added: 0, known: 0, problems: [] } });
  expect((await callApi(page, 'GET', 'settings')).body).toEqual(expected);
});
