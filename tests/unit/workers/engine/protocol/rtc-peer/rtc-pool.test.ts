import { afterEach, beforeEach, expect, test } from 'vitest';
import { PUMP_CREDIT_BYTES } from '../../../../../../workers/contract/rtc.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { FakeRtcHost } from '../../../../../support/fake-rtc-host.ts';

let host: FakeRtcHost;
beforeEach(() => {
  host = new FakeRtcHost();
});
afterEach(() => host.close());

const counts = () => [host.pool.open, host.pool.pending, host.pool.free];

test('an offer carries the configuration and resolves with its description', async () => {
  host.pool.config = { stunServers: ['stun:stun.test'] };
  const described = await host.pool.offer();
  expect(described?.sdp).toBe('sdp of 1');
  expect(host.commands).toEqual([
    { kind: 'offer', id: 1, config: { stunServers: ['stun:stun.test'] } },
  ]);
  described!.accept('their answer');
  await settled();
  expect(host.commands.at(-1)).toEqual({ kind: 'accept', id: 1, sdp: 'their answer' });
});

test('an answer is made from the remote offer', async () => {
  const described = await host.pool.answer('their offer');
  expect(described?.sdp).toBe('sdp of 1');
  expect(host.commands[0]).toMatchObject({ kind: 'answer', id: 1, sdp: 'their offer' });
});

test('connections count as pending until they open, and against the budget until they are released', async () => {
  host.pool.budget = 3;
  const [first] = await Promise.all([host.pool.offer(), host.pool.offer()]);
  expect(counts()).toEqual([0, 2, 1]);
  await host.say({ kind: 'pump-open', id: 1 });
  expect(counts()).toEqual([1, 1, 1]);
  first!.connection.destroy();
  await settled();
  expect(counts()).toEqual([0, 1, 2]);
});

test('over budget nothing is asked of the page', async () => {
  host.pool.budget = 1;
  await host.pool.offer();
  expect(await host.pool.offer()).toBeNull();
  expect(await host.pool.answer('their offer')).toBeNull();
  expect(host.commands).toHaveLength(1);
});

test('over budget whoever can spare a connection gives it up for the new one', async () => {
  host.pool.budget = 2;
  const spare = [await host.pool.offer(), await host.pool.offer()];
  host.pool.onCrowded = () => spare.shift()?.connection.destroy();
  expect((await host.pool.offer())?.sdp).toBe('sdp of 3');
  await settled();
  expect(counts()).toEqual([0, 2, 0]);
  expect(host.ids('close')).toEqual([1]);
});

test('a budget that shrinks below what is open leaves nothing free and closes nothing', async () => {
  await Promise.all([host.pool.offer(), host.pool.offer()]);
  host.pool.budget = 1;
  await settled();
  expect(counts()).toEqual([0, 2, 0]);
  expect(host.ids('close')).toEqual([]);
});

test('a connection that the browser refuses resolves to null and frees its place', async () => {
  host.isPrompt = false;
  const offer = host.pool.offer();
  await host.say({ kind: 'closed', id: 1, reason: 'Cannot create so many PeerConnections' });
  expect(await offer).toBeNull();
  expect(counts()).toEqual([0, 0, 60]);
});

test('a released connection is closed on the page', async () => {
  const described = await host.pool.offer();
  described!.connection.destroy();
  await settled();
  expect(host.ids('close')).toEqual([1]);
});

test('a pumped connection passes bytes both ways with credits', async () => {
  const { connection } = (await host.pool.offer())!;
  const received: Uint8Array[] = [];
  connection.on('data', (bytes: Uint8Array) => received.push(bytes));
  await host.say({ kind: 'pump-open', id: 1 });
  await host.say({ kind: 'pump-data', id: 1, bytes: Uint8Array.of(1, 2).buffer });
  expect(received).toEqual([Uint8Array.of(1, 2)]);

  connection.write(new Uint8Array(PUMP_CREDIT_BYTES + 10));
  await settled();
  const sentBytes = () =>
    host.commands.reduce((n, c) => n + (c.kind === 'pump-send' ? c.bytes.byteLength : 0), 0);
  expect(sentBytes()).toBe(PUMP_CREDIT_BYTES);
  await host.say({ kind: 'pump-drained', id: 1, bytes: 65_536 });
  expect(sentBytes()).toBe(PUMP_CREDIT_BYTES + 10);
});

test('a connection that the page closes ends', async () => {
  const { connection } = (await host.pool.offer())!;
  await host.say({ kind: 'pump-open', id: 1 });
  await host.say({ kind: 'closed', id: 1, reason: 'gone' });
  expect(connection.destroyed).toBe(true);
  expect(counts()).toEqual([0, 0, 60]);
});

test('what the page says of unknown or released connections is ignored', async () => {
  const described = await host.pool.offer();
  described!.connection.destroy();
  await settled();
  for (const id of [1, 99]) {
    await host.say({ kind: 'sdp', id, type: 'offer', sdp: 'late' });
    await host.say({ kind: 'pump-open', id });
    await host.say({ kind: 'pump-data', id, bytes: new ArrayBuffer(1) });
    await host.say({ kind: 'pump-drained', id, bytes: 1 });
    await host.say({ kind: 'closed', id, reason: 'late' });
  }
  expect(counts()).toEqual([0, 0, 60]);
  const next = await host.pool.offer();
  expect(next?.sdp).toBe('sdp of 2');
});

test('a channel for a connection that is gone is closed', () => {
  let isClosed = false;
  const channel = { close: () => (isClosed = true) };
  // A real port cannot carry a channel in Node, so the event is handed over directly.
  const data = { kind: 'channel', id: 99, channel };
  host.pool.port.onmessage!({ data } as MessageEvent);
  expect(isClosed).toBe(true);
});
