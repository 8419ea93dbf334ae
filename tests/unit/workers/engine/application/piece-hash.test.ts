import { expect, test } from 'vitest';
import { isPieceIntact } from '../../../../../workers/engine/application/piece-hash.ts';
import type { ChunkStore } from '../../../../../workers/engine/model/chunk-store.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { readTorrentFile } from '../../../../../workers/engine/readers/torrent-file.ts';
import { FakeChunkStore, FakeStorage } from '../../../../support/fake-storage.ts';
import { hash, made } from './session-scene.ts';

async function scene() {
  const read = await readTorrentFile(made.torrentBytes);
  if (!read.ok) throw new Error(read.error.message);
  const { meta } = read.value;
  const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
  const piece = (index: number) =>
    new Uint8Array(made.content.subarray(index * 16_384, (index + 1) * 16_384));
  return { meta, map, piece };
}

/** Reads into the buffer it is given, and remembers which those were. */
class IntoStore implements Pick<ChunkStore, 'read'> {
  readonly buffers: ArrayBuffer[] = [];
  constructor(readonly piece: (index: number) => Uint8Array<ArrayBuffer>) {}

  async read(index: number, _offset: number, length: number, into?: Uint8Array<ArrayBuffer>) {
    if (!into) throw new Error('no buffer was given');
    this.buffers.push(into.buffer);
    into.set(this.piece(index));
    return into.subarray(0, length);
  }
}

test('pieces hashed one after the other are read into one buffer', async () => {
  const { meta, map, piece } = await scene();
  const store = new IntoStore(piece);
  for (let i = 0; i < 3; i++) {
    expect(await isPieceIntact(store, meta, map, i)).toBe(true);
  }
  expect(new Set(store.buffers).size).toBe(1);
});

test('what an earlier piece left in the buffer does not make a later one right', async () => {
  const { meta, map, piece } = await scene();
  const store = new IntoStore((index) => piece(index === 1 ? 0 : index));
  expect(await isPieceIntact(store, meta, map, 0)).toBe(true);
  expect(await isPieceIntact(store, meta, map, 1)).toBe(false);
});

test('a store that answers with a buffer of its own is hashed all the same', async () => {
  const { meta, map, piece } = await scene();
  const store = new FakeChunkStore(hash, map, new FakeStorage());
  await store.write(2, piece(2));
  expect(await isPieceIntact(store, meta, map, 2)).toBe(true);
});
