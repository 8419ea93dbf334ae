/** ut_metadata between real wires: one that has only the info hash, and peers that know, lie, or say nothing. */
import type Wire from 'bittorrent-protocol';
import { expect, test } from 'vitest';
import { MetadataExchange } from '../../../../../../workers/engine/protocol/metadata-exchange.ts';
import {
  metadataExtension,
  type MetadataWire,
} from '../../../../../../workers/engine/protocol/webtorrent/metadata-extension.ts';
import { FakeClock, until } from '../../../../../support/fake-clock.ts';
import { seededBytes, sha1 } from '../../../../../support/torrents.ts';
import { connect, newWire } from './bare-torrent.ts';

const info = seededBytes(60 * 16_384 + 11, 1);
const infoHash = sha1(info).toString('hex');

class Magnet {
  readonly clock = new FakeClock();
  readonly learned: string[] = [];
  readonly liars: Wire[] = [];
  readonly exchange = new MetadataExchange<MetadataWire>({
    infoHash,
    clock: this.clock,
    onMetadata: (bytes) => this.learned.push(sha1(bytes).toString('hex')),
    onLiar: ({ wire }) => {
      this.liars.push(wire);
      wire.destroy();
    },
  });
  readonly #extension = metadataExtension({ infoBytes: null, exchange: this.exchange });
  #peers = 0;

  /** A peer that knows `bytes`, which `gives` says whether it gives. Returns our end of the wire, and what theirs has sent. */
  peer(bytes: Uint8Array, gives = true) {
    const [ours, theirs] = [newWire(), newWire()];
    ours.use(this.#extension);
    theirs.use(metadataExtension({ infoBytes: bytes, exchange: null }));
    let sentBytes = 0;
    const extended = theirs.extended.bind(theirs);
    theirs.extended = (name: string, message: Uint8Array) => {
      const isData = name === 'ut_metadata';
      if (isData) sentBytes += message.length;
      if (gives || !isData) extended(name, message);
    };
    connect(ours, theirs);
    for (const wire of [ours, theirs]) {
      wire.handshake(infoHash, String(++this.#peers).padStart(40, '0'), { fast: true });
    }
    return { ours, sentBytes: () => sentBytes };
  }

  /** Time goes by until the metadata is there. */
  async learn(): Promise<void> {
    await until(() => {
      this.clock.advance(100);
      return this.learned.length > 0;
    }, 'the metadata');
    expect(this.learned).toEqual([infoHash]);
  }
}

test('four peers send it together, about once', async () => {
  const magnet = new Magnet();
  const peers = Array.from({ length: 4 }, () => magnet.peer(info));
  await magnet.learn();
  const sent = peers.map(({ sentBytes }) => sentBytes());
  expect(sent.reduce((sum, bytes) => sum + bytes)).toBeLessThan(1.1 * info.length);
  expect(Math.max(...sent)).toBeLessThan(0.5 * info.length);
  expect(magnet.liars).toEqual([]);
});

test('three honest, two liars of the same size, one that gives nothing: it comes, and the liars alone are blamed', async () => {
  const magnet = new Magnet();
  const silent = magnet.peer(info, false);
  const liars = [
    magnet.peer(seededBytes(info.length, 2)),
    magnet.peer(seededBytes(info.length, 3)),
  ];
  const honest = Array.from({ length: 3 }, () => magnet.peer(info));
  await magnet.learn();
  expect(new Set(magnet.liars)).toEqual(new Set(liars.map(({ ours }) => ours)));
  for (const { ours } of [silent, ...honest]) expect(ours.destroying).toBe(false);
});

test('a liar of another size harms nobody', async () => {
  const magnet = new Magnet();
  const liar = magnet.peer(seededBytes(100, 2));
  magnet.peer(info);
  await magnet.learn();
  expect(magnet.liars).toEqual([liar.ours]);
});
