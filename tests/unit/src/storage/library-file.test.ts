import { expect, test, vi } from 'vitest';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import {
  importText,
  LibraryFile,
  libraryFileName,
} from '../../../../src/storage/library-file.svelte.ts';
import { fail, ok } from '../../../../workers/contract/errors.ts';
import { FakeEngine } from '../../../support/fake-engine.ts';

function open() {
  const engine = new FakeEngine();
  const saveFile = vi.fn();
  const now = () => new Date(2026, 0, 5, 23, 59);
  const library = new LibraryFile({ engine: new EngineClient(engine.connect), saveFile, now });
  return { engine, saveFile, library };
}

test('exporting hands the engine’s file to the downloads, named after the day', async () => {
  const { library, saveFile } = open();
  await library.export();
  const [fileName, bytes] = saveFile.mock.calls[0] ?? [];
  expect(fileName).toBe('rill-library-2026-01-05.json');
  expect(new TextDecoder().decode(bytes as Uint8Array)).toBe('{}');
  expect(library.state).toEqual({ kind: 'exported', fileName });
});

test('the name has two digits for month and day', () => {
  expect(libraryFileName(new Date(2026, 10, 20))).toBe('rill-library-2026-11-20.json');
});

test('importing tells what became of it', async () => {
  const { library, engine } = open();
  const result = { added: 2, known: 1, problems: ['One was damaged.'] };
  engine.onImport = () => ok(result);
  await library.import(new Blob(['{"a":1}']));
  expect(engine.calls).toEqual(['importLibrary:7']);
  expect(library.state).toEqual({ kind: 'imported', result });
});

test('a refused file says why', async () => {
  const { library, engine } = open();
  engine.onImport = () => fail('bad-library', 'This is no Rill library.');
  await library.import(new Blob(['x']));
  expect(library.state).toMatchObject({ error: { message: 'This is no Rill library.' } });
});

test('a file that is far too large, or cannot be read, never reaches the engine', async () => {
  const { library, engine } = open();
  const huge = Object.defineProperty(new Blob(['x']), 'size', { value: 100_000_001 });
  const gone = Object.assign(new Blob(['x']), {
    arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')),
  });
  for (const file of [huge, gone]) {
    await library.import(file);
    expect(library.state).toMatchObject({ kind: 'failed', error: { kind: 'bad-library' } });
  }
  expect(engine.calls).toEqual([]);
});

test.each([
  [{ added: 1, known: 0 }, '1 torrent added, paused.'],
  [{ added: 12, known: 3 }, '12 torrents added, paused. 3 were here already.'],
  [{ added: 0, known: 1 }, 'Nothing new was in it. 1 was here already.'],
  [{ added: 0, known: 0 }, 'Nothing new was in it.'],
])('%j reads "%s"', (counts, text) => {
  expect(importText({ ...counts, problems: [] })).toBe(text);
});
