import { beforeEach, expect, test } from 'vitest';
import { toInfoHash } from '../../../../../workers/contract/ids.ts';
import { BanList, type Culprit } from '../../../../../workers/engine/protocol/ban-list.ts';

const infoHash = toInfoHash('ab'.repeat(20))!;
let bans: BanList;
beforeEach(() => {
  bans = new BanList(() => Date.UTC(2026, 10, 21));
});

function strike(id: string, address: string | null = null, kind: Culprit['kind'] = 'peer'): void {
  bans.strike({ id, kind, client: `${id} 1.0`, address }, infoHash);
}

/** `id@address` once for each strike. */
function strikeAll(...who: readonly string[]): void {
  for (const one of who) {
    const [id, address] = one.split('@');
    strike(id!, address ?? null);
  }
}

test('the third strike bans, and says whom, why and when', () => {
  strikeAll('a', 'a');
  expect([bans.strikesOf('a'), bans.isBanned('a'), bans.list]).toEqual([2, false, []]);
  strike('a', '127.0.0.1:5000');
  expect([bans.strikesOf('a'), bans.isBanned('a')]).toEqual([3, true]);
  expect(bans.list).toEqual([
    {
      id: 'a',
      kind: 'peer',
      client: 'a 1.0',
      address: '127.0.0.1:5000',
      reason: 'It gave wrong data three times.',
      at: '2026-11-21T00:00:00.000Z',
      infoHash,
    },
  ]);
  strike('a');
  expect(bans.list).toHaveLength(1);
});

test('a web seed is banned by its URL', () => {
  for (let n = 0; n < 3; n++) strike('https://seed.test/', null, 'webseed');
  expect(bans.isBanned('https://seed.test/')).toBe(true);
  expect(bans.list[0]).toMatchObject({ id: 'https://seed.test/', kind: 'webseed' });
});

test.each<[string, readonly string[], string, boolean]>([
  [
    'one liar bans itself, not its neighbours',
    ['a@192.0.2.1', 'a@192.0.2.1', 'a@192.0.2.1'],
    '192.0.2.1',
    false,
  ],
  [
    'three lies under three names ban a public address',
    ['a@9.9.9.9', 'b@9.9.9.9', 'c@9.9.9.9'],
    '9.9.9.9',
    true,
  ],
  ['whatever the port', ['a@9.9.9.9:1', 'b@9.9.9.9:2', 'b@9.9.9.9:3'], '9.9.9.9:4', true],
  [
    'a banned liar back under another name',
    ['a@9.9.9.9', 'a@9.9.9.9', 'a@9.9.9.9', 'b@9.9.9.9'],
    '9.9.9.9',
    true,
  ],
  ['two lies do not', ['a@9.9.9.9', 'b@9.9.9.9'], '9.9.9.9', false],
  ['one name alone does not', ['a@9.9.9.9', 'a@9.9.9.9', 'a@9.9.9.9'], '9.9.9.9', false],
  ['nor do different addresses', ['a@9.9.9.9', 'b@9.9.9.8', 'c@9.9.9.7'], '9.9.9.9', false],
  ['loopback is never banned', ['a@127.0.0.1', 'b@127.0.0.1', 'c@127.0.0.1'], '127.0.0.1', false],
  [
    'nor is a private network',
    ['a@192.168.1.5', 'b@192.168.1.5', 'c@192.168.1.5'],
    '192.168.1.5',
    false,
  ],
  ['nor a shared one', ['a@100.64.0.1', 'b@100.64.0.1', 'c@100.64.0.1'], '100.64.0.1', false],
  ['nor a name', ['a@x.local', 'b@x.local', 'c@x.local'], 'x.local', false],
  [
    'IPv6 by its 64 bits',
    ['a@2a00:1:2:3::1', 'b@[2a00:1:2:3::2]:9', 'c@2a00:1:2:3:4::'],
    '2a00:1:2:3:5::',
    true,
  ],
  [
    'and no further',
    ['a@2a00:1:2:3::1', 'b@2a00:1:2:3::2', 'c@2a00:1:2:3::3'],
    '2a00:1:2:4::1',
    false,
  ],
])('%s', (_, strikes, address, isBanned) => {
  strikeAll(...strikes);
  expect(bans.isBanned('a neighbour', address)).toBe(isBanned);
  expect(bans.isBanned('a neighbour', null)).toBe(false);
});

test('a lifted peer begins without a strike', () => {
  strikeAll('a', 'a', 'a');
  expect(bans.lift('a')).toBe(true);
  expect([bans.isBanned('a'), bans.strikesOf('a'), bans.list]).toEqual([false, 0, []]);
  expect(bans.lift('a')).toBe(false);
  strikeAll('a', 'a');
  expect(bans.isBanned('a')).toBe(false);
});

test('a lifted address begins anew, and who is banned by name there stays banned', () => {
  strikeAll('a@9.9.9.9', 'a@9.9.9.9', 'a@9.9.9.9', 'b@9.9.9.9');
  expect(bans.list.map(({ id, kind }) => [id, kind])).toEqual([
    ['a', 'peer'],
    ['9.9.9.9', 'address'],
  ]);
  expect(bans.lift('9.9.9.9')).toBe(true);
  expect([bans.isBanned('c', '9.9.9.9'), bans.isBanned('a')]).toEqual([false, true]);
  strikeAll('b@9.9.9.9');
  expect(bans.isBanned('c', '9.9.9.9')).toBe(false);
});

test('both tables are bounded, the oldest makes room', () => {
  for (let n = 0; n < 120; n++) strikeAll(`${n}`, `${n}`, `${n}`);
  expect(bans.list).toHaveLength(100);
  expect([bans.isBanned('19'), bans.isBanned('20')]).toEqual([false, true]);
  strike('first');
  for (let n = 0; n < 1_000; n++) strike(`one ${n}`);
  expect(bans.strikesOf('first')).toBe(0);
  // Bans do not need the record of strikes.
  expect(bans.isBanned('119')).toBe(true);
});

test('who listens is told of each ban, until it listens no more', () => {
  let told = 0;
  const stop = bans.onBanned(() => told++);
  strikeAll('a', 'a', 'a', 'a', 'b', 'b', 'b');
  expect(told).toBe(2);
  stop();
  strikeAll('c', 'c', 'c');
  expect(told).toBe(2);
});
