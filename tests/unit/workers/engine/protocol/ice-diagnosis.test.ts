import { describe, expect, it, test } from 'vitest';
import type { IceServer } from '../../../../../workers/contract/rtc.ts';
import {
  candidateKinds,
  diagnoseIce,
  MIN_FAILURES,
  WINDOW,
  type Outcome,
} from '../../../../../workers/engine/protocol/ice-diagnosis.ts';

const STUN: IceServer = { urls: ['stun:stun.test'] };
const TURN: IceServer = { urls: ['turns:turn.test'], username: 'me', credential: 'secret' };
const HOST = { host: true, reflexive: false, relay: false };
const SEEN = { ...HOST, reflexive: true };
const RELAYED = { ...SEEN, relay: true };
const NOTHING = { host: false, reflexive: false, relay: false };

type Failed = Exclude<Outcome, { kind: 'connected' }>;
const fails = (kind: Failed['kind'], own: Failed['own'], count = MIN_FAILURES): Outcome[] =>
  Array.from({ length: count }, () => ({ kind, own }));

describe('what is said when nothing works', () => {
  it.each<[string, readonly Outcome[], readonly IceServer[], boolean, RegExp]>([
    ['only relays, none given', fails('no-relay', NOTHING), [TURN], true, /refuses the user name/],
    [
      'only relays, nothing through',
      fails('checks-failed', RELAYED),
      [TURN],
      true,
      /comes through/,
    ],
    ['only relays and no server', [], [STUN], true, /no TURN server is set/],
    ['no address at all', fails('no-candidates', NOTHING), [STUN], false, /WebRTC off/],
    ['too many', fails('too-many', NOTHING), [STUN], false, /closing other tabs/],
    ['bad servers', fails('bad-servers', NOTHING), [STUN], false, /does not take the addresses/],
    ['no DTLS', fails('dtls-failed', SEEN), [STUN], false, /encrypted connection/],
    ['no STUN set', fails('checks-failed', HOST), [], false, /No STUN server is set/],
    ['STUN set, none answers', fails('checks-failed', HOST), [STUN], false, /block UDP/],
    ['seen from outside', fails('checks-failed', SEEN), [STUN], false, /router or firewall/],
    ['nobody in time', fails('timed-out', SEEN), [STUN], false, /router or firewall/],
    ['TURN refuses', fails('checks-failed', SEEN), [STUN, TURN], false, /TURN server gives no/],
    ['not even by TURN', fails('checks-failed', RELAYED), [STUN, TURN], false, /Not even/],
  ])('%s', (_, outcomes, iceServers, relayOnly, expected) => {
    expect(diagnoseIce(outcomes, { iceServers, relayOnly })).toMatch(expected);
  });

  it('is what happened most; that nothing came back counts as that nothing got through', () => {
    const outcomes = [
      ...fails('checks-failed', SEEN, 2),
      ...fails('dtls-failed', SEEN, 3),
      ...fails('timed-out', SEEN, 2),
    ];
    const problem = diagnoseIce(outcomes, { iceServers: [STUN], relayOnly: false });
    expect(problem).toMatch(/^7 peers were tried and none could be reached\./);
  });
});

describe('nothing is said', () => {
  it.each<[string, readonly Outcome[]]>([
    ['before anything was tried', []],
    ['of a few failures', fails('checks-failed', SEEN, MIN_FAILURES - 1)],
    ['while one of them works', [{ kind: 'connected' }, ...fails('checks-failed', SEEN, 19)]],
    ['as soon as one works', [...fails('checks-failed', SEEN, 19), { kind: 'connected' }]],
  ])('%s', (_, outcomes) => {
    expect(diagnoseIce(outcomes, { iceServers: [STUN], relayOnly: false })).toBeNull();
  });
});

test('what worked long ago does not count any more', () => {
  const outcomes: Outcome[] = [{ kind: 'connected' }, ...fails('checks-failed', SEEN, WINDOW)];
  expect(diagnoseIce(outcomes, { iceServers: [STUN], relayOnly: false })).not.toBeNull();
});

test('the kinds of candidates are read from a description', () => {
  const line = (kind: string) =>
    `a=candidate:1 1 udp 2122260223 192.0.2.1 50000 typ ${kind} generation 0\r\n`;
  expect(candidateKinds('v=0\r\n')).toEqual(NOTHING);
  expect(candidateKinds(`v=0\r\n${line('host')}`)).toEqual(HOST);
  expect(candidateKinds(line('host') + line('srflx') + line('relay'))).toEqual(RELAYED);
  expect(candidateKinds('s=a=candidate: typ relay\r\n')).toEqual(NOTHING);
});
