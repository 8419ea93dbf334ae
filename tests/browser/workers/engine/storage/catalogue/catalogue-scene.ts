/** A catalogue in real databases and a real folder that no other test uses, and ways to get behind its back. */
import { createStore, entries, type UseStore } from 'idb-keyval';
import { vi } from 'vitest';
import {
  IdbCatalogue,
  type IdbCatalogueDeps,
} from '../../../../../../workers/engine/storage/catalogue/catalogue-idb.ts';
import { FakeClock } from '../../../../../support/fake-clock.ts';
import { listOpfs, readOpfs, writeOpfs } from '../storage-worker.ts';

let scenes = 0;

export function setUp(change: Partial<IdbCatalogueDeps> = {}) {
  const prefix = `rill-test-${Date.now()}-${++scenes}`;
  const log = vi.fn();
  const clock = new FakeClock();
  const openRoot = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle(prefix, { create: true });
  const reopen = (again: Partial<IdbCatalogueDeps> = {}) =>
    new IdbCatalogue({ log, clock, openRoot, ...change, ...again }, prefix);
  /** The store of one kind, behind the catalogue's back; `names` of the second set end in 2. */
  const raw = (kind: string, names = prefix): UseStore => createStore(`${names}-${kind}`, kind);
  return {
    prefix,
    log,
    clock,
    catalogue: reopen(),
    /** The same databases and files after a reload. */
    reopen,
    raw,
    keysOf: async (kind: string, names = prefix) =>
      (await entries<string, unknown>(raw(kind, names))).map(([key]) => key),
    listBackups: () => listOpfs(`${prefix}/backups`),
    readBackup: async (name: string) =>
      JSON.parse(new TextDecoder().decode((await readOpfs(`${prefix}/backups/${name}`))!)),
    writeFile: (path: string, bytes: Uint8Array<ArrayBuffer>) =>
      writeOpfs(`${prefix}/${path}`, bytes),
  };
}

/** A store of a damaged database: it fails every open. */
export const BROKEN: UseStore = () =>
  Promise.reject(new DOMException('Internal error opening backing store.', 'UnknownError'));
