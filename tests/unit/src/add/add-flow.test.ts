import { beforeEach, describe, expect, test } from 'vitest';
import { ok } from '../../../../workers/contract/errors.ts';
import { AddFlow, type AddState } from '../../../../src/add/add-flow.svelte.ts';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { FakeEngine, hashOf, makeFile, makeTorrent } from '../../../support/fake-engine.ts';

const infoHash = hashOf('9');
const whole = makeTorrent({
  infoHash,
  name: 'Whole',
  files: [makeFile(0, 'a.mp4', 10), makeFile(1, 'b.mp4', 20)],
});
const unknown = makeTorrent({ infoHash, state: 'metadata', lengthBytes: 0, files: [] });

let engine: FakeEngine;
let flow: AddFlow;
let added: string[];
let timers: (() => void)[];

beforeEach(() => {
  engine = new FakeEngine();
  engine.onAdd = () => ok(whole);
  added = [];
  timers = [];
  flow = new AddFlow({
    engine: new EngineClient(engine.connect),
    onAdded: (hash, _, isNew) => added.push(`${hash}:${isNew ? 'new' : 'known'}`),
    onWatch: (hash, fileIndex) => added.push(`${hash}:watch:${fileIndex}`),
    fetchSample: async () => ok(new Uint8Array([1])),
    later: (_, callback) => {
      timers.push(callback);
      return () => {};
    },
  });
});

