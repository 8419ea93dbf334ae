import { describe, expect, it } from 'vitest';
import { attachment, mayServe, mediaHead } from '../../../../workers/service/media-response.ts';
import { HASH } from './fakes.ts';

const file = { infoHash: HASH, fileIndex: 3, path: 'folder/clip.mp4', lengthBytes: 1000 };
const request = {
  method: 'GET',
  destination: 'video',
  range: null,
  ifRange: null,
  isDownload: false,
};

describe('what may have bytes of a torrent', () => {
  it.each(['', 'audio', 'video', 'track', 'image', 'document'])('%j may', (destination) => {
    expect(mayServe(destination)).toBe(true);
  });

  it.each([
    'audioworklet',
    'embed',
    'fencedframe',
    'font',
    'frame',
    'iframe',
    'json',
    'manifest',
    'object',
    'paintworklet',
    'report',
    'script',
    'serviceworker',
    'sharedworker',
    'style',
    'text',
    'webidentity',
    'worker',
    'xslt',
    'something-new',
  ])('%j may not', (destination) => {
    expect(mayServe(destination)).toBe(false);
  });
});

describe('the head', () => {
  it('of a whole file has every safety header and an exact length', () => {
    expect(mediaHead(file, request)).toEqual({
      status: 200,
      headers: {
        'Content-Type': 'video/mp4',
        'Content-Length': '1000',
        'Accept-Ranges': 'bytes',
        ETag: `"${HASH}-3"`,
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': "sandbox; default-src 'none'",
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Cache-Control': 'no-store',
      },
      body: { startByte: 0, endByte: 1000 },
    });
  });

  it('of a part names the part', () => {
    const head = mediaHead(file, { ...request, range: 'bytes=10-19' });
    expect(head.status).toBe(206);
    expect(head.headers).toMatchObject({
      'Content-Range': 'bytes 10-19/1000',
      'Content-Length': '10',
    });
    expect(head.body).toEqual({ startByte: 10, endByte: 20 });
  });

  it('of an unsatisfiable range tells the length and has no body', () => {
    const head = mediaHead(file, { ...request, range: 'bytes=1000-' });
    expect(head.status).toBe(416);
    expect(head.headers['Content-Range']).toBe('bytes */1000');
    expect(head.body).toBeNull();
  });

  it('of an empty file has no body', () => {
    const head = mediaHead({ ...file, lengthBytes: 0 }, request);
    expect(head.status).toBe(200);
    expect(head.headers['Content-Length']).toBe('0');
    expect(head.body).toBeNull();
  });
});

describe('the type and disposition', () => {
  const contentOf = (path: string, extra: Partial<typeof request> = {}) => {
    const { headers } = mediaHead({ ...file, path }, { ...request, ...extra });
    return [headers['Content-Type'], headers['Content-Disposition']?.split(';')[0] ?? 'inline'];
  };

  it.each([
    ['clip.mp4', 'video', 'video/mp4', 'inline'],
    ['clip.MKV', '', 'video/x-matroska', 'inline'],
    ['words.vtt', 'track', 'text/vtt', 'inline'],
    ['cover.jpg', 'image', 'image/jpeg', 'inline'],
    ['clip.mp4', 'document', 'video/mp4', 'attachment'],
    ['page.html', '', 'application/octet-stream', 'attachment'],
    ['page.html', 'document', 'application/octet-stream', 'attachment'],
    ['drawing.svg', 'image', 'application/octet-stream', 'attachment'],
    ['code.js', '', 'application/octet-stream', 'attachment'],
    ['no-extension', 'video', 'application/octet-stream', 'attachment'],
  ])('%s for %j is %s, %s', (path, destination, type, disposition) => {
    expect(contentOf(path, { destination })).toEqual([type, disposition]);
  });

  it('is an attachment for a fetch that asks for a download', () => {
    const asked = contentOf('clip.mp4', { destination: '', isDownload: true });
    expect(asked).toEqual(['video/mp4', 'attachment']);
  });
});

describe('the name of an attachment', () => {
  it.each([
    ['a/b/clip.mp4', `filename="clip.mp4"; filename*=UTF-8''clip.mp4`],
    ['Löwe 50%.txt', `filename="L_we 50_.txt"; filename*=UTF-8''L%C3%B6we%2050%25.txt`],
    [`it's (1)*.txt`, `filename="it's (1)_.txt"; filename*=UTF-8''it%27s%20%281%29_.txt`],
    ['a"b\\c\r\nX: y.txt', `filename="a_b_c__X_ y.txt"; filename*=UTF-8''a_b_c__X_%20y.txt`],
    ['photo\u202egpj.exe', `filename="photo_gpj.exe"; filename*=UTF-8''photo_gpj.exe`],
    ['lone\ud800.txt', `filename="lone_.txt"; filename*=UTF-8''lone_.txt`],
    ['映画.mkv', `filename="__.mkv"; filename*=UTF-8''%E6%98%A0%E7%94%BB.mkv`],
    ['folder/', `filename="download"; filename*=UTF-8''download`],
  ])('%j', (path, rest) => {
    const value = attachment(path);
    expect(value).toBe(`attachment; ${rest}`);
    // The platform refuses header values that are not Latin-1 or hold line breaks: this must not throw.
    expect(new Headers({ 'Content-Disposition': value }).get('Content-Disposition')).toBe(value);
  });
});
