import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import {
  checkSettingsPatch,
  checkSettingsTogether,
  readSettings,
} from '../../../../../workers/engine/model/settings-schema.ts';

const MIB = 1024 * 1024;
const turn = (url: string) => ({ url, username: 'me', credential: 'secret' });
const NIGHT = { days: [0, 6], fromMinute: 1320, toMinute: 0 };
const FREE = { downloadBps: 0, uploadBps: 0, schedule: [] };
const many = (count: number, url: string) => Array.from({ length: count }, () => url);

describe('a patch of the settings', () => {
  it.each([
    ['nothing', {}],
    ['the defaults', DEFAULT_SETTINGS],
    ['no trackers', { trackers: [] }],
    ['a tracker without TLS', { trackers: ['ws://127.0.0.1:8000/announce'] }],
    ['50 trackers', { trackers: many(50, 'wss://tracker.example/announce?key=1') }],
    ['tiers in turn', { announceToAllTiers: false }],
    ['no limits', { downloadBps: 0, uploadBps: 0 }],
    ['the lowest limits', { downloadBps: 1024, uploadBps: 1024 }],
    ['the highest limits', { downloadBps: 1024 * MIB, uploadBps: 1024 * MIB }],
    ['no STUN', { stunServers: [] }],
    ['STUN by address', { stunServers: ['stun:192.0.2.1', 'stun:[2001:db8::1]:3478'] }],
    ['TURN', { turnServers: [turn('turn:relay.example')] }],
    ['TURN over TLS and TCP', { turnServers: [turn('turns:relay.example:443?transport=tcp')] }],
    ['TURN by address', { turnServers: [turn('turn:[2001:db8::1]:3478?transport=udp')] }],
    ['relays only', { relayOnly: true }],
    [
      'the soonest help of a stall',
      { healthCheckIntervalS: 5, maxRetries: 1, retryBackoffFactor: 1 },
    ],
    [
      'the most patient help of a stall',
      { healthCheckIntervalS: 3600, maxRetries: 20, retryBackoffFactor: 10 },
    ],
    [
      'the smallest numbers',
      { maxConnections: 2, writeQueueBytes: MIB, maxInFlightPieces: 2, uploadSlots: 1 },
    ],
    [
      'the largest numbers',
      { maxConnections: 400, writeQueueBytes: 512 * MIB, maxInFlightPieces: 200, uploadSlots: 50 },
    ],
    ['the fewest connections of a torrent', { maxConnectionsPerTorrent: 1 }],
    ['the most connections of a torrent', { maxConnectionsPerTorrent: 400 }],
    ['slow hours', { alternativeRates: { downloadBps: 0, uploadBps: 1024, schedule: [NIGHT] } }],
    [
      '20 of them',
      { alternativeRates: { ...FREE, schedule: Array.from({ length: 20 }, () => NIGHT) } },
    ],
    ['slow by hand', { alternativeSwitch: 'on' }],
    ['the least of memory', { memoryBytes: 16 * MIB }],
    ['the most of memory', { memoryBytes: 2048 * MIB }],
    ['no end of seeding', { seedRatio: 0, seedMinutes: 0 }],
    ['the latest end of seeding', { seedRatio: 1000, seedMinutes: 525_600, seedUntilOthers: true }],
    ['half of it', { seedRatio: 0.5 }],
    ['what waits', { pauseOnMetered: true, autoResume: false }],
  ])('is taken as it is: %s', (_, patch) => {
    expect(checkSettingsPatch(patch)).toEqual({ ok: true, value: patch });
  });

  it.each([
    ['trackers', 'wss://tracker.example'],
    ['trackers', ['https://tracker.example']],
    ['trackers', ['udp://tracker.example:80']],
    ['trackers', ['tracker.example']],
    ['trackers', ['wss://']],
    ['trackers', [7]],
    ['announceToAllTiers', 'yes'],
    ['trackers', [`wss://tracker.example/${'a'.repeat(2048)}`]],
    ['trackers', many(51, 'wss://tracker.example')],
    ['stunServers', ['turn:relay.example']],
    ['stunServers', ['stun:']],
    ['stunServers', ['stun:host name']],
    ['stunServers', ['stun:host?transport=udp']],
    ['stunServers', many(11, 'stun:stun.example')],
    ['turnServers', turn('turn:relay.example')],
    ['turnServers', ['turn:relay.example']],
    ['turnServers', [turn('stun:relay.example')]],
    ['turnServers', [turn('turn:')]],
    ['turnServers', [turn('turn:relay.example?transport=sctp')]],
    ['turnServers', [turn('turn://relay.example')]],
    ['turnServers', [turn('https://relay.example')]],
    ['turnServers', [turn(`turn:${'a'.repeat(2048)}`)]],
    ['turnServers', [{ url: 'turn:relay.example' }]],
    ['turnServers', [{ ...turn('turn:relay.example'), username: '' }]],
    ['turnServers', [{ ...turn('turn:relay.example'), credential: 'x'.repeat(510) }]],
    ['turnServers', [{ ...turn('turn:relay.example'), more: 1 }]],
    ['turnServers', Array.from({ length: 6 }, () => turn('turn:relay.example'))],
    ['relayOnly', 1],
    ['maxConnections', 1],
    ['maxConnections', 401],
    ['maxConnectionsPerTorrent', 0],
    ['maxConnectionsPerTorrent', 401],
    ['maxConnections', 2.5],
    ['maxConnections', Number.NaN],
    ['maxConnections', '60'],
    ['maxConnections', undefined],
    ['writeQueueBytes', MIB - 1],
    ['writeQueueBytes', 512 * MIB + 1],
    ['maxInFlightPieces', 1],
    ['maxInFlightPieces', 201],
    ['maxInFlightPieces', null],
    ['healthCheckIntervalS', 4],
    ['healthCheckIntervalS', 3601],
    ['healthCheckIntervalS', 7.5],
    ['maxRetries', 0],
    ['maxRetries', 21],
    ['retryBackoffFactor', 0.9],
    ['retryBackoffFactor', 10.1],
    ['retryBackoffFactor', NaN],
    ['uploadSlots', 0],
    ['uploadSlots', 51],
    ['uploadSlots', 4.5],
    ['downloadBps', 1],
    ['downloadBps', 1023],
    ['downloadBps', 1024 * MIB + 1],
    ['downloadBps', 4096.5],
    ['downloadBps', Number.POSITIVE_INFINITY],
    ['uploadBps', -1],
    ['uploadBps', null],
    ['uploadBps', '65536'],
    ['alternativeRates', null],
    ['alternativeRates', { downloadBps: 0, uploadBps: 0 }],
    ['alternativeRates', { ...FREE, more: 1 }],
    ['alternativeRates', { ...FREE, downloadBps: 5 }],
    ['alternativeRates', { ...FREE, schedule: Array.from({ length: 21 }, () => NIGHT) }],
    ['alternativeRates', { ...FREE, schedule: [{ ...NIGHT, days: [] }] }],
    ['alternativeRates', { ...FREE, schedule: [{ ...NIGHT, days: [7] }] }],
    ['alternativeRates', { ...FREE, schedule: [{ ...NIGHT, days: [1, 1] }] }],
    ['alternativeRates', { ...FREE, schedule: [{ ...NIGHT, fromMinute: 1440 }] }],
    ['alternativeRates', { ...FREE, schedule: [{ ...NIGHT, toMinute: -1 }] }],
    ['alternativeRates', { ...FREE, schedule: [{ ...NIGHT, toMinute: Number.NaN }] }],
    ['alternativeRates', { ...FREE, schedule: [{ ...NIGHT, colour: 'blue' }] }],
    ['alternativeSwitch', 'auto'],
    ['pauseOnMetered', 'yes'],
    ['seedRatio', -1],
    ['seedRatio', 1000.5],
    ['seedRatio', Number.NaN],
    ['seedMinutes', 1.5],
    ['seedMinutes', 525_601],
    ['seedUntilOthers', 0],
    ['memoryBytes', 16 * MIB - 1],
    ['memoryBytes', 2048 * MIB + 1],
    ['autoResume', null],
    ['colour', 'blue'],
    ['constructor', 1],
  ])('is refused by name: %s = %j', (field, value) => {
    const result = checkSettingsPatch({ maxConnections: 50, [field]: value });
    expect(result).toMatchObject({ ok: false, error: { kind: 'bad-request', field } });
  });

  it('cannot carry a prototype', () => {
    const patch: unknown = JSON.parse('{"__proto__":{"maxConnections":3}}');
    expect(checkSettingsPatch(patch)).toMatchObject({ error: { field: '__proto__' } });
  });

  it.each([null, undefined, 5, 'text', [[]]])(
    'is refused when it is not an object: %j',
    (patch) => {
      expect(checkSettingsPatch(patch)).toMatchObject({
        ok: false,
        error: { kind: 'bad-request' },
      });
    },
  );

  it('says what the range is', () => {
    const result = checkSettingsPatch({ writeQueueBytes: 5 });
    expect(result).toMatchObject({
      error: { message: 'writeQueueBytes must be a whole number of bytes from 1 MiB to 512 MiB.' },
    });
  });
});

