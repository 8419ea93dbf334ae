import { afterEach, beforeEach, expect, test } from 'vitest';
import { fail, type RillError } from '../../../../../workers/contract/errors.ts';
import type { StreamEvent } from '../../../../../workers/contract/stream.ts';
import { StreamReader } from '../../../../../workers/engine/application/stream-reader.ts';
import { StorageError } from '../../../../../workers/engine/model/chunk-store.ts';
import { PieceMap, type PieceRange } from '../../../../../workers/engine/model/piece-map.ts';
import { PieceWaiters } from '../../../../../workers/engine/application/piece-waiters.ts';
import { settled } from '../../../../support/fake-clock.ts';
import { FakeChunkStore, FakeStorage } from '../../../../support/fake-storage.ts';
import { seededBytes } from '../../../../support/torrents.ts';
import { bitsOf, HASH, metaOf } from './meta-of.ts';

const MIB = 1024 * 1024;

/** A stream over pieces of 1 MiB (or less), of which the first are here. */
class Scene {
  readonly content: Uint8Array;
  readonly store: FakeChunkStore;
  readonly have;
  readonly waiters = new PieceWaiters();
  readonly hurries: (PieceRange | null)[] = [];
  readonly events: StreamEvent[] = [];
  readonly reader: StreamReader;
  readonly port: MessagePort;
  ends = 0;

  constructor(lengthBytes: number, here: number, start: number, end: number, pieceLength = MIB) {
    this.content = seededBytes(lengthBytes, 1);
    const map = new PieceMap(lengthBytes, pieceLength);
    this.store = new FakeChunkStore(HASH, map, new FakeStorage());
    this.have = bitsOf(map.pieceCount, []);
    for (let i = 0; i < here; i++) this.store_(i);
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.onmessage = ({ data }: MessageEvent<StreamEvent>) => this.events.push(data);
    const source = {
      plan: {
        meta: metaOf([{ lengthBytes }], pieceLength),
        map,
        store: this.store,
        have: this.have,
      },
      waitForPiece: (index: number, signal: AbortSignal) => this.waiters.wait(index, signal),
      hurry: (_reader: number, range: PieceRange | null) => this.hurries.push(range),
    };
    this.reader = new StreamReader(1, source, start, end, port2, () => this.ends++);
  }

  store_(index: number): void {
    const { map } = this.store;
    const start = map.pieceOffset(index);
    void this.store.write(index, this.content.slice(start, start + map.pieceLengthOf(index)));
    this.have.set(index);
  }

  arrive(index: number): Promise<void> {
    this.store_(index);
    this.waiters.arrived(index);
    return settled();
  }

  async say(kind: 'pull' | 'cancel'): Promise<StreamEvent | undefined> {
    this.port.postMessage({ kind });
    await settled();
    return this.events.at(-1);
  }

  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  get bytes(): Buffer {
    return Buffer.concat(
      this.events.map(
        (event) => new Uint8Array(event.kind === 'chunk' ? event.bytes : new ArrayBuffer(0)),
      ),
    );
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene(3 * MIB, 3, 100, 2 * MIB + 50);
});
afterEach(() => {
  scene.reader.close();
  scene.port.close();
});
function stream(...of: ConstructorParameters<typeof Scene>): Scene {
  scene.reader.close();
  scene.port.close();
  return (scene = new Scene(...of));
}

test('nothing is read or sent before it is pulled', async () => {
  await settled();
  expect(scene.store.reads).toEqual([]);
  expect(scene.events).toEqual([]);
});

test('each pull is one chunk of at most 256 KiB within one piece, then the end', async () => {
  while (scene.kinds.at(-1) !== 'end') await scene.say('pull');
  expect(Buffer.compare(scene.bytes, scene.content.subarray(100, 2 * MIB + 50))).toBe(0);
  expect(scene.kinds.filter((kind) => kind === 'chunk')).toHaveLength(9);
  expect(scene.store.reads.slice(3, 5)).toEqual([
    `0+${768 * 1024 + 100}:${256 * 1024 - 100}`,
    `1+0:${256 * 1024}`,
  ]);
  expect(scene.ends).toBe(1);
  expect(scene.hurries.at(-1)).toBeNull();
});

test('an empty range ends at the first pull', async () => {
  expect(await stream(10, 1, 4, 4).say('pull')).toEqual({ kind: 'end' });
});

test('a piece that is not here is waited for, and hurried with what follows it', async () => {
  stream(3 * MIB, 1, MIB + 10, 3 * MIB);
  await scene.say('pull');
  expect(scene.events).toEqual([]);
  expect(scene.hurries).toEqual([{ first: 1, last: 2 }]);
  await scene.arrive(2);
  expect(scene.events).toEqual([]);
  await scene.arrive(1);
  expect(Buffer.compare(scene.bytes, scene.content.subarray(MIB + 10, MIB + 10 + 256 * 1024))).toBe(
    0,
  );
});

test('the hurried window is 8 MiB long, slides with the reader, and begins at the first missing piece', async () => {
  stream(20 * MIB, 2, 0, 20 * MIB);
  for (let pull = 0; pull < 8; pull++) await scene.say('pull');
  const windows = scene.hurries.map((range) => `${range?.first}-${range?.last}`);
  expect(windows).toEqual(['2-7', '2-8', '2-8', '2-8', '2-8', '2-9', '2-9', '2-9']);
});

test('the window ends with the range', async () => {
  await stream(20 * MIB, 1, 0, 2 * MIB).say('pull');
  expect(scene.hurries).toEqual([{ first: 1, last: 1 }]);
});

test('when all of the window is here nothing is hurried', async () => {
  await scene.say('pull');
  expect(scene.hurries).toEqual([null]);
});

test.each(['before a pull', 'while waiting for a piece'])(
  'cancel %s ends the stream and its hurry',
  async (when) => {
    stream(2 * MIB, 0, 0, 2 * MIB);
    if (when !== 'before a pull') await scene.say('pull');
    await scene.say('cancel');
    await scene.arrive(0);
    await scene.say('pull');
    expect(scene.events).toEqual([]);
    expect(scene.store.reads).toEqual([]);
    expect(scene.hurries.at(-1)).toBeNull();
    expect(scene.ends).toBe(1);
  },
);

test.each<[string, RillError, () => Promise<unknown>]>([
  [
    'the piece will not come',
    fail('no-peers', 'paused').error,
    async () => {
      stream(MIB, 0, 0, MIB);
      await scene.say('pull');
      scene.waiters.failAll(fail('no-peers', 'paused').error);
      await settled();
    },
  ],
  [
    'storage fails',
    fail('storage-unavailable', 'gone').error,
    () => {
      scene.store.readError = new StorageError(
        fail('storage-unavailable', 'gone').error as StorageError['reason'],
      );
      return scene.say('pull');
    },
  ],
  [
    'something unforeseen happens',
    fail('unexpected', 'The stream failed inside Rill. Try to play it again.').error,
    () => {
      scene.store.readError = new TypeError('x is undefined');
      return scene.say('pull');
    },
  ],
])('the reader is told the reason when %s, and the stream is over', async (_, error, happen) => {
  await happen();
  expect(scene.events).toEqual([{ kind: 'error', error }]);
  expect(scene.ends).toBe(1);
});

test('a message that is no command is ignored', async () => {
  scene.port.postMessage(null);
  scene.port.postMessage({ kind: 'push' });
  await settled();
  expect(scene.events).toEqual([]);
  expect(await scene.say('pull')).toMatchObject({ kind: 'chunk' });
});
