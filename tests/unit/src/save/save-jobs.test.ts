import { describe, expect, it } from 'vitest';
import type { SavePlatform } from '../../../../src/save/pickers.ts';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { SaveJobs } from '../../../../src/save/save-jobs.svelte.ts';
import { zipUrl } from '../../../../src/save/save-url.ts';
import { Toasts } from '../../../../src/ui/toasts.svelte.ts';
import { FakeEngine, hashOf, makeFile, makeTorrent } from '../../../support/fake-engine.ts';
import { contentOf, fakeBytes, FakeFile } from './fakes.ts';

const infoHash = hashOf('a');
const BASE = 'https://rill.test/app/';

function setUp(platform: Partial<SavePlatform> = {}) {
  const downloads: string[] = [];
  const picked: string[] = [];
  const disk = new FakeFile();
  const toasts = new Toasts(() => {});
  const engine = new FakeEngine();
  const saves = new SaveJobs({
    engine: new EngineClient(engine.connect),
    platform: {
      bytes: fakeBytes(contentOf(1_000)).bytes,
      pickFile: async (name) => (picked.push(name), disk.handle),
      pickFolder: async () => undefined,
      head: async () => new Response(),
      download: (url) => void downloads.push(url),
      ...platform,
    },
    toasts,
    later: () => () => {},
    streamsReady: async () => {},
    baseUrl: () => BASE,
  });
  const said = () => toasts.items.map(({ message }) => message);
  return { saves, downloads, picked, disk, said, engine };
}

describe('saving a file', () => {
  it('asks for a place, with a name any system takes, and copies it there', async () => {
    const { saves, picked, disk, engine } = setUp();
    await saves.saveFile(infoHash, makeFile(3, 'a/what?.mp4', 1_000, 1));
    expect(picked).toEqual(['what_.mp4']);
    await expect.poll(() => saves.jobs[0]?.state).toEqual({ kind: 'done' });
    expect(disk.content).toEqual(contentOf(1_000));
    expect(saves.news).toBe('Saved “what?.mp4”.');
    // It is in use, and not removed meanwhile.
    expect(engine.calls).toEqual([`played:${infoHash}`]);
  });

  it('downloads it where the browser cannot ask', async () => {
    const { saves, downloads } = setUp({ pickFile: async () => undefined });
    await saves.saveFile(infoHash, makeFile(3, 'a/b c.mp4', 1_000, 1));
    expect(downloads).toEqual([`${BASE}save/${infoHash}/3/b%20c.mp4`]);
    expect(saves.jobs).toEqual([]);
  });

  it('does not leave the page for an answer that is an error', async () => {
    const { saves, downloads, said } = setUp({
      pickFile: async () => undefined,
      head: async () => new Response(null, { status: 503 }),
    });
    await saves.saveFile(infoHash, makeFile(0, 'a', 1_000, 1));
    expect(downloads).toEqual([]);
    expect(said()).toEqual([expect.stringContaining('could not read')]);
  });

  it('does nothing when the person thinks better of it', async () => {
    const { saves, downloads, said } = setUp({ pickFile: async () => null });
    await saves.saveFile(infoHash, makeFile(0, 'a', 1_000, 1));
    expect([saves.jobs, downloads, said()]).toEqual([[], [], []]);
  });

  it('that is partly here is refused with the reason, before any dialog', async () => {
    const { saves, picked, said } = setUp();
    await saves.saveFile(infoHash, makeFile(0, 'a.mkv', 1_000, 0.42));
    await saves.saveFile(infoHash, { ...makeFile(0, 'b.mkv', 1_000, 0), selected: false });
    expect(picked).toEqual([]);
    expect(said()).toEqual([
      '“a.mkv”: Only 42% of it is here. It can be saved when it is finished.',
      '“b.mkv”: It is not downloaded. Tick it in the list, and save it when it is finished.',
    ]);
  });

  it('says why the place could not be used', async () => {
    const { saves, said } = setUp({ pickFile: () => Promise.reject(new Error('not today')) });
    await saves.saveFile(infoHash, makeFile(0, 'a', 1_000, 1));
    expect(said()).toEqual(['It could not be saved there: not today Try another place.']);
  });
});

describe('saving a torrent', () => {
  const files = [0, 1, 2, 3].map((index) =>
    makeFile(index, `t/${index}`, 10, index === 1 ? 0.5 : 1),
  );
  const torrent = makeTorrent({ infoHash, files });

  it('is a zip of what is finished where the browser cannot ask for a folder', async () => {
    const { saves, downloads } = setUp();
    await saves.saveTorrent(torrent);
    expect(downloads).toEqual([`${BASE}save/${infoHash}.zip?files=0,2-3`]);
  });

  it('of which nothing is finished is refused', async () => {
    const { saves, downloads, said } = setUp();
    await saves.saveTorrent({ ...torrent, files: files.slice(1, 2) });
    expect(downloads).toEqual([]);
    expect(said()).toEqual([expect.stringContaining('None of these files')]);
  });
});

it.each([
  [[0], '0'],
  [[0, 1, 2], '0-2'],
  [[0, 2, 3, 9], '0,2-3,9'],
])('files %j are asked for as %s', (indexes, text) => {
  expect(zipUrl(BASE, infoHash, indexes)).toBe(`${BASE}save/${infoHash}.zip?files=${text}`);
});