describe('settings as a whole', () => {
  const turnServers = [turn('turn:relay.example')];

  it.each([
    ['the defaults', {}, true],
    ['a TURN server that is used if need be', { turnServers }, true],
    ['relays only, with one', { relayOnly: true, turnServers }, true],
    ['relays only, with none', { relayOnly: true }, false],
  ])('are possible or not: %s', (_, patch, isPossible) => {
    const result = checkSettingsTogether({ ...DEFAULT_SETTINGS, ...patch });
    if (isPossible) expect(result).toEqual({ ok: true, value: null });
    else expect(result).toMatchObject({ error: { kind: 'bad-request', field: 'relayOnly' } });
  });
});

describe('settings that were stored', () => {
  it('have their default where a field is missing or bad, field by field', () => {
    const { settings, bad } = readSettings({
      maxConnections: 12,
      writeQueueBytes: -1,
      trackers: ['wss://mine.example', 'gopher://no'],
      colour: 'blue',
    });
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, maxConnections: 12 });
    expect([...bad].sort()).toEqual(['trackers', 'writeQueueBytes']);
  });

  it.each([null, undefined, 'text', []])('are the defaults for %j', (stored) => {
    expect(readSettings(stored)).toEqual({ settings: DEFAULT_SETTINGS, bad: [] });
  });
});
