/** The Storage port over each backend; what its stores do is in chunk-stores.test.ts. */
import { afterAll, describe, expect, it } from 'vitest';
import { pieceIndex, type InfoHash } from '../../../../../workers/contract/ids.ts';
import type { ShelfRecord } from '../../../../../workers/contract/shelf.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { readBrowserQuota } from '../../../../../workers/engine/storage/browser-quota.ts';
import { probeOpfs } from '../../../../../workers/engine/storage/opfs/probe-opfs.ts';
import {
  MISSING,
  UNAVAILABLE,
  freshHash,
  pieceBytes,
} from '../../../../suites/chunk-store-harness.ts';
import type { Kind } from './storage.worker.ts';
import { StorageWorker, listOpfs, readOpfs, toSpec, writeOpfs } from './storage-worker.ts';

const worker = new StorageWorker();
afterAll(() => worker.kill());

const at = pieceIndex;
const map = new PieceMap(1050, 100, 400);
const shelf = (infoHash: InfoHash, isFinished: boolean): ShelfRecord => ({
  version: 2,
  infoHash,
  name: 'A film',
  lengthBytes: map.lengthBytes,
  extentLengthBytes: map.extentLengthBytes,
  files: [{ path: 'film.mp4', lengthBytes: 1050, offsetBytes: 0, isFinished }],
  extents: [{ extent: 0, sizeBytes: 400, modifiedMs: 1 }],
});
const readShelf = async (infoHash: InfoHash): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode((await readOpfs(`torrents/${infoHash}/shelf.json`))!));
const extentsOf = async (kind: Kind, infoHash: InfoHash, only?: readonly number[]) => {
  const stamps = await worker.call('extentStamps', kind, infoHash, toSpec(map), only);
  return [...stamps.values()].map(({ extent, sizeBytes }) => [extent, sizeBytes]).sort();
};

const KINDS = ['opfs', 'indexeddb', 'memory'] as const;
const REASONS = { opfs: undefined, indexeddb: 'no files here', memory: 'nothing is kept here' };

describe.each(KINDS)('storage on %s', (kind) => {
  const open = (infoHash: InfoHash) => worker.open(kind, 'queued', infoHash, map);

  it('opens a torrent once at a time', async () => {
    const infoHash = freshHash();
    const store = await open(infoHash);
    await expect(open(infoHash)).rejects.toThrow('open already');
    await store.close();
    const again = await open(infoHash);
    await again.destroy();
    await (await open(infoHash)).close();
  });

  it('deletes a torrent that is open, was closed, or is not there', async () => {
    const [opened, closed, unknown] = [freshHash(), freshHash(), freshHash()];
    const [store, other] = [await open(opened), await open(closed)];
    for (const each of [store, other]) await each.write(at(5), pieceBytes(map, 5));
    await other.close();
    for (const infoHash of [opened, closed, unknown]) {
      await worker.call('deleteTorrent', kind, infoHash);
      expect(await extentsOf(kind, infoHash)).toEqual([]);
    }
    await expect(store.write(at(1), pieceBytes(map, 1))).rejects.toMatchObject(UNAVAILABLE);
  });

  it('keeps what is written after a deletion that was asked for before', async () => {
    const infoHash = freshHash();
    const old = await open(infoHash);
    await old.write(at(4), pieceBytes(map, 4));
    const deleting = worker.call('deleteTorrent', kind, infoHash);
    const store = await open(infoHash);
    await store.write(at(1), pieceBytes(map, 1));
    await deleting;
    expect(await store.read(at(1), 0, 100)).toEqual(pieceBytes(map, 1));
    await expect(store.read(at(4), 0, 100)).rejects.toMatchObject(MISSING);
    await store.destroy();
  });

  it('describes itself, and says why it is this backend', async () => {
    const { backend, reason, usedBytes, quotaBytes, persisted } = await worker.call(
      'describe',
      kind,
    );
    expect([backend, reason]).toEqual([kind, REASONS[kind]]);
    expect(usedBytes).toBeGreaterThanOrEqual(0);
    expect(quotaBytes).toBeGreaterThan(usedBytes);
    expect(typeof persisted).toBe('boolean');
  });

  it('says that nothing is stored where nothing is', async () => {
    expect(await extentsOf(kind, freshHash())).toEqual([]);
    expect(await extentsOf(kind, freshHash(), [0, 7])).toEqual([]);
  });

  it('takes a shelf, whether anybody can read it or not', async () => {
    const infoHash = freshHash();
    await expect(worker.call('saveShelf', kind, shelf(infoHash, true))).resolves.toBeUndefined();
    await worker.call('deleteTorrent', kind, infoHash);
  });
});

describe('storage on the origin-private file system', () => {
  it('writes the shelf beside the extents, and replaces it in one step', async () => {
    const infoHash = freshHash();
    const store = await worker.open('opfs', 'queued', infoHash, map);
    await store.write(at(0), pieceBytes(map, 0));
    await worker.call('saveShelf', 'opfs', shelf(infoHash, true));
    expect(await readShelf(infoHash)).toEqual(shelf(infoHash, true));
    await worker.call('saveShelf', 'opfs', shelf(infoHash, false));
    expect(await readShelf(infoHash)).toEqual(shelf(infoHash, false));
    expect(await listOpfs(`torrents/${infoHash}`)).toEqual(['0', 'shelf.json']);
    await worker.call('deleteTorrent', 'opfs', infoHash);
    expect(await listOpfs('torrents')).not.toContain(infoHash);
  });

  it('counts only extents when it tells their sizes', async () => {
    const infoHash = freshHash();
    for (const name of ['0', '12', '007', 'shelf.json', '3x', '-1']) {
      await writeOpfs(`torrents/${infoHash}/${name}`, new Uint8Array(name.length));
    }
    expect(await extentsOf('opfs', infoHash)).toEqual([
      [0, 1],
      [12, 2],
    ]);
    await worker.call('deleteTorrent', 'opfs', infoHash);
    expect(await extentsOf('opfs', infoHash)).toEqual([]);
  });
});

describe('what the browser says of its storage', () => {
  it('is nothing where it refuses to say', async () => {
    const { estimate, persisted } = navigator.storage;
    const refuse = () => Promise.reject(new DOMException('no', 'SecurityError'));
    Object.assign(navigator.storage, { estimate: refuse, persisted: refuse });
    try {
      expect(await readBrowserQuota()).toEqual({ usedBytes: 0, quotaBytes: 0, persisted: false });
    } finally {
      Object.assign(navigator.storage, { estimate, persisted });
    }
  });
});

describe('the probe', () => {
  it('finds sync access handles in a worker and leaves nothing behind', async () => {
    const results = await Promise.all([worker.call('probeOpfs'), worker.call('probeOpfs')]);
    expect(results).toEqual([
      { ok: true, value: null },
      { ok: true, value: null },
    ]);
    expect(await listOpfs('')).not.toContain('rill-probe');
  });

  it('says why where there are no sync access handles: in a page', async () => {
    const result = await probeOpfs(() => navigator.storage.getDirectory());
    expect(result).toMatchObject({ ok: false, error: { kind: 'storage-unavailable' } });
    expect(await listOpfs('')).not.toContain('rill-probe');
  });

  it('says why where there is no such file system: in a private window', async () => {
    const refuse = () => Promise.reject(new DOMException('private', 'SecurityError'));
    expect(await probeOpfs(refuse)).toMatchObject({
      error: { kind: 'storage-unavailable', message: expect.stringContaining('private windows') },
    });
  });
});
