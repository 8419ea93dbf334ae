import { createStore, entries, set } from 'idb-keyval';
import { expect, test } from 'vitest';
import { IdbMetadata } from '../../../../../../workers/engine/storage/catalogue/idb-metadata.ts';
import { metadataSuite, storedMetadata } from '../../../../../suites/metadata-suite.ts';

let count = 0;
const prefixOf = () => `rill-test-${Date.now()}-${++count}`;

metadataSuite('IndexedDB', () => new IdbMetadata(prefixOf()));

test('it is there again after a reload, without the rest of the buffer it was in', async () => {
  const prefix = prefixOf();
  const stored = storedMetadata(1, 10);
  await new IdbMetadata(prefix).save(stored, new Uint8Array(1000).subarray(10, 20));
  const again = new IdbMetadata(prefix);
  expect(await again.list()).toEqual([stored]);
  expect((await again.load(stored))!.buffer.byteLength).toBe(10);
});

test('what nobody reads is deleted, and a value that is no bytes is nothing', async () => {
  const prefix = prefixOf();
  const store = new IdbMetadata(prefix);
  const stored = storedMetadata(1, 1);
  await store.save(stored, Uint8Array.of(1));
  const raw = createStore(`${prefix}-metadata`, 'metadata');
  const [[key]] = (await entries(raw)) as [[string, unknown]];
  await set(key, 'text', raw);
  await set('strange', 1, raw);
  expect(await store.list()).toEqual([stored]);
  expect((await entries(raw)).map(([kept]) => kept)).toEqual([key]);
  expect(await store.load(stored)).toBeNull();
});
