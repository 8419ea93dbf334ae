import { expect, it } from 'vitest';
import { planFolder } from '../../../../src/save/folder-plan.ts';
import { hashOf, makeFile } from '../../../support/fake-engine.ts';

const infoHash = hashOf('a');

/** A folder whose entries are `null` for a file and a folder else; a name ending in `.lnk` is refused, as Chromium does. */
class FakeFolder {
  readonly entries = new Map<string, FakeFolder | null>();

  async getDirectoryHandle(name: string, options?: { create: boolean }): Promise<FakeFolder> {
    if (this.entries.get(name) === null) throw new DOMException('a file', 'TypeMismatchError');
    if (!options?.create && !this.entries.has(name)) throw new DOMException('', 'NotFoundError');
    const folder = this.entries.get(name) ?? new FakeFolder();
    this.entries.set(name, folder);
    return folder;
  }

  async getFileHandle(name: string): Promise<object> {
    if (name.endsWith('.lnk')) throw new TypeError('Name is not allowed.');
    this.entries.set(name, null);
    return {};
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.entries.delete(name)) throw new DOMException('', 'NotFoundError');
  }

  /** Every path below, folders with a slash. */
  paths(prefix = ''): string[] {
    return [...this.entries].flatMap(([name, inner]) =>
      inner ? [`${prefix}${name}/`, ...inner.paths(`${prefix}${name}/`)] : [prefix + name],
    );
  }
}

async function make(disk: FakeFolder, paths: readonly string[], name = 'Torrent') {
  const files = paths.map((path, index) => makeFile(index, path, 10, 1));
  const parent = disk as unknown as FileSystemDirectoryHandle;
  const plan = await planFolder(parent, { infoHash, name }, files);
  for (const file of plan) await file.open();
  return plan;
}

it('recreates the tree in a folder of its own', async () => {
  const disk = new FakeFolder();
  await make(disk, ['Show/a.mkv', 'Show/subs/en/a.srt']);
  expect(disk.paths()).toEqual([
    'Show/',
    'Show/a.mkv',
    'Show/subs/',
    'Show/subs/en/',
    'Show/subs/en/a.srt',
  ]);
});

it('makes a folder from the torrent’s name when the files have none around them', async () => {
  const disk = new FakeFolder();
  await make(disk, ['a', 'b/c'], 'Tor: rent.');
  expect(disk.paths()).toEqual(['Tor_ rent/', 'Tor_ rent/a', 'Tor_ rent/b/', 'Tor_ rent/b/c']);
});

it('touches nothing that was there: a taken name gets a number', async () => {
  const disk = new FakeFolder();
  await make(disk, ['Show/a']);
  disk.entries.set('Show (2)', null);
  await make(disk, ['Show/b']);
  expect(disk.paths()).toEqual(['Show/', 'Show/a', 'Show (2)', 'Show (3)/', 'Show (3)/b']);
});

it('has names that any system takes, also where the browser refuses one', async () => {
  const disk = new FakeFolder();
  const plan = await make(disk, ['Show/../x', 'Show/aux.txt', 'Show/trap.lnk']);
  const paths = ['Show/', 'Show/_/', 'Show/_/x', 'Show/_aux.txt', 'Show/trap.lnk_'];
  expect(disk.paths()).toEqual(paths);
  // What is given up is taken away under the name it got.
  await plan[2]!.discard();
  expect(disk.paths()).toEqual(paths.slice(0, -1));
});

it('goes on in the same folder when it is tried again', async () => {
  const disk = new FakeFolder();
  const plan = await make(disk, ['Show/a']);
  await plan[0]!.open();
  expect(disk.paths()).toEqual(['Show/', 'Show/a']);
});
