/** What every store of descriptions must do, whatever keeps them. */
import { describe, expect, it } from 'vitest';
import type { MetadataStore, StoredMetadata } from '../../workers/engine/model/metadata-store.ts';
import { hashOf } from '../support/catalogue-records.ts';

const NOW_MS = Date.UTC(2026, 10, 20);

export function storedMetadata(n: number, lengthBytes: number, usedAtMs = NOW_MS): StoredMetadata {
  return { infoHash: hashOf(n), usedAtMs, lengthBytes };
}

/** `create` makes a store in which nothing is yet. */
export function metadataSuite(kind: string, create: () => MetadataStore): void {
  describe(`descriptions of torrents: ${kind}`, () => {
    it('has nothing to tell while nothing is saved', async () => {
      const store = create();
      expect(await store.list()).toEqual([]);
      expect(await store.load(storedMetadata(1, 3))).toBeNull();
    });

    it('lists what it keeps, and gives its bytes', async () => {
      const store = create();
      const [one, two] = [storedMetadata(1, 3), storedMetadata(2, 1, NOW_MS + 5)];
      await store.save(one, Uint8Array.of(1, 2, 3));
      await store.save(two, Uint8Array.of(9));
      const listed = await store.list();
      expect(listed).toHaveLength(2);
      expect(listed).toEqual(expect.arrayContaining([one, two]));
      expect(await store.load(one)).toEqual(Uint8Array.of(1, 2, 3));
      expect(await store.load(two)).toEqual(Uint8Array.of(9));
    });

    it('keeps bytes as they were when they were handed in', async () => {
      const store = create();
      const bytes = Uint8Array.of(1, 2, 3);
      const saving = store.save(storedMetadata(1, 3), bytes);
      bytes.fill(0);
      await saving;
      expect(await store.load(storedMetadata(1, 3))).toEqual(Uint8Array.of(1, 2, 3));
    });

    it('forgets what is removed and nothing else, and removes what is not there without a word', async () => {
      const store = create();
      const [early, late] = [storedMetadata(1, 1), storedMetadata(1, 1, NOW_MS + 1)];
      await store.save(early, Uint8Array.of(1));
      await store.save(late, Uint8Array.of(1));
      await store.remove([early, storedMetadata(3, 1)]);
      expect(await store.list()).toEqual([late]);
      expect(await store.load(early)).toBeNull();
    });
  });
}
