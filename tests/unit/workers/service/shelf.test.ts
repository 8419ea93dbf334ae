import { describe, expect, it } from 'vitest';
import type { ShelfRecord } from '../../../../workers/contract/shelf.ts';
import {
  readFinishedFile,
  readShelf,
  toShelfRecord,
  type Shelf,
} from '../../../../workers/service/shelf.ts';
import {
  clipOf,
  extentFile,
  HASH,
  pattern,
  folderOver,
  rootOver,
  shelve,
  unreadable,
  WRITTEN_MS,
  type FakeFiles,
} from './fakes.ts';

const bytes = pattern(10_000);

function shelfOver(files: FakeFiles, record: ShelfRecord): Shelf {
  return { ...record, folder: folderOver(files, `torrents/${HASH}/`) };
}

async function bytesOf(blob: Blob | null): Promise<number[] | null> {
  return blob && [...new Uint8Array(await blob.arrayBuffer())];
}

describe('reading the record', () => {
  it('returns what the engine wrote', async () => {
    const { files, record } = shelve(bytes);
    expect(await readShelf(rootOver(files), HASH)).toMatchObject(record);
  });

  it('returns null for a torrent that is not there', async () => {
    expect(await readShelf(rootOver(new Map()), HASH)).toBeNull();
  });

  it('returns null where the file system is refused', async () => {
    const refused = () => Promise.reject(new DOMException('no', 'SecurityError'));
    expect(await readShelf(refused, HASH)).toBeNull();
  });

  it('returns null for a file that was half written', async () => {
    const { files } = shelve(bytes);
    files.set(`torrents/${HASH}/shelf.json`, new Blob(['{"version":2,"inf']));
    expect(await readShelf(rootOver(files), HASH)).toBeNull();
  });

  const { record } = shelve(bytes);
  it.each([
    ['the first version, which has no stamps', { ...record, version: 1, extents: undefined }],
    ['a later version', { ...record, version: 3 }],
    ['an extent without its time', { ...record, extents: [{ extent: 0, sizeBytes: 4096 }] }],
    ['another torrent', { ...record, infoHash: 'f'.repeat(40) }],
    ['no extent length', { ...record, extentLengthBytes: 0 }],
    [
      'a negative offset',
      { ...record, files: [{ path: 'a', lengthBytes: 1, offsetBytes: -1, isFinished: true }] },
    ],
    [
      'a file outside',
      { ...record, files: [{ path: 'a', lengthBytes: 2, offsetBytes: 9_999, isFinished: true }] },
    ],
    [
      'a file that is neither',
      { ...record, files: [{ path: 'a', lengthBytes: 2, offsetBytes: 0 }] },
    ],
    ['nothing', null],
    ['text', 'shelf'],
  ])('refuses a record with %s', (_, value) => {
    expect(toShelfRecord(value, HASH)).toBeNull();
  });
});

describe('reading a finished file', () => {
  it.each([
    [0, 10_000],
    [0, 1],
    [4095, 4097],
    [4096, 8192],
    [9_999, 10_000],
  ])('stitches bytes %i to %i', async (start, end) => {
    const { files, record } = shelve(bytes);
    const blob = await readFinishedFile(shelfOver(files, record), 0, start, end);
    expect(await bytesOf(blob)).toEqual([...bytes.slice(start, end)]);
  });

  it('counts from the offset of the file', async () => {
    const { files, record } = shelve(bytes, {
      files: [{ path: 'b', lengthBytes: 100, offsetBytes: 4090, isFinished: true }],
    });
    const blob = await readFinishedFile(shelfOver(files, record), 0, 3, 20);
    expect(await bytesOf(blob)).toEqual([...bytes.slice(4093, 4110)]);
  });

  it('reads an empty file whatever the record says of it', async () => {
    const { files, record } = shelve(bytes, {
      files: [clipOf(0, false)],
    });
    expect((await readFinishedFile(shelfOver(files, record), 0, 0, 0))?.size).toBe(0);
  });

  it('returns null for a file that is not finished', async () => {
    const { files, record } = shelve(bytes, { files: [clipOf(10_000, false)] });
    expect(await readFinishedFile(shelfOver(files, record), 0, 0, 10)).toBeNull();
  });

  it('returns null for an index that is not there', async () => {
    const { files, record } = shelve(bytes);
    expect(await readFinishedFile(shelfOver(files, record), 1, 0, 10)).toBeNull();
  });

  it('returns null when an extent is gone after the site data was cleared', async () => {
    const { files, record } = shelve(bytes);
    files.delete(`torrents/${HASH}/1`);
    expect(await readFinishedFile(shelfOver(files, record), 0, 0, 10_000)).toBeNull();
  });

  it.each([
    ['shorter', extentFile(bytes.slice(0, 10))],
    ['longer', extentFile(pattern(4097))],
    ['of the same size and written later', extentFile(pattern(4096), WRITTEN_MS + 1)],
    ['of the same size and written earlier', extentFile(pattern(4096), WRITTEN_MS - 1)],
  ])('returns null when an extent is %s than the record says', async (_, extent) => {
    const { files, record } = shelve(bytes);
    files.set(`torrents/${HASH}/1`, extent);
    expect(await readFinishedFile(shelfOver(files, record), 0, 0, 10_000)).toBeNull();
  });

  it('reads past an extent that was touched and holds none of the bytes asked for', async () => {
    const { files, record } = shelve(bytes);
    files.set(`torrents/${HASH}/1`, extentFile(pattern(4096), WRITTEN_MS + 1));
    expect((await readFinishedFile(shelfOver(files, record), 0, 0, 4096))?.size).toBe(4096);
  });

  it('returns null when the record has no stamp for an extent', async () => {
    const { files, record } = shelve(bytes);
    const extents = record.extents.filter(({ extent }) => extent !== 1);
    const unstamped = { ...record, extents };
    expect(await readFinishedFile(shelfOver(files, unstamped), 0, 0, 10_000)).toBeNull();
  });

  it('returns null when an extent is written to in this moment', async () => {
    const { files, record } = shelve(bytes);
    files.set(`torrents/${HASH}/0`, unreadable());
    expect(await readFinishedFile(shelfOver(files, record), 0, 0, 10)).toBeNull();
  });
});
