import { expect, test } from 'vitest';
import {
  metadataKey,
  readMetadataKey,
} from '../../../../../../workers/engine/storage/catalogue/metadata-key.ts';
import { storedMetadata } from '../../../../../suites/metadata-suite.ts';

test('a key says what it was made of', () => {
  const stored = storedMetadata(7, 12_345);
  expect(readMetadataKey(metadataKey(stored))).toEqual(stored);
});

test.each([
  ['a number', 5],
  ['another text', 'settings'],
  ['no length', `${'a'.repeat(40)}/5`],
  ['a hash that is none', `${'A'.repeat(40)}/5/5`],
  ['a length past all lengths', `${'a'.repeat(40)}/5/1000000000`],
  ['more than a key', `${'a'.repeat(40)}/5/5/5`],
])('%s is none', (_, key) => {
  expect(readMetadataKey(key)).toBeNull();
});