function stateAs<K extends AddState['kind']>(kind: K): Extract<AddState, { kind: K }> {
  expect(flow.state.kind).toBe(kind);
  return flow.state as Extract<AddState, { kind: K }>;
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('what starts traffic', () => {
  test('a link only offers', () => {
    flow.offer({ text: 'magnet:?x' });
    expect(stateAs('asking')).toMatchObject({ text: 'magnet:?x', isFromLink: true });
    expect(engine.calls).toEqual([]);
  });

  test('a paste looks inside, and downloads nothing before it is confirmed', async () => {
    await flow.lookInsideText('  magnet:?x ');
    expect([...stateAs('choosing').selected]).toEqual([0, 1]);
    expect(engine.calls).toEqual(['add:magnet:?x']);
  });
});

test('confirming everything asks for all files', async () => {
  await flow.lookInsideText('magnet:?x');
  await flow.confirm();
  expect(engine.calls.at(-1)).toBe(`start:${infoHash}:all`);
  expect(added).toEqual([`${infoHash}:new`]);
  stateAs('closed');
});

test('watching asks for what plays alone, and says that it is not to be kept', async () => {
  await flow.lookInsideText('magnet:?x');
  expect(flow.fileToWatch).toBe(0);
  flow.setSelected([0], false);
  await flow.watch();
  expect(engine.calls.at(-1)).toBe(`start:${infoHash}:1:unkept`);
  expect(added).toEqual([`${infoHash}:watch:1`]);
  stateAs('closed');
});

test('where nothing that is chosen plays, there is nothing to watch', async () => {
  await flow.lookInsideText('magnet:?x');
  flow.setSelected([0, 1], false);
  expect(flow.fileToWatch).toBeNull();
  await flow.watch();
  stateAs('choosing');
});

test('confirming a part asks for that part, and nothing cannot be confirmed', async () => {
  await flow.lookInsideText('magnet:?x');
  flow.setSelected([0, 1], false);
  await flow.confirm();
  stateAs('choosing');
  flow.setSelected([1], true);
  await flow.confirm();
  expect(engine.calls.at(-1)).toBe(`start:${infoHash}:1`);
});

describe('a link that names files (BEP 53)', () => {
  const [a, b] = whole.files;
  beforeEach(() => {
    engine.onAdd = () => ok({ ...whole, files: [a!, { ...b!, selected: false }] });
  });

  test('has those chosen, and they alone are asked for', async () => {
    await flow.lookInsideText('magnet:?x&so=0');
    expect([...stateAs('choosing').selected]).toEqual([0]);
    await flow.confirm();
    expect(engine.calls.at(-1)).toBe(`start:${infoHash}:0`);
  });

  test('is no more than a proposal: who chooses all of them gets all', async () => {
    await flow.lookInsideText('magnet:?x&so=0');
    flow.setSelected([1], true);
    await flow.confirm();
    expect(engine.calls.at(-1)).toBe(`start:${infoHash}:0,1`);
  });
});

test('cancelling forgets what was only looked at', async () => {
  await flow.lookInsideText('magnet:?x');
  flow.cancel();
  await settle();
  expect(engine.calls.at(-1)).toBe(`remove:${infoHash}:delete`);
});

test('a magnet waits for its file list, and says so when nobody answers', async () => {
  engine.onAdd = () => ok(unknown);
  await flow.lookInsideText('magnet:?x');
  expect(stateAs('looking')).toMatchObject({ infoHash, isSlow: false });
  for (const run of timers) run();
  expect(stateAs('looking').isSlow).toBe(true);
  engine.put({ ...whole, isHeld: true });
  await settle();
  stateAs('choosing');
});

test('what an engine that was started anew does not know any more is looked for again', async () => {
  engine.onAdd = () => ok(unknown);
  await flow.lookInsideText('magnet:?x');
  engine.publish();
  engine.forget(infoHash);
  expect(stateAs('looking')).toMatchObject({ infoHash: null, isSlow: false });
  await settle();
  expect(stateAs('looking')).toMatchObject({ infoHash });
  engine.put({ ...whole, isHeld: true });
  await settle();
  stateAs('choosing');
  expect(engine.calls).toEqual(['add:magnet:?x', 'add:magnet:?x']);
});

test('who cancels while it is looked for again leaves nothing behind', async () => {
  engine.onAdd = () => ok(unknown);
  await flow.lookInsideText('magnet:?x');
  engine.publish();
  engine.forget(infoHash);
  flow.cancel();
  await settle();
  stateAs('closed');
  expect(engine.calls.at(-1)).toBe(`remove:${infoHash}:delete`);
});

test.each([
  ['downloaded', () => flow.confirm(), 'all'],
  ['watched', () => flow.watch(), '0:unkept'],
])('what was chosen before the engine was started anew is %s all the same', async (_, go, as) => {
  await flow.lookInsideText('magnet:?x');
  engine.forget(infoHash);
  stateAs('choosing');
  await go();
  stateAs('closed');
  expect(engine.calls.slice(-2)).toEqual(['add:magnet:?x', `start:${infoHash}:${as}`]);
  expect(added).toHaveLength(1);
});

test('what cannot be added again says why, and what was chosen stays', async () => {
  await flow.lookInsideText('magnet:?x');
  engine.forget(infoHash);
  engine.onAdd = new FakeEngine().onAdd;
  await flow.confirm();
  expect(stateAs('choosing')).toMatchObject({ isStarting: false, error: { kind: 'bad-request' } });
});

test('cancelling while the engine still thinks leaves nothing behind', async () => {
  const { add } = engine.remote;
  Object.assign(engine.remote, {
    add: (...args: Parameters<typeof add>) => {
      flow.cancel();
      return add(...args);
    },
  });
  const looking = flow.lookInsideText('magnet:?x');
  await looking;
  await settle();
  stateAs('closed');
  expect(engine.calls).toEqual(['add:magnet:?x', `remove:${infoHash}:delete`]);
});

test('what is in the library already is only shown', async () => {
  engine.put(whole);
  await flow.lookInsideText('magnet:?x');
  expect(added).toEqual([`${infoHash}:known`]);
  flow.cancel();
  expect(engine.calls.some((call) => call.startsWith('remove'))).toBe(false);
});

test('what nobody could tell is offered again, with the reason, and may be tried at once', async () => {
  engine.onAdd = () => ok(unknown);
  await flow.lookInsideText('magnet:?x');
  stateAs('looking');
  const cooling = {
    infoHash,
    name: 'A film',
    reason: 'no-peers',
    retryAfterS: 300,
    attempts: 1,
    since: '2026-11-20T10:00:00.000Z',
  } as const;
  engine.facts = { cooling: [cooling] };
  engine.forget(infoHash);
  expect(stateAs('asking')).toMatchObject({
    text: 'magnet:?x',
    error: { message: expect.stringMatching(/^Nobody was found.*Look inside/) },
  });
  engine.facts = {};
  engine.onAdd = () => ok(whole);
  await flow.lookInsideText('magnet:?x');
  stateAs('choosing');
});

test('a refused text stays, with the reason', async () => {
  engine.onAdd = new FakeEngine().onAdd;
  await flow.lookInsideText('nonsense');
  expect(stateAs('asking')).toMatchObject({ text: 'nonsense', error: { kind: 'bad-request' } });
});

test('files wait in line', async () => {
  const files = [new File(['1'], 'a.torrent'), new File(['2'], 'b.torrent')];
  await flow.lookInsideFiles(files);
  expect(flow.waitingCount).toBe(1);
  await flow.confirm();
  expect(flow.waitingCount).toBe(0);
  await settle();
  expect(engine.calls.filter((call) => call === 'add:file')).toHaveLength(2);
});

test('a file too large to be a .torrent is not read', async () => {
  const file = { size: 10_000_001, name: 'film.mkv' } as File;
  await flow.lookInsideFiles([file]);
  expect(stateAs('asking').error?.kind).toBe('too-large');
});
