import { describe, expect, it } from 'vitest';
import { FileCopy } from '../../../../src/save/file-copy.ts';
import { contentOf, fakeBytes, FakeFile, type Answer } from './fakes.ts';

const content = contentOf(1_000);
const file = { infoHash: 'a'.repeat(40), index: 0, lengthBytes: 1_000 };

function setUp(answers: Answer[] = [], stored: Blob | null = null, lengthBytes = 1_000) {
  const disk = new FakeFile();
  const source = fakeBytes(content.subarray(0, lengthBytes), answers, stored);
  const copy = new FileCopy(source.bytes, { ...file, lengthBytes }, disk.handle);
  const abort = new AbortController();
  return { disk, source, copy, abort, run: () => copy.run(abort.signal, () => {}) };
}

describe('copying a file', () => {
  it('streams what is not stored as a whole', async () => {
    const { disk, run, source } = setUp();
    expect(await run()).toEqual({ kind: 'done' });
    expect(disk.content).toEqual(content);
    expect(source.asked).toEqual([0]);
  });

  it('hands stored bytes to the disk without a request', async () => {
    const { disk, run, source } = setUp([], new Blob([content]));
    expect(await run()).toEqual({ kind: 'done' });
    expect(disk.content).toEqual(content);
    expect(source.asked).toEqual([]);
  });

  it('makes an empty file without a request', async () => {
    const { disk, run, source } = setUp([], null, 0);
    expect(await run()).toEqual({ kind: 'done' });
    expect(disk.content).toEqual(new Uint8Array());
    expect(source.asked).toEqual([]);
  });
});

describe('a source that breaks', () => {
  it.each([
    ['in the middle', { breakAfter: 300 }, 300],
    ['too early, as if that were its end', { endAfter: 300 }, 300],
    ['before it answers', { status: 0 }, 0],
    ['with a 503', { status: 503 }, 0],
  ])('%s leaves the copy where it is, and it goes on from there', async (_, answer, from) => {
    const { disk, copy, run, source } = setUp([answer]);
    expect(await run()).toMatchObject({ kind: 'source-broke' });
    expect(copy.writtenBytes).toBe(from);
    // Nothing has changed on the disk yet.
    expect(disk.content).toBeNull();
    expect(await run()).toEqual({ kind: 'done' });
    expect(source.asked).toEqual([0, from]);
    expect(disk.content).toEqual(content);
  });

  it('that says the file is gone is final, in its own words', async () => {
    const { run } = setUp([{ status: 404 }]);
    expect(await run()).toEqual({ kind: 'refused', message: 'said 404' });
  });

  it('that ignores where it should go on is not believed', async () => {
    const { copy, run, source } = setUp([{ breakAfter: 300 }]);
    await run();
    source.bytes.stream = async () => new Response(content);
    expect(await run()).toMatchObject({ kind: 'source-broke' });
    expect(copy.writtenBytes).toBe(300);
  });
});

describe('a disk that fails', () => {
  it.each([
    ['QuotaExceededError', /full/],
    ['NotAllowedError', /may not write/],
    ['InvalidStateError', /InvalidStateError/],
  ])('with %s says what to do, and the next try begins anew', async (name, message) => {
    const { disk, copy, run, source } = setUp();
    disk.failWrite = (write) => (write === 1 ? new DOMException('no', name) : null);
    expect(await run()).toEqual({ kind: 'disk-failed', message: expect.stringMatching(message) });
    expect(copy.writtenBytes).toBe(0);
    expect(disk.aborts).toBe(1);
    expect(await run()).toEqual({ kind: 'done' });
    expect(source.asked).toEqual([0, 0]);
    expect(disk.content).toEqual(content);
  });

  it('because the stored bytes were touched meanwhile: streams them, which verifies them', async () => {
    const { disk, run, source } = setUp([], new Blob([contentOf(1_000)]));
    disk.failWrite = (write) => (write === 1 ? new DOMException('x', 'NotReadableError') : null);
    expect(await run()).toMatchObject({ kind: 'source-broke' });
    expect(await run()).toEqual({ kind: 'done' });
    expect(source.asked).toEqual([0]);
    expect(disk.content).toEqual(content);
  });
});

describe('a copy that is cancelled', () => {
  it.each([
    ['streamed', null],
    ['stored', new Blob([content])],
  ])('while it is %s leaves the file on the disk as it was', async (_, stored) => {
    const { disk, run, abort } = setUp([], stored);
    disk.content = new Uint8Array([1, 2, 3]);
    disk.failWrite = () => {
      abort.abort();
      return null;
    };
    expect(await run()).toEqual({ kind: 'cancelled' });
    expect(disk.content).toEqual(new Uint8Array([1, 2, 3]));
    expect(disk.aborts).toBe(1);
  });
});
