import { describe, expect, it } from 'vitest';
import { answerStoredFile } from '../../../../workers/service/stored-file.ts';
import { clipOf, extentFile, HASH, pattern, rootOver, shelve, type FakeFiles } from './fakes.ts';

const bytes = pattern(10_000);
const wanted = { kind: 'stored-file-wanted', infoHash: HASH, fileIndex: 0 };

/** What is posted for a message, `undefined` when it is left alone. */
async function answerTo(files: FakeFiles, data: unknown): Promise<Blob | null | undefined> {
  const { port1, port2 } = new MessageChannel();
  let work: Promise<unknown> | undefined;
  const answered = new Promise<Blob | null>((resolve) => {
    port1.onmessage = (event) => resolve(event.data);
  });
  answerStoredFile({ data, ports: [port2], waitUntil: (it) => (work = it) }, rootOver(files));
  const answer = work && (await work.then(() => answered));
  port1.close();
  return answer;
}

describe('a page that asks for a stored file', () => {
  it('is given all of its bytes as one Blob', async () => {
    const blob = await answerTo(shelve(bytes).files, wanted);
    expect(new Uint8Array(await blob!.arrayBuffer())).toEqual(bytes);
  });

  const touched = shelve(bytes).files;
  touched.set(`torrents/${HASH}/1`, extentFile(pattern(4096), 1));
  it.each([
    ['is not finished', shelve(bytes, { files: [clipOf(10_000, false)] }).files, wanted],
    ['was touched', touched, wanted],
    ['has no shelf', new Map(), wanted],
    ['is beyond the list', shelve(bytes).files, { ...wanted, fileIndex: 1 }],
    ['has no index', shelve(bytes).files, { ...wanted, fileIndex: '0' }],
    ['has no info hash', shelve(bytes).files, { ...wanted, infoHash: '../..' }],
  ])('that %s is told to ask for the stream', async (_, files, data) => {
    expect(await answerTo(files, data)).toBeNull();
  });

  it.each([[null], ['stored-file-wanted'], [{ kind: 'engine-wanted' }], [{ kind: wanted.kind }]])(
    'in another way (%j) is left alone',
    async (data) => {
      expect(await answerTo(shelve(bytes).files, data)).toBeUndefined();
    },
  );
});
