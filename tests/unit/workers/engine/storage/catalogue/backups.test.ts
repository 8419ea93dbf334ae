import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import type { TorrentRecord } from '../../../../../../workers/engine/model/catalogue.ts';
import type { BackupFiles } from '../../../../../../workers/engine/storage/catalogue/backup-files.ts';
import { toEntry } from '../../../../../../workers/engine/storage/catalogue/backup.ts';
import { Backups } from '../../../../../../workers/engine/storage/catalogue/backups.ts';
import { hashOf, torrentRecord } from '../../../../../support/catalogue-records.ts';

const AT = '2026-11-20T09:00:00.000Z';
const one = torrentRecord();
const two = torrentRecord({ infoHash: hashOf(2), infoBytes: Uint8Array.of(2) });

/** Files in memory that stop working after a number of changes, as in a crash, or refuse every write. */
class FakeFiles implements BackupFiles {
  readonly files = new Map<string, Uint8Array>();
  changesLeft = Infinity;
  isFull = false;
  writes = 0;

  async names() {
    return [...this.files.keys()];
  }
  async read(name: string) {
    return this.files.get(name) ?? null;
  }
  async write(name: string, bytes: Uint8Array) {
    this.#change();
    if (this.isFull) throw new DOMException('full', 'QuotaExceededError');
    this.writes++;
    this.files.set(name, new Uint8Array(bytes));
  }
  async remove(name: string) {
    this.#change();
    this.files.delete(name);
  }
  #change() {
    if (this.changesLeft-- <= 0) throw new Error('crashed');
  }
}

function setUp() {
  const files = new FakeFiles();
  const log = vi.fn();
  const keep = (torrents: readonly TorrentRecord[], backups = new Backups(files, log)) =>
    backups.keep(
      { at: AT, names: 'rill', settings: DEFAULT_SETTINGS, torrents: torrents.map(toEntry) },
      false,
      async (infoHash) => torrents.find((record) => record.infoHash === infoHash)!.infoBytes,
    );
  return { files, log, keep, reopen: () => new Backups(files, log) };
}

const named = async (backups: Backups) =>
  (await backups.newest())?.torrents.map(({ infoHash }) => infoHash) ?? null;

describe('a backup', () => {
  it('has the whole record, info bytes and all', async () => {
    const { keep, reopen } = setUp();
    await keep([one, two]);
    expect(await reopen().find(hashOf(2))).toEqual({ record: two, at: AT });
    expect(await reopen().find(hashOf(3))).toBeNull();
  });

  it('is looked for from the newest to the oldest', async () => {
    const { keep, reopen } = setUp();
    await keep([one]);
    await keep([{ ...one, files: [3] }, two]);
    await keep([two]);
    expect((await reopen().find(hashOf(1)))!.record.files).toEqual([3]);
  });

  it('is the same whatever the order of torrents and fields', async () => {
    const { keep, files } = setUp();
    await keep([one, two]);
    const { name, ...rest } = one;
    await keep([two, { ...rest, name }]);
    expect([...files.files.keys()].filter((file) => file.endsWith('.json'))).toEqual(['1.json']);
  });

  it('writes the info bytes of a torrent once', async () => {
    const { keep, files } = setUp();
    await keep([one]);
    await keep([{ ...one, files: [1] }]);
    expect(files.writes).toBe(3);
  });

  it('has a torrent without its info bytes where those are lost', async () => {
    const { keep, files, reopen } = setUp();
    await keep([one, two]);
    files.files.set(`${hashOf(1)}.info`, new Uint8Array());
    files.files.delete(`${hashOf(2)}.info`);
    for (const record of [one, two]) {
      const found = await reopen().find(record.infoHash);
      expect(found!.record).toEqual({ ...record, infoBytes: null });
    }
  });

  it('without the entries that cannot be read is still one', async () => {
    const { keep, files, reopen } = setUp();
    await keep([one, two]);
    const text = new TextDecoder().decode(files.files.get('1.json'));
    files.files.set('1.json', new TextEncoder().encode(text.replace('"version":5', '"version":7')));
    expect(await named(reopen())).toEqual([hashOf(2)]);
  });

  it('of a newer Rill is passed over', async () => {
    const { keep, files, reopen, log } = setUp();
    await keep([one]);
    await keep([one, two]);
    const text = new TextDecoder().decode(files.files.get('2.json'));
    const newer = text.replace('"rill-backup","version":1', '"rill-backup","version":2');
    files.files.set('2.json', new TextEncoder().encode(newer));
    expect(await named(reopen())).toEqual([hashOf(1)]);
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), '2.json');
  });
});

describe('a crash while a backup is written', () => {
  it('leaves the backup before or the new one, whole, wherever it falls', async () => {
    for (let changes = 0; changes < 12; changes++) {
      const { keep, files, reopen } = setUp();
      for (const file of [1, 2, 3, 4, 5]) await keep([{ ...one, files: [file] }]);
      files.changesLeft = changes;
      const isDone = await keep([two]).then(
        () => true,
        () => false,
      );
      files.changesLeft = Infinity;
      const newest = await named(reopen());
      expect(newest).toEqual(isDone || newest?.[0] === hashOf(2) ? [hashOf(2)] : [hashOf(1)]);
      const found = await reopen().find(newest![0]!);
      expect(found!.record.infoBytes).not.toBeNull();
      await keep([two, one]);
      expect(await named(reopen())).toEqual([hashOf(2), hashOf(1)]);
    }
  });
});

describe('a torrent that is struck', () => {
  it('is in no backup, and a crash on the way leaves backups that can be read', async () => {
    for (let changes = 0; changes <= 6; changes++) {
      const { keep, files, reopen } = setUp();
      for (const file of [1, 2, 3]) await keep([{ ...one, files: [file] }, two]);
      files.changesLeft = changes;
      const struck = reopen().strike(hashOf(1), false);
      if (changes < 4) await expect(struck).rejects.toThrow('crashed');
      else await struck;
      files.changesLeft = Infinity;
      await reopen().strike(hashOf(1), false);
      expect(await reopen().find(hashOf(1))).toBeNull();
      expect((await reopen().find(hashOf(2)))!.record).toEqual(two);
      expect(files.files.has(`${hashOf(1)}.info`)).toBe(false);
    }
  });

  it('takes with it the backups that cannot be rewritten or read', async () => {
    const { keep, files, reopen, log } = setUp();
    await keep([two]);
    await keep([one, two]);
    files.files.set('3.json', new Uint8Array(9));
    files.isFull = true;
    await reopen().strike(hashOf(1), false);
    expect(await files.names()).toEqual([`${hashOf(2)}.info`, '1.json']);
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), expect.any(DOMException));
  });

  it('gets into a backup again when it is added again', async () => {
    const { keep, reopen, files } = setUp();
    const backups = reopen();
    await keep([one], backups);
    await backups.strike(hashOf(1), false);
    await keep([one], backups);
    expect((await reopen().find(hashOf(1)))!.record).toEqual(one);
    expect(await files.names()).toContain('2.json');
  });
});
