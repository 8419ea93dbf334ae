import Wire from 'bittorrent-protocol';
import { expect, test } from 'vitest';
import {
  requestFor,
  takeBlocks,
} from '../../../../../../workers/engine/protocol/webtorrent/take-block.ts';

const BLOCK = 16_384;

/** A wire that asked for three blocks, and what became of it. */
function asking() {
  const wire = new Wire();
  wire.on('data', () => undefined);
  const told: string[] = [];
  takeBlocks(wire, (lengthBytes) =>
    told.push(`counted ${lengthBytes}, ${wire.downloaded} in all, ${wire.requests.length} left`),
  );
  const ask = (offset: number) =>
    wire.request(0, offset, BLOCK, (error, bytes) =>
      told.push(`${offset}: ${error?.message ?? bytes?.length}, ${wire.requests.length} left`),
    );
  wire._onMessage(Uint8Array.of(1));
  for (const offset of [0, BLOCK, 2 * BLOCK]) ask(offset);
  const give = (offset: number, lengthBytes = BLOCK) =>
    wire._onPiece(0, offset, new Uint8Array(lengthBytes));
  const left = () => wire.requests.map(({ offset }) => offset);
  return { wire, told, ask, give, left };
}

test('who asked has the block, then it is counted; the others keep their order', () => {
  const { told, give, left } = asking();
  give(BLOCK);
  expect(told).toEqual([`${BLOCK}: ${BLOCK}, 2 left`, `counted ${BLOCK}, ${BLOCK} in all, 2 left`]);
  expect(left()).toEqual([0, 2 * BLOCK]);
  give(0);
  expect(left()).toEqual([2 * BLOCK]);
});

test.each<[string, number, number]>([
  ['that it did not ask for', 3 * BLOCK, BLOCK],
  ['of another length', 0, BLOCK - 1],
])('a block %s reaches nobody and is not counted', (_, offset, lengthBytes) => {
  const { wire, told, give, left } = asking();
  give(offset, lengthBytes);
  expect([told, wire.downloaded, left().length]).toEqual([[], 0, 3]);
});

test('a block is taken once, and again when it was asked for again', () => {
  const { wire, told, ask, give } = asking();
  give(0);
  give(0);
  expect(told).toHaveLength(2);
  ask(0);
  give(0);
  expect(told).toHaveLength(4);
  expect(wire.downloaded).toBe(2 * BLOCK);
});

test('where a block is asked for', () => {
  const { wire } = asking();
  expect(requestFor(wire, 0, 2 * BLOCK, BLOCK)).toBe(2);
  expect(requestFor(wire, 1, 0, BLOCK)).toBe(-1);
  expect(requestFor(wire, 0, 0, BLOCK - 1)).toBe(-1);
});
