import { expect, test } from 'vitest';
import { selectedAddress } from '../../../../src/engine/selected-address.ts';

interface Facts {
  readonly remote?: object;
  readonly stats?: readonly object[];
}

function connection({ remote, stats = [] }: Facts): RTCPeerConnection {
  const iceTransport = remote ? { getSelectedCandidatePair: () => ({ remote }) } : {};
  return {
    sctp: { transport: { iceTransport } },
    getStats: async () => new Map(stats.map((entry, index) => [`${index}`, entry])),
  } as unknown as RTCPeerConnection;
}

const candidate = { type: 'remote-candidate', id: 'R', address: '192.0.2.9', port: 9 };
const told = { address: '192.0.2.9', port: 9 };

test.each<[string, Facts, object]>([
  ['the transport’s pair', { remote: { address: '192.0.2.9', port: 9 } }, told],
  [
    'an IPv6 address',
    { remote: { address: '2001:db8::1', port: 9 } },
    { address: '2001:db8::1', port: 9 },
  ],
  [
    'no port',
    { remote: { address: '192.0.2.9', port: null } },
    { address: '192.0.2.9', port: null },
  ],
  ['a made-up name', { remote: { address: 'a1b2.local', port: 9 } }, { address: null, port: null }],
  ['an address held back', { remote: { address: '', port: 9 } }, { address: null, port: null }],
  [
    'the pair that the transport’s statistics name',
    {
      stats: [
        { type: 'candidate-pair', id: 'P1', selected: true, remoteCandidateId: 'other' },
        { type: 'candidate-pair', id: 'P2', remoteCandidateId: 'R' },
        candidate,
        { type: 'transport', selectedCandidatePairId: 'P2' },
      ],
    },
    told,
  ],
  [
    'the pair that says it is selected',
    {
      stats: [
        { type: 'candidate-pair', id: 'P1', remoteCandidateId: 'other' },
        { type: 'candidate-pair', id: 'P2', selected: true, remoteCandidateId: 'R' },
        candidate,
      ],
    },
    told,
  ],
  ['no statistics', {}, { address: null, port: null }],
])('the address comes from %s', async (_, facts, expected) => {
  expect(await selectedAddress(connection(facts))).toEqual(expected);
});

test('a browser that refuses to tell is taken to tell nothing', async () => {
  const refusing = { getStats: () => Promise.reject(new Error('closed')) };
  const nothing = { address: null, port: null };
  expect(await selectedAddress(refusing as unknown as RTCPeerConnection)).toEqual(nothing);
});
