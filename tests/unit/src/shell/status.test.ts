import { expect, test } from 'vitest';
import { room } from '../../../../src/add/room.ts';
import { milestone } from '../../../../src/shell/announcer.svelte.ts';
import { storageStatus } from '../../../../src/shell/storage-status.ts';
import type { StorageSnapshot } from '../../../../workers/contract/snapshot.ts';
import { hashOf, makeSnapshot, makeTorrent } from '../../../support/fake-engine.ts';

const { backpressure } = makeSnapshot([]);
const storage: StorageSnapshot = {
  backend: 'opfs',
  usedBytes: 5e9,
  quotaBytes: 10e9,
  persisted: true,
};

test('the storage line says what is used and warns of what can be lost', () => {
  expect(storageStatus(storage, backpressure)).toMatchObject({
    fraction: 0.5,
    usedText: '5 GB used',
    freeText: '5 GB free',
    note: null,
  });
  const noteOf = (facts: Partial<StorageSnapshot>, isBackpressured = false) =>
    storageStatus({ ...storage, ...facts }, { ...backpressure, isBackpressured });
  expect(noteOf({ persisted: false }).note).toMatch(/may clear/);
  expect(noteOf({}, true).note).toMatch(/catching up/);
  expect(noteOf({ usedBytes: 9.8e9 })).toMatchObject({
    tone: 'warn',
    note: expect.stringMatching(/full/),
  });
  expect(noteOf({ backend: 'memory' })).toMatchObject({
    tone: 'warn',
    note: expect.stringMatching(/loses/),
  });
  expect(noteOf({ backend: 'indexeddb', persisted: false }).note).toMatch(/Slower/);
  expect(noteOf({ quotaBytes: 0 })).toMatchObject({ fraction: null, freeText: '' });
});

test('a choice that seems too big is said, and not refused', () => {
  expect(room(6e9, storage)).toMatchObject({ isTight: true });
  expect(room(1e9, storage)).toEqual({ isTight: false, text: '5 GB free' });
  expect(room(1, undefined)).toEqual({ isTight: false, text: '' });
});

test('a screen reader hears quarters, the end and trouble, and nothing between', () => {
  const at = (progress: number, facts = {}) =>
    makeTorrent({ infoHash: hashOf('1'), name: 'Clip', progress, ...facts });
  expect(milestone(undefined, at(0.3))).toBeNull();
  expect(milestone(at(0.1), at(0.2))).toBeNull();
  expect(milestone(at(0.2), at(0.6))).toBe('Clip: 50 percent.');
  expect(milestone(at(0.9), at(1))).toBe('Clip is complete.');
  expect(milestone(at(0.1), at(0.3, { isHeld: true }))).toBeNull();
  const health = {
    kind: 'storage',
    message: 'Storage is full.',
    since: '',
    evidence: [],
  } as const;
  expect(milestone(at(0.1), at(0.1, { state: 'failed', health }))).toBe('Clip: Storage is full.');
});
