import { expect, test } from 'vitest';
import { toRtcCommand, toRtcEvent } from '../../../../workers/contract/rtc.ts';

const turn = { urls: ['turn:a.test'], username: 'me', credential: 'secret' };
const config = { iceServers: [{ urls: ['stun:a.test'] }, turn], relayOnly: false };
const bytes = new ArrayBuffer(4);

test.each([
  { kind: 'offer', id: 1, config },
  { kind: 'answer', id: 1, config, sdp: 'v=0' },
  { kind: 'accept', id: 1, sdp: 'v=0' },
  { kind: 'close', id: 1 },
  { kind: 'pump-send', id: 1, bytes },
])('a command $kind passes as it is, and nothing beside it does', (command) => {
  expect(toRtcCommand({ ...command, more: 'than asked' })).toEqual(command);
});

test.each([
  { kind: 'sdp', id: 1, type: 'offer', sdp: 'v=0' },
  { kind: 'channel', id: 1, channel: {} },
  { kind: 'pump-open', id: 1 },
  { kind: 'pump-data', id: 1, bytes },
  { kind: 'pump-drained', id: 1, bytes: 10 },
  { kind: 'connected', id: 1, address: '192.0.2.1', port: 5 },
  { kind: 'connected', id: 1, address: null, port: null },
  { kind: 'disconnected', id: 1 },
  { kind: 'closed', id: 1, failure: 'checks-failed', reason: 'gone' },
])('an event $kind passes as it is, and nothing beside it does', (event) => {
  expect(toRtcEvent({ ...event, more: 'than said' })).toEqual(event);
});

test.each([
  undefined,
  null,
  'offer',
  [],
  {},
  { kind: 'offer' },
  { kind: 'offer', id: '1', config },
  { kind: 'offer', id: 1.5, config },
  { kind: 'offer', id: 1 },
  { kind: 'offer', id: 1, config: { iceServers: [] } },
  { kind: 'offer', id: 1, config: { iceServers: 'stun:a.test', relayOnly: false } },
  { kind: 'offer', id: 1, config: { iceServers: [1], relayOnly: false } },
  { kind: 'offer', id: 1, config: { iceServers: [{ urls: 'stun:a.test' }], relayOnly: false } },
  { kind: 'offer', id: 1, config: { iceServers: [{ ...turn, credential: 1 }], relayOnly: true } },
  { kind: 'offer', id: 1, config: { iceServers: [], relayOnly: 'yes' } },
  { kind: 'connected', id: 1, address: 7, port: null },
  { kind: 'connected', id: 1, address: null, port: '7' },
  { kind: 'closed', id: 1, reason: 'gone' },
  { kind: 'closed', id: 1, failure: 'bored', reason: 'gone' },
  { kind: 'answer', id: 1, config },
  { kind: 'accept', id: 1, sdp: 7 },
  { kind: 'pump-send', id: 1, bytes: [1, 2] },
  { kind: 'pump-drained', id: 1, bytes: '10' },
  { kind: 'sdp', id: 1, type: 'rollback', sdp: 'v=0' },
  { kind: 'channel', id: 1, channel: null },
  { kind: 'something-else', id: 1, sdp: 'v=0', config, bytes },
])('%j is neither command nor event', (data) => {
  expect(toRtcCommand(data)).toBeNull();
  expect(toRtcEvent(data)).toBeNull();
});
