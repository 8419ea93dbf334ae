import { expect, test } from 'vitest';
import {
  METADATA_PIECE_BYTES as PIECE,
  type MetadataCollection,
} from '../../../../../workers/engine/protocol/metadata-collection.ts';
import { MetadataGroup, TURN_MS } from '../../../../../workers/engine/protocol/metadata-group.ts';

const NOW = 1_000_000;
const GOOD = 1;
const BAD = 2;

/** A group of four pieces whose peers fill what they send with one byte. */
class Scene {
  readonly group = new MetadataGroup<string>(4 * PIECE);
  nowMs = NOW;

  constructor(...peers: readonly string[]) {
    for (const peer of peers) this.group.join(peer);
  }

  /** Those named answer what they are asked for until there is nothing to ask. Returns what became complete. */
  play(bytes: Readonly<Record<string, number>>): MetadataCollection<string>[] {
    const complete: MetadataCollection<string>[] = [];
    for (let asks = this.group.next(this.nowMs); asks.length; asks = this.group.next(this.nowMs)) {
      for (const { peer, piece } of asks) {
        const byte = bytes[peer];
        if (byte === undefined) continue;
        const into = this.group.put(peer, piece, new Uint8Array(PIECE).fill(byte), this.nowMs);
        if (into?.isComplete) complete.push(into);
      }
    }
    return complete;
  }
}

const right = new Uint8Array(4 * PIECE).fill(GOOD);

test('what all sent together and is right makes nobody a liar', () => {
  const scene = new Scene('a', 'b');
  const [whole] = scene.play({ a: GOOD, b: GOOD });
  expect(whole!.assemble()).toEqual(right);
  expect([...whole!.contributors]).toEqual(['a', 'b']);
  expect(scene.group.liars(right)).toEqual([]);
});

test('what one sent by itself is its lie, and the others begin anew', () => {
  const scene = new Scene('a');
  const [wrong] = scene.play({ a: BAD });
  scene.group.join('b');
  expect(scene.group.failed(wrong!)).toEqual(['a']);
  scene.group.leave('a');
  const [whole] = scene.play({ b: GOOD });
  expect(whole!.assemble()).toEqual(right);
});

test('after a lie among several each sends the whole, and who lied is known', () => {
  const scene = new Scene('a', 'b', 'c');
  const [wrong] = scene.play({ a: GOOD, b: BAD, c: GOOD });
  expect(scene.group.failed(wrong!)).toEqual([]);
  const wholes = scene.play({ a: GOOD, b: BAD, c: GOOD });
  expect(wholes.map((whole) => [...whole.contributors])).toEqual([['a'], ['b']]);
  expect(scene.group.failed(wholes[1]!)).toEqual(['b']);
  expect(scene.group.liars(right)).toEqual(['b']);
});

test('who gave nothing of what came out wrong is asked first', () => {
  const scene = new Scene('a', 'b');
  const [wrong] = scene.play({ a: GOOD, b: BAD });
  scene.group.join('late');
  scene.group.failed(wrong!);
  const asked = new Set(scene.group.next(NOW).map(({ peer }) => peer));
  expect([...asked]).toEqual(['late', 'a']);
});

test('alone, who is silent gives its turn to another, and has it again when the others are silent too', () => {
  const scene = new Scene('a', 'b', 'c', 'd');
  const [wrong] = scene.play({ a: GOOD, b: BAD, c: GOOD, d: GOOD });
  scene.group.failed(wrong!);
  const turns = () => [...new Set(scene.group.next(scene.nowMs).map(({ peer }) => peer))];
  expect(turns()).toEqual(['a', 'b']);
  scene.nowMs += TURN_MS - 1;
  expect(turns()).toEqual([]);
  scene.nowMs += 1;
  expect(turns()).toEqual(['c', 'd']);
  scene.nowMs += TURN_MS;
  expect(turns()).toEqual(['a', 'b']);
});

test('it holds three times its size at most', () => {
  const peers = Array.from({ length: 20 }, (_, i) => `peer ${i}`);
  const scene = new Scene(...peers);
  const bytes = Object.fromEntries(peers.map((peer, i) => [peer, i]));
  const [wrong] = scene.play(bytes);
  scene.group.failed(wrong!);
  for (let round = 0; round < 10; round++) {
    scene.play(bytes);
    expect(scene.group.heldBytes).toBeLessThanOrEqual(3 * 4 * PIECE);
    scene.nowMs += TURN_MS;
  }
});

test('the liars are named although they went', () => {
  const scene = new Scene('a', 'b');
  const [wrong] = scene.play({ a: GOOD, b: BAD });
  scene.group.failed(wrong!);
  scene.group.leave('b');
  scene.play({ a: GOOD });
  expect(scene.group.liars(right)).toEqual(['b']);
  expect(scene.group.liars(right.subarray(1))).toEqual([]);
});
