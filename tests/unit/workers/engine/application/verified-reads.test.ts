import { expect, test } from 'vitest';
import { pieceIndex } from '../../../../../workers/contract/ids.ts';
import { VerifiedReads } from '../../../../../workers/engine/application/verified-reads.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { readTorrentFile } from '../../../../../workers/engine/readers/torrent-file.ts';
import { FakeChunkStore, FakeStorage } from '../../../../support/fake-storage.ts';
import { hash, made } from './session-scene.ts';

const at = pieceIndex;

async function scene() {
  const read = await readTorrentFile(made.torrentBytes);
  if (!read.ok) throw new Error(read.error.message);
  const { meta } = read.value;
  const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
  const store = new FakeChunkStore(hash, map, new FakeStorage());
  const damaged: number[] = [];
  const reads = new VerifiedReads(store, meta, map, (index) => damaged.push(index));
  const piece = (index: number) =>
    new Uint8Array(made.content.subarray(index * 16_384, (index + 1) * 16_384));
  return { store, reads, damaged, piece };
}

test('a restored piece is hashed whole before its first read, and never again', async () => {
  const { store, reads, piece } = await scene();
  await store.write(2, piece(2));
  expect(await reads.read(at(2), 100, 50)).toEqual(piece(2).slice(100, 150));
  expect(store.reads).toEqual(['2+0:16384', '2+100:50']);
  await reads.read(at(2), 0, 10);
  expect(store.reads).toEqual(['2+0:16384', '2+100:50', '2+0:10']);
});

test('a piece that came from a peer is not hashed again', async () => {
  const { store, reads, piece } = await scene();
  await reads.write(at(1), piece(1));
  await reads.read(at(1), 0, 5);
  expect(store.reads).toEqual(['1+0:5']);
});

test('readers of the same piece wait for one hash', async () => {
  const { store, reads, piece } = await scene();
  await store.write(0, piece(0));
  await Promise.all([reads.read(at(0), 0, 1), reads.read(at(0), 1, 1), reads.verify(0)]);
  expect(store.reads.filter((read) => read === '0+0:16384')).toHaveLength(1);
});

test('nothing of a damaged piece is given; written anew it is', async () => {
  const { store, reads, damaged, piece } = await scene();
  const bad = piece(3);
  bad[9]! ^= 1;
  await store.write(3, bad);
  await expect(reads.read(at(3), 0, 1)).rejects.toMatchObject({ isMissing: true });
  expect(damaged).toEqual([3]);
  await reads.write(at(3), piece(3));
  expect(await reads.read(at(3), 0, 1)).toEqual(piece(3).slice(0, 1));
});

test('a missing piece is a damaged one; storage that fails says nothing of the piece', async () => {
  const { store, reads, damaged } = await scene();
  expect(await reads.verify(4)).toBe(false);
  store.readError = new Error('the disk is gone');
  await expect(reads.read(at(4), 0, 1)).rejects.toThrow('the disk is gone');
  expect(damaged).toEqual([]);
});

test('a check finds out that a piece seen good has gone bad since', async () => {
  const { store, reads, piece } = await scene();
  await reads.write(at(5), piece(5));
  await store.write(5, new Uint8Array(16_384));
  expect(await reads.verify(5)).toBe(false);
  await expect(reads.read(at(5), 0, 1)).rejects.toMatchObject({ isMissing: true });
});
