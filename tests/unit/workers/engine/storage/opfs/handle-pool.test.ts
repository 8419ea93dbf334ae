import { describe, expect, it, vi } from 'vitest';
import fc from 'fast-check';
import {
  HandlePool,
  MAX_HANDLES,
} from '../../../../../../workers/engine/storage/opfs/handle-pool.ts';
import type {
  ExtentId,
  SyncHandle,
} from '../../../../../../workers/engine/storage/opfs/sync-handle.ts';
import { FakeFile, domError, settled } from '../fakes.ts';

const extent = (index: number, infoHash = 'a'): ExtentId => ({ infoHash, extent: index });
const nameOf = (id: ExtentId) => `${id.infoHash}/${id.extent}`;
const put = (value: number) => (handle: SyncHandle) =>
  handle.write(Uint8Array.of(value), { at: 0 });
const take = (handle: SyncHandle) => {
  const bytes = new Uint8Array(1);
  handle.read(bytes, { at: 0 });
  return bytes[0];
};

function setUp(maxHandles?: number) {
  const files = new Map<string, FakeFile>();
  let beforeOpen: (id: ExtentId, signal: AbortSignal) => Promise<unknown> = async () => {};
  const open = vi.fn(async (id: ExtentId, mayCreate: boolean, signal: AbortSignal) => {
    await beforeOpen(id, signal);
    const file = files.get(nameOf(id)) ?? (mayCreate ? new FakeFile() : null);
    if (!file) throw domError('NotFoundError');
    files.set(nameOf(id), file);
    if (file.openHandles > 0) throw new Error('a second handle on one file');
    return file.open();
  });
  let beforeClose: (id: ExtentId) => Promise<unknown> = async () => {};
  const pool = new HandlePool(open, maxHandles, (id) => beforeClose(id));
  const openHandles = () => [...files.values()].reduce((sum, file) => sum + file.openHandles, 0);
  return {
    pool,
    files,
    open,
    openHandles,
    /** Runs before each opening. */
    delayOpening: (wait: typeof beforeOpen) => void (beforeOpen = wait),
    /** Runs before each closing. */
    delayClosing: (wait: typeof beforeClose) => void (beforeClose = wait),
  };
}

