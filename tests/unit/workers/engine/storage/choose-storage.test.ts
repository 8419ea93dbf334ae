import { describe, expect, it, vi } from 'vitest';
import { fail, ok } from '../../../../../workers/contract/errors.ts';
import type { StorageBackend } from '../../../../../workers/engine/storage/backend.ts';
import { chooseStorage } from '../../../../../workers/engine/storage/choose-storage.ts';
import { MemoryBackend } from '../../../../../workers/engine/storage/memory/memory-backend.ts';

const WORKS = ok(null);
const FULL = fail('storage-full', 'The disk is full.', { neededBytes: 1 });
const NO_FILES = fail('storage-unavailable', 'This browser keeps no files here.');
const NO_RECORDS = fail('storage-unavailable', 'This browser keeps no records here.');

const backendOf = (kind: StorageBackend['kind']): StorageBackend =>
  Object.assign(new MemoryBackend(), { kind });

function choicesOf(opfs: typeof WORKS | typeof FULL, indexedDb: typeof WORKS | typeof FULL) {
  return {
    opfs: { probe: vi.fn(async () => opfs), open: vi.fn(() => backendOf('opfs')) },
    indexedDb: { probe: vi.fn(async () => indexedDb), open: vi.fn(() => backendOf('indexeddb')) },
    openMemory: vi.fn(() => backendOf('memory')),
  };
}

describe('choosing where bytes are kept', () => {
  it.each([
    ['files work', WORKS, WORKS, 'opfs', null],
    ['the disk of the files is full', FULL, WORKS, 'opfs', null],
    ['there are no files', NO_FILES, WORKS, 'indexeddb', /no files here.*IndexedDB.*slower/],
    ['no files and a full disk', NO_FILES, FULL, 'indexeddb', /no files here.*IndexedDB/],
    [
      'nothing is kept',
      NO_FILES,
      NO_RECORDS,
      'memory',
      /no files here.*no records here.*memory.*gone/,
    ],
  ])('%s', async (_, opfs, indexedDb, kind, reason) => {
    const choices = choicesOf(opfs, indexedDb);
    const chosen = await chooseStorage(choices);
    expect(chosen.backend.kind).toBe(kind);
    if (reason) expect(chosen.reason).toMatch(reason);
    else expect(chosen).not.toHaveProperty('reason');
    const opened = [choices.opfs.open, choices.indexedDb.open, choices.openMemory];
    expect(opened.filter((open) => open.mock.calls.length > 0)).toHaveLength(1);
  });

  it('does not touch IndexedDB where files work', async () => {
    const choices = choicesOf(WORKS, WORKS);
    await chooseStorage(choices);
    expect(choices.indexedDb.probe).not.toHaveBeenCalled();
  });
});
