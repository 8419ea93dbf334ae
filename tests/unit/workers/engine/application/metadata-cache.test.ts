import { expect, test } from 'vitest';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import { MetadataCache } from '../../../../../workers/engine/application/metadata-cache.ts';
import type { MetadataStore } from '../../../../../workers/engine/model/metadata-store.ts';
import type { TorrentMeta } from '../../../../../workers/engine/model/torrent-meta.ts';
import { readInfo } from '../../../../../workers/engine/readers/torrent-info.ts';
import { MemoryMetadata } from '../../../../../workers/engine/storage/catalogue/memory-metadata.ts';
import { fakeDeps, settled } from '../../../../support/fake-clock.ts';
import { makeTorrent } from '../../../../support/torrents.ts';

const MINUTE_MS = 60_000;

async function metaOf(name: string, pieces = 1): Promise<TorrentMeta> {
  const made = makeTorrent({ name, files: pieces * 16_384 });
  const read = await readInfo(made.infoBytes, made.infoHash as InfoHash);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

class Scene {
  readonly deps = fakeDeps();
  readonly library = new Set<InfoHash>();
  keptS = 1800;
  cache: MetadataCache;

  constructor(
    readonly store: MetadataStore = new MemoryMetadata(),
    readonly caps: { readonly memoryBytes?: number; readonly storedBytes?: number } = {},
  ) {
    this.cache = this.restart();
  }

  /** Another engine on the same store. */
  restart(): MetadataCache {
    this.cache = new MetadataCache({
      store: this.store,
      deps: this.deps,
      ...this.caps,
      keptS: () => this.keptS,
      isInLibrary: (infoHash) => this.library.has(infoHash),
    });
    return this.cache;
  }

  async stored(): Promise<InfoHash[]> {
    return (await this.store.list()).map(({ infoHash }) => infoHash);
  }
}

test('what was kept is given from memory, and counted; what was not is missed', async () => {
  const { cache } = new Scene();
  const [one, two] = [await metaOf('one'), await metaOf('two')];
  await cache.keep(one);
  expect(await cache.recall(one.infoHash)).toBe(one);
  expect(await cache.recall(two.infoHash)).toBeNull();
  expect(await cache.recall(one.infoHash)).toBe(one);
  expect(cache.counts).toEqual({ hits: 2, misses: 1, entries: 1 });
});

test('from memory it takes less than a millisecond, however large the torrent', async () => {
  const { cache } = new Scene();
  const meta = await metaOf('large', 2_000);
  await cache.keep(meta);
  const begin = performance.now();
  for (let n = 0; n < 1_000; n++) await cache.recall(meta.infoHash);
  expect((performance.now() - begin) / 1_000).toBeLessThan(1);
});

test('after a restart it is read back, hashed, and then in memory', async () => {
  const scene = new Scene();
  const meta = await metaOf('one');
  await scene.cache.keep(meta);
  const again = scene.restart();
  const recalled = await again.recall(meta.infoHash);
  expect(recalled).toEqual(meta);
  expect(await again.recall(meta.infoHash)).toBe(recalled);
});

test('what does not hash to its name any more is nothing, and is dropped', async () => {
  const scene = new Scene();
  const meta = await metaOf('one');
  await scene.cache.keep(meta);
  const [stored] = await scene.store.list();
  const damaged = meta.infoBytes.slice();
  damaged[damaged.length - 2]! ^= 1;
  await scene.store.save(stored!, damaged);
  const again = scene.restart();
  expect(await again.recall(meta.infoHash)).toBeNull();
  await settled();
  expect(await scene.stored()).toEqual([]);
  expect(again.counts).toEqual({ hits: 0, misses: 1, entries: 0 });
});

test('it is given until it was not used for the time that is set, and dropped within a minute then', async () => {
  const scene = new Scene();
  const meta = await metaOf('one');
  await scene.cache.keep(meta);
  scene.deps.clock.advance(29 * MINUTE_MS);
  // This is a use.
  expect(await scene.cache.recall(meta.infoHash)).toBe(meta);
  scene.deps.clock.advance(30 * MINUTE_MS - 1);
  expect(await scene.cache.recall(meta.infoHash)).toBe(meta);
  scene.keptS = 0;
  expect(await scene.cache.recall(meta.infoHash)).toBeNull();
  scene.keptS = 1800;
  scene.deps.clock.advance(31 * MINUTE_MS);
  await settled();
  expect(await scene.stored()).toEqual([]);
  expect(scene.cache.counts.entries).toBe(0);
});

test('what expired while no engine ran is dropped when the next one looks', async () => {
  const before = new Scene();
  await before.cache.keep(await metaOf('one'));
  before.deps.clock.advance(10);
  const two = await metaOf('two');
  await before.cache.keep(two);
  const scene = new Scene(before.store);
  scene.deps.clock.sleep(10 + 30 * MINUTE_MS - 5);
  expect(await scene.cache.recall(two.infoHash)).toEqual(two);
  scene.deps.clock.advance(MINUTE_MS);
  await settled();
  expect(await scene.stored()).toEqual([two.infoHash]);
});

test('a torrent of the library is not kept twice', async () => {
  const scene = new Scene();
  const meta = await metaOf('one');
  await scene.cache.keep(meta);
  scene.library.add(meta.infoHash);
  scene.deps.clock.advance(MINUTE_MS);
  await settled();
  expect(await scene.stored()).toEqual([]);
});

test('over the cap of memory the one used longest ago is read back from the store; over that of the store it is gone', async () => {
  const metas = await Promise.all(['a', 'b', 'c', 'd'].map((name) => metaOf(name)));
  const [a, b, c, d] = metas as [TorrentMeta, TorrentMeta, TorrentMeta, TorrentMeta];
  const { length } = a.infoBytes;
  const scene = new Scene(undefined, { memoryBytes: 2 * length, storedBytes: 3 * length });
  for (const meta of [a, b, c]) await scene.cache.keep(meta);
  // a went from memory, and this makes it the one used last.
  const back = await scene.cache.recall(a.infoHash);
  expect(back).not.toBe(a);
  expect(back).toEqual(a);
  await scene.cache.keep(d);
  await settled();
  expect(new Set(await scene.stored())).toEqual(new Set([a.infoHash, c.infoHash, d.infoHash]));
  expect(await scene.cache.recall(b.infoHash)).toBeNull();
  expect(await scene.cache.recall(d.infoHash)).toBe(d);
});

test('kept again, it is in the store once', async () => {
  const scene = new Scene();
  const meta = await metaOf('one');
  await scene.cache.keep(meta);
  scene.deps.clock.advance(1_000);
  await scene.cache.keep(meta);
  await settled();
  expect(await scene.stored()).toEqual([meta.infoHash]);
  expect((await scene.store.list())[0]!.usedAtMs).toBe(scene.deps.clock.now());
});

test('a store that fails is logged, and memory goes on', async () => {
  const broken: MetadataStore = {
    list: () => Promise.reject(new Error('no list')),
    load: () => Promise.reject(new Error('no load')),
    save: () => Promise.reject(new Error('no save')),
    remove: () => Promise.reject(new Error('no remove')),
  };
  const scene = new Scene(broken);
  const meta = await metaOf('one');
  await scene.cache.keep(meta);
  expect(await scene.cache.recall(meta.infoHash)).toBe(meta);
  expect(scene.deps.logged.length).toBeGreaterThan(0);
});

test('a store that never opens is not waited for', async () => {
  const hung: MetadataStore = {
    ...new MemoryMetadata(),
    list: () => new Promise(() => {}),
    load: async () => null,
    save: async () => {},
    remove: async () => {},
  };
  const scene = new Scene(hung);
  const meta = await metaOf('one');
  const recalled = scene.cache.recall(meta.infoHash);
  scene.deps.clock.advance(2_000);
  expect(await recalled).toBeNull();
});