describe('handle pool', () => {
  it('opens an extent once for all who ask at the same time, and serves them in order', async () => {
    const { pool, open, files } = setUp();
    await Promise.all([
      pool.use(extent(0), 'write', put(1)),
      pool.use(extent(0), 'write', put(2)),
      pool.use(extent(0), 'read', (handle) => expect(take(handle)).toBe(2)),
      pool.use(extent(0), 'write', put(3)),
    ]);
    expect(open).toHaveBeenCalledOnce();
    expect(files.get('a/0')!.bytes[0]).toBe(3);
  });

  it('keeps at most 64 handles, closing the least recently used', async () => {
    const { pool, files, openHandles } = setUp();
    for (let i = 0; i < MAX_HANDLES; i++) await pool.use(extent(i), 'write', put(i));
    await pool.use(extent(0), 'read', take);
    await pool.use(extent(MAX_HANDLES), 'write', put(1));
    expect([pool.liveHandles, openHandles()]).toEqual([64, 64]);
    expect([files.get('a/0')!.openHandles, files.get('a/1')!.openHandles]).toEqual([1, 0]);
  });

  it('makes each handle closable before it closes it, and opens its extent again only after that', async () => {
    const { pool, files, open, delayClosing } = setUp(1);
    const closing: string[] = [];
    let finish = () => {};
    delayClosing((id) => {
      closing.push(nameOf(id));
      return new Promise<void>((resolve) => (finish = resolve));
    });
    await pool.use(extent(0), 'write', put(7));
    const other = pool.use(extent(1), 'write', put(1));
    const again = pool.use(extent(0), 'read', take);
    await settled();
    expect([closing, open.mock.calls.length]).toEqual([['a/0'], 1]);
    expect(files.get('a/0')!.openHandles).toBe(1);
    finish();
    await other;
    await settled();
    expect(closing).toEqual(['a/0', 'a/1']);
    finish();
    expect(await again).toBe(7);
    const releasing = pool.release('a');
    await settled();
    expect(closing).toEqual(['a/0', 'a/1', 'a/0']);
    finish();
    await releasing;
    expect(pool.liveHandles).toBe(0);
  });

  it('closes a handle also when nothing could make it closable', async () => {
    const { pool, delayClosing, openHandles } = setUp(1);
    delayClosing(() => Promise.reject(domError('QuotaExceededError')));
    await pool.use(extent(0), 'write', put(1));
    await pool.use(extent(1), 'write', put(1));
    expect([openHandles(), pool.liveHandles]).toEqual([1, 1]);
  });

  it('flushes a dirty handle before it evicts it, and only then', async () => {
    const { pool, files } = setUp(1);
    await pool.use(extent(0), 'write', put(1));
    await pool.use(extent(1), 'write', put(1));
    await pool.use(extent(0), 'read', take);
    await pool.use(extent(1), 'read', take);
    expect([files.get('a/0')!.flushes, files.get('a/1')!.flushes]).toEqual([1, 1]);
  });

  it('flushes what is dirty of one torrent only, and each extent once', async () => {
    const { pool, files } = setUp();
    await pool.use(extent(0), 'write', put(1));
    await pool.use(extent(1), 'write', put(1));
    await pool.use(extent(0, 'b'), 'write', put(1));
    await pool.flush('a');
    await pool.use(extent(1), 'write', put(2));
    await pool.flush('a');
    expect(['a/0', 'a/1', 'b/0'].map((name) => files.get(name)!.flushes)).toEqual([1, 2, 0]);
  });

  it('keeps an extent dirty whose flush failed, also over its eviction', async () => {
    const { pool, files } = setUp(1);
    await pool.use(extent(0), 'write', put(1));
    const file = files.get('a/0')!;
    file.failWith = { call: 'flush', error: domError('InvalidStateError') };
    await pool.use(extent(1), 'write', put(1));
    await expect(pool.flush('a')).rejects.toThrow('InvalidStateError');
    file.failWith = null;
    await pool.flush('a');
    expect(file.flushes).toBe(1);
  });

  it('says what the action threw and goes on', async () => {
    const { pool } = setUp();
    const failing = pool.use(extent(0), 'write', () => {
      throw new Error('of the action');
    });
    await expect(failing).rejects.toThrow('of the action');
    await pool.use(extent(0), 'write', put(5));
    expect(await pool.use(extent(0), 'read', take)).toBe(5);
  });

  it('creates nothing for a read', async () => {
    const { pool, files } = setUp();
    await expect(pool.use(extent(0), 'read', take)).rejects.toThrow('NotFoundError');
    expect([files.size, pool.liveHandles]).toEqual([0, 0]);
  });

  it('makes the extent for a write that came while a read was looking for it', async () => {
    const { pool } = setUp();
    const reading = pool.use(extent(0), 'read', take);
    const writing = pool.use(extent(0), 'write', put(4));
    await expect(reading).rejects.toThrow('NotFoundError');
    await writing;
    expect(await pool.use(extent(0), 'read', take)).toBe(4);
  });

  it('tries again after an opening that failed', async () => {
    const { pool, delayOpening } = setUp();
    delayOpening(() => Promise.reject(domError('NoModificationAllowedError')));
    await expect(pool.use(extent(0), 'write', put(1))).rejects.toThrow('NoModification');
    delayOpening(async () => {});
    await pool.use(extent(0), 'write', put(1));
    expect(pool.liveHandles).toBe(1);
  });

  it('waits with an opening while all its handles are being opened', async () => {
    const { pool, delayOpening, open } = setUp(2);
    const gates: (() => void)[] = [];
    delayOpening(() => new Promise<void>((resolve) => gates.push(resolve)));
    const all = [0, 1, 2].map((i) => pool.use(extent(i), 'write', put(i)));
    await settled();
    expect(open).toHaveBeenCalledTimes(2);
    gates[0]!();
    await all[0];
    await settled();
    expect(open).toHaveBeenCalledTimes(3);
    gates[1]!();
    gates[2]!();
    await Promise.all(all);
    expect(pool.liveHandles).toBe(2);
  });

  it('release closes the handles of one torrent and refuses who still waits', async () => {
    const { pool, files, delayOpening, openHandles } = setUp();
    await pool.use(extent(0), 'write', put(1));
    await pool.use(extent(0, 'b'), 'write', put(1));
    let finish = () => {};
    let signal: AbortSignal | undefined;
    delayOpening((_, aborted) => {
      signal = aborted;
      return new Promise<void>((resolve) => (finish = resolve));
    });
    const waiting = pool.use(extent(1), 'write', put(1));
    const released = vi.fn();
    const releasing = pool.release('a').then(released);
    await expect(waiting).rejects.toMatchObject({ reason: { kind: 'storage-unavailable' } });
    await settled();
    expect(signal!.aborted).toBe(true);
    expect(released).not.toHaveBeenCalled();
    finish();
    await releasing;
    expect([openHandles(), pool.liveHandles]).toEqual([1, 1]);
    expect(files.get('b/0')!.openHandles).toBe(1);
  });

  it('opens an extent anew only when an opening that was given up is over, and its handle closed', async () => {
    const { pool, open, openHandles, delayOpening } = setUp();
    const endings: (() => void)[] = [];
    delayOpening(() => new Promise<void>((resolve) => void endings.push(resolve)));
    const givenUp = pool.use(extent(0), 'write', put(1));
    const releasing = pool.release('a');
    await expect(givenUp).rejects.toMatchObject({ reason: { kind: 'storage-unavailable' } });
    const wanted = pool.use(extent(0), 'write', put(2));
    await settled();
    expect(open).toHaveBeenCalledOnce();
    endings.shift()!();
    await settled();
    expect(open).toHaveBeenCalledTimes(2);
    endings.shift()!();
    await Promise.all([wanted, releasing]);
    expect(openHandles()).toBe(1);
  });

  it('forgets what was dirty when the torrent is released', async () => {
    const { pool, open } = setUp();
    await pool.use(extent(0), 'write', put(1));
    await pool.release('a');
    await pool.flush('a');
    expect(open).toHaveBeenCalledOnce();
  });

  it('keeps its invariants under any schedule of openings, failures and releases', async () => {
    const step = fc.record({
      index: fc.integer({ min: 0, max: 6 }),
      torrent: fc.constantFrom('a', 'b'),
      act: fc.constantFrom('write', 'write', 'write', 'read', 'flush', 'release'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { maxLength: 60 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
        async (scheduler, steps, failures) => {
          const { pool, files, open, openHandles, delayOpening, delayClosing } = setUp(3);
          let worst = 0;
          delayOpening(async () => {
            worst = Math.max(worst, pool.liveHandles);
            await scheduler.schedule(Promise.resolve());
            if (failures[open.mock.calls.length % failures.length]) throw domError('AbortError');
          });
          delayClosing(() => scheduler.schedule(Promise.resolve()));
          const written = new Map<string, number>();
          const run = async ({ index, torrent, act }: (typeof steps)[number], value: number) => {
            await scheduler.schedule(Promise.resolve());
            const id = extent(index, torrent);
            if (act === 'release') return pool.release(torrent);
            if (act === 'flush') return pool.flush(torrent);
            return pool.use(id, act, (handle) => {
              worst = Math.max(worst, openHandles());
              if (act === 'write') {
                put(value)(handle);
                written.set(nameOf(id), value);
              } else {
                expect(take(handle)).toBe(written.get(nameOf(id)) ?? 0);
              }
            });
          };
          const allowed = /AbortError|NotFoundError|store of this torrent is closed/;
          const all = steps.map((at, value) =>
            run(at, value % 256).catch((error) => expect(String(error)).toMatch(allowed)),
          );
          await scheduler.waitFor(Promise.all(all));
          expect(worst).toBeLessThanOrEqual(3);
          expect(openHandles()).toBe(pool.liveHandles);
          await scheduler.waitFor(Promise.all([pool.release('a'), pool.release('b')]));
          expect([openHandles(), pool.liveHandles]).toEqual([0, 0]);
          for (const [name, value] of written) expect(files.get(name)!.bytes[0]).toBe(value);
        },
      ),
    );
  });
});
