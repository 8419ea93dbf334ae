import { afterAll, describe, expect, it } from 'vitest';
import { pieceIndex, type InfoHash } from '../../../../../workers/contract/ids.ts';
import type { ShelfRecord } from '../../../../../workers/contract/shelf.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { readBrowserQuota } from '../../../../../workers/engine/storage/browser-quota.ts';
import { probeOpfs } from '../../../../../workers/engine/storage/opfs/probe-opfs.ts';
import { freshHash, pieceBytes } from '../../../../suites/chunk-store-suite.ts';
import { StorageWorker, listOpfs, readOpfs, writeOpfs } from './storage-worker.ts';

const worker = new StorageWorker();
afterAll(() => worker.kill());

const at = pieceIndex;
const map = new PieceMap(1050, 100, 400);
const shelf = (infoHash: InfoHash, isFinished: boolean): ShelfRecord => ({
  version: 1,
  infoHash,
  name: 'A film',
  lengthBytes: map.lengthBytes,
  extentLengthBytes: map.extentLengthBytes,
  files: [{ path: 'film.mp4', lengthBytes: 1050, offsetBytes: 0, isFinished }],
});
const readShelf = async (infoHash: InfoHash): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode((await readOpfs(`torrents/${infoHash}/shelf.json`))!));

describe('storage on the origin-private file system', () => {
  it('opens a torrent once at a time', async () => {
    const infoHash = freshHash();
    const store = await worker.open('openQueued', infoHash, map);
    await expect(worker.open('openQueued', infoHash, map)).rejects.toThrow('open already');
    await store.close();
    const again = await worker.open('openQueued', infoHash, map);
    await again.destroy();
    await (await worker.open('openQueued', infoHash, map)).close();
  });

  it('writes the shelf beside the extents, and replaces it in one step', async () => {
    const infoHash = freshHash();
    const store = await worker.open('openQueued', infoHash, map);
    await store.write(at(0), pieceBytes(map, 0));
    await worker.call('saveShelf', shelf(infoHash, true));
    expect(await readShelf(infoHash)).toEqual(shelf(infoHash, true));
    await worker.call('saveShelf', shelf(infoHash, false));
    expect(await readShelf(infoHash)).toEqual(shelf(infoHash, false));
    expect(await listOpfs(`torrents/${infoHash}`)).toEqual(['0', 'shelf.json']);
    await worker.call('deleteTorrent', infoHash);
  });

  it('counts only extents when it tells their sizes', async () => {
    const infoHash = freshHash();
    for (const name of ['0', '12', '007', 'shelf.json', '3x', '-1']) {
      await writeOpfs(`torrents/${infoHash}/${name}`, new Uint8Array(name.length));
    }
    expect(await worker.call('extentSizes', infoHash)).toEqual(
      new Map([
        [0, 1],
        [12, 2],
      ]),
    );
    await worker.call('deleteTorrent', infoHash);
    expect(await worker.call('extentSizes', infoHash)).toEqual(new Map());
  });

  it('deletes a torrent that is open, was never opened, or is not there', async () => {
    const [open, stored, unknown] = [freshHash(), freshHash(), freshHash()];
    const store = await worker.open('openQueued', open, map);
    await store.write(at(0), pieceBytes(map, 0));
    await writeOpfs(`torrents/${stored}/5`, new Uint8Array(9));
    for (const infoHash of [open, stored, unknown]) await worker.call('deleteTorrent', infoHash);
    const left = await listOpfs('torrents');
    for (const infoHash of [open, stored, unknown]) expect(left).not.toContain(infoHash);
    await expect(store.write(at(1), pieceBytes(map, 1))).rejects.toMatchObject({
      reason: { kind: 'storage-unavailable' },
    });
  });

  it('keeps what is written after a deletion that was asked for before', async () => {
    const infoHash = freshHash();
    const old = await worker.open('openQueued', infoHash, map);
    await old.write(at(0), pieceBytes(map, 0));
    const deleting = worker.call('deleteTorrent', infoHash);
    const store = await worker.open('openQueued', infoHash, map);
    await store.write(at(1), pieceBytes(map, 1));
    await deleting;
    expect(await store.read(at(1), 0, 100)).toEqual(pieceBytes(map, 1));
    expect(await store.read(at(0), 0, 100)).toEqual(new Uint8Array(100));
    await store.destroy();
  });

  it('describes itself, also where the browser says nothing', async () => {
    const { backend, usedBytes, quotaBytes, persisted } = await worker.call('describe');
    expect(backend).toBe('opfs');
    expect(usedBytes).toBeGreaterThanOrEqual(0);
    expect(quotaBytes).toBeGreaterThan(usedBytes);
    expect(typeof persisted).toBe('boolean');
  });

  it('describes itself as knowing nothing where the browser refuses', async () => {
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
    const results = await Promise.all([worker.call('probe'), worker.call('probe')]);
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
