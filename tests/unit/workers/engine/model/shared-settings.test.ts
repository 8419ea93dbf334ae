import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../../../../workers/contract/settings.ts';
import { checkSettingsTogether } from '../../../../../workers/engine/model/settings-schema.ts';
import {
  readShared,
  takeOver,
  toShared,
  type SharedSettings,
} from '../../../../../workers/engine/model/shared-settings.ts';

const named = (name: string) => ({ url: `turn:${name}.example`, username: 'me' });
const turn = (name: string) => ({ ...named(name), credential: `secret of ${name}` });

it('settings leave without a password and are read back as they left', () => {
  const settings = { ...DEFAULT_SETTINGS, turnServers: [turn('a')], relayOnly: true };
  const shared = toShared(settings);
  expect(JSON.stringify(shared)).not.toContain('secret');
  const problems: string[] = [];
  expect(readShared(JSON.parse(JSON.stringify(shared)), problems)).toEqual({
    ...settings,
    turnServers: [named('a')],
  });
  expect(problems).toEqual([]);
});

it.each([
  ['another address', [{ url: 'https://a.example', username: 'me' }]],
  ['no user name', [{ url: 'turn:a.example' }]],
  ['an empty password', [{ ...named('a'), credential: '' }]],
  ['a field that is not known', [{ ...named('a'), more: 1 }]],
  ['six of them', Array.from({ length: 6 }, () => named('a'))],
])('TURN servers with %s are left out of what is read, and named', (_, turnServers) => {
  const problems: string[] = [];
  expect(readShared({ turnServers, maxConnections: 7 }, problems)).toEqual({ maxConnections: 7 });
  expect(problems).toEqual([expect.stringMatching(/^The setting turnServers must be .+\.$/)]);
});

describe('taking over the settings of a file', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map(turn);
  const rows: readonly [
    what: string,
    here: Settings['turnServers'],
    shared: Partial<SharedSettings>,
    patch: Partial<Settings>,
    problems: readonly string[],
  ][] = [
    ['nothing', [], {}, {}, []],
    ['other settings', [], { maxConnections: 7 }, { maxConnections: 7 }, []],
    ['no servers: those that are here stay', [turn('a')], { turnServers: [] }, {}, []],
    ['one that is here: with its password', [turn('a')], { turnServers: [named('a')] }, {}, []],
    [
      'one that is here, with another password: the one here counts',
      [turn('a')],
      { turnServers: [{ ...named('a'), credential: 'old' }] },
      {},
      [],
    ],
    [
      'one that is not here, without a password',
      [turn('a')],
      { turnServers: [named('b')] },
      {},
      ['The TURN server turn:b.example was left out'],
    ],
    [
      'one of an older file, with its password, beside those that are here',
      [turn('a')],
      { turnServers: [turn('b')], relayOnly: true },
      { turnServers: [turn('a'), turn('b')], relayOnly: true },
      [],
    ],
    [
      'one more than there may be',
      five,
      { turnServers: [turn('f')] },
      {},
      ['there are 5 here already'],
    ],
    [
      'relays only, and no server that can be used: the other settings are taken all the same',
      [],
      { turnServers: [named('a')], relayOnly: true, seedMinutes: 5 },
      { seedMinutes: 5 },
      ['The TURN server turn:a.example was left out', 'The setting relayOnly was left as it is'],
    ],
    ['no relays only', [turn('a')], { relayOnly: false }, { relayOnly: false }, []],
  ];
  it.each(rows)('%s', (_, turnServers, shared, patch, problems) => {
    const taken = takeOver(shared, { turnServers });
    expect(taken.patch).toEqual(patch);
    expect(taken.problems).toEqual(problems.map((words) => expect.stringContaining(words)));
    const after = { ...DEFAULT_SETTINGS, turnServers, ...taken.patch };
    expect(checkSettingsTogether(after)).toEqual({ ok: true, value: null });
  });
});
