import { expect, test } from 'vitest';
import {
  checkBanId,
  checkFiles,
  checkInfoHash,
  checkOptions,
  checkSource,
  checkStreamRequest,
} from '../../../../../workers/engine/application/commands.ts';

const stream = { infoHash: 'ab'.repeat(20), fileIndex: 0, startByte: 0, endByte: 10 };

test.each<[string, (value: unknown) => unknown, unknown, string]>([
  ['no source', checkSource, undefined, 'source'],
  ['a source of no kind', checkSource, {}, 'kind'],
  ['a source of an unknown kind', checkSource, { kind: 'path', path: '/etc' }, 'kind'],
  ['a text that is a number', checkSource, { kind: 'text', text: 5 }, 'text'],
  [
    'an endless text',
    checkSource,
    { kind: 'text', text: 'x'.repeat(16 * 1024 * 1024 + 1) },
    'text',
  ],
  ['bytes that are a list', checkSource, { kind: 'torrent-file', bytes: [1, 2] }, 'bytes'],
  ['options that are text', checkOptions, 'hold', 'options'],
  ['a hold that is text', checkOptions, { hold: 'yes' }, 'hold'],
  ['a negative file', checkOptions, { files: [0, -1] }, 'files.1'],
  ['files that are one number', checkFiles, 5, 'files'],
  ['half a file', checkFiles, [0.5], '0'],
  ['no file at all', checkFiles, [Number.NaN], '0'],
  ['a ban of nobody', checkBanId, undefined, 'id'],
  ['a ban of an endless name', checkBanId, 'x'.repeat(8_193), 'id'],
  ['a stream of nothing', checkStreamRequest, null, 'request'],
  ['a stream from before the file', checkStreamRequest, { ...stream, startByte: -1 }, 'startByte'],
  ['a stream without end', checkStreamRequest, { ...stream, endByte: Infinity }, 'endByte'],
  ['a stream of a named file', checkStreamRequest, { ...stream, fileIndex: '0' }, 'fileIndex'],
])('%s is refused by name', (_, check, value, field) => {
  expect(check(value)).toMatchObject({ ok: false, error: { kind: 'bad-request', field } });
});

test.each<[string, (value: unknown) => unknown, unknown, unknown]>([
  ['a text', checkSource, { kind: 'text', text: 'x' }, { kind: 'text', text: 'x' }],
  ['no options', checkOptions, undefined, {}],
  ['options', checkOptions, { hold: true, files: [] }, { hold: true, files: [] }],
  ['no files: all', checkFiles, undefined, null],
  ['null for files: all', checkFiles, null, null],
  ['files', checkFiles, [3, 0], [3, 0]],
  ['a ban', checkBanId, 'https://seed.test/', 'https://seed.test/'],
  ['a stream', checkStreamRequest, stream, stream],
])('%s is taken', (_, check, value, expected) => {
  expect(check(value)).toEqual({ ok: true, value: expected });
});

test('an info hash is 40 hex digits, lowered', () => {
  expect(checkInfoHash('AB'.repeat(20))).toEqual({ ok: true, value: 'ab'.repeat(20) });
  for (const bad of ['ab', `${'ab'.repeat(20)} `, 5, null, undefined, {}]) {
    const refused = { ok: false, error: { kind: 'bad-info-hash', field: 'infoHash' } };
    expect(checkInfoHash(bad)).toMatchObject(refused);
  }
});
