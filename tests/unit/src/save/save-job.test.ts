import { describe, expect, it } from 'vitest';
import { jobText } from '../../../../src/save/job-text.ts';
import { SaveJob, type SavePlan } from '../../../../src/save/save-job.svelte.ts';
import { contentOf, fakeBytes, FakeFile, type Answer } from './fakes.ts';

const content = contentOf(1_000);

function setUp(options: { answers?: Answer[]; count?: number; leftOut?: number } = {}) {
  const { answers = [], count = 1, leftOut = 0 } = options;
  const disks = Array.from({ length: count }, () => new FakeFile());
  const discarded: number[] = [];
  const plan: SavePlan = {
    title: 'A torrent',
    leftOut,
    files: disks.map((disk, index) => ({
      infoHash: 'a'.repeat(40),
      index,
      name: `${index}.bin`,
      lengthBytes: 1_000,
      open: async () => disk.handle,
      discard: async () => void discarded.push(index),
    })),
  };
  const source = fakeBytes(content, answers);
  const waits: number[] = [];
  let onWait = () => {};
  const job = new SaveJob(
    plan,
    source.bytes,
    (ms, callback) => {
      waits.push(ms);
      onWait();
      queueMicrotask(callback);
      return () => {};
    },
    () => {},
  );
  return { job, disks, discarded, source, waits, setOnWait: (run: () => void) => (onWait = run) };
}

describe('a job', () => {
  it('saves its files one after the other and counts them', async () => {
    const { job, disks } = setUp({ count: 3 });
    await job.run();
    expect(job.state).toEqual({ kind: 'done' });
    expect([job.savedFiles, job.doneBytes, job.totalBytes]).toEqual([3, 3_000, 3_000]);
    for (const disk of disks) expect(disk.content).toEqual(content);
  });

  it('goes on by itself from the byte reached, waiting longer while nothing comes', async () => {
    const broken = { status: 0 };
    const { job, source, waits } = setUp({ answers: [{ breakAfter: 400 }, broken, broken] });
    await job.run();
    expect(job.state).toEqual({ kind: 'done' });
    expect(source.asked).toEqual([0, 400, 400, 400]);
    expect(waits).toEqual([500, 1_000, 2_000]);
  });

  it('gives up after five tries in a row without a byte, and goes on from there when asked to', async () => {
    const broken = Array.from({ length: 5 }, () => ({ status: 503 }));
    const { job, source, disks } = setUp({ answers: [{ breakAfter: 400 }, ...broken] });
    await job.run();
    expect(job.state).toEqual({ kind: 'failed', message: 'said 503' });
    expect(job.doneBytes).toBe(400);
    await job.run();
    expect(job.state).toEqual({ kind: 'done' });
    expect(source.asked.at(-1)).toBe(400);
    expect(disks[0]?.content).toEqual(content);
  });

  it('does not copy again what is there in full when it is tried again', async () => {
    const { job, disks, source } = setUp({ count: 3 });
    disks[1]!.failWrite = (write) =>
      write === 1 ? new DOMException('', 'QuotaExceededError') : null;
    await job.run();
    expect(job.state).toEqual({ kind: 'failed', message: expect.stringContaining('full') });
    expect(job.savedFiles).toBe(1);
    // Somebody took the first one away meanwhile.
    disks[0]!.content = null;
    disks[2]!.content = content;
    await job.run();
    expect(job.state).toEqual({ kind: 'done' });
    expect(disks.map((disk) => disk.writes)).toEqual([2, 2, 0]);
    expect(source.asked).toHaveLength(4);
  });

  it('that is cancelled gives up the file it is in and keeps those that are complete', async () => {
    const { job, disks, discarded } = setUp({ count: 3 });
    disks[1]!.failWrite = () => {
      job.cancel();
      return null;
    };
    await job.run();
    expect(job.state).toEqual({ kind: 'cancelled' });
    expect(disks.map((disk) => disk.content)).toEqual([content, null, null]);
    expect(discarded).toEqual([1]);
  });

  it('can be cancelled while it waits, and after it failed', async () => {
    const waiting = setUp({ answers: [{ status: 0 }] });
    waiting.setOnWait(() => waiting.job.cancel());
    await waiting.job.run();
    expect(waiting.job.state).toEqual({ kind: 'cancelled' });

    const failed = setUp({ answers: [{ status: 404 }] });
    await failed.job.run();
    expect(failed.job.state.kind).toBe('failed');
    failed.job.cancel();
    await expect.poll(() => failed.job.state).toEqual({ kind: 'cancelled' });
  });

  it('says which file could not be made', async () => {
    const { job } = setUp();
    job.plan.files[0]!.open = () => Promise.reject(new DOMException('', 'NotFoundError'));
    await job.run();
    expect(job.state).toEqual({
      kind: 'failed',
      message: expect.stringMatching(/^“0.bin” could not be made .*NotFoundError/),
    });
  });

  it('says how many files it left out', async () => {
    const { job } = setUp({ leftOut: 2 });
    await job.run();
    expect(jobText(job)).toBe('Saved. 2 files are not finished yet and left out.');
  });
});
