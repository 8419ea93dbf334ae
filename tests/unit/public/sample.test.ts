import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string) =>
  readFileSync(new URL(`../../../public/sample/${name}`, import.meta.url));
const clip = read('rill-sample.mp4');
const torrent = read('rill-sample.torrent').toString('latin1');

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

/** The ISO base media boxes of a buffer (ISO/IEC 14496-12, 4.2), one level. */
function boxes(bytes: Buffer): Box[] {
  const found: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    expect(size, 'a size of 0 (to the end) or 1 (64 bits) is not expected here').toBeGreaterThan(7);
    const type = bytes.toString('latin1', at + 4, at + 8);
    found.push({ type, body: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return found;
}

const inside = (box: Box, type: string): Box[] =>
  boxes(box.body).filter((child) => child.type === type);

test('the clip’s index is its last box, after all media data', () => {
  expect(boxes(clip).map(({ type }) => type)).toEqual(['ftyp', 'free', 'mdat', 'moov']);
});

test('the clip holds one H.264 and one AAC track', () => {
  const codecs = boxes(clip)
    .filter(({ type }) => type === 'moov')
    .flatMap((moov) => inside(moov, 'trak'))
    .flatMap((trak) => inside(trak, 'mdia'))
    .flatMap((mdia) => inside(mdia, 'minf'))
    .flatMap((minf) => inside(minf, 'stbl'))
    .flatMap((stbl) => inside(stbl, 'stsd'))
    // After version, flags and entry count comes the sample entry, itself a box.
    .map(({ body }) => body.toString('latin1', 12, 16));
  expect(codecs).toEqual(['avc1', 'mp4a']);
});

test('the clip is a few hundred kilobytes', () => {
  expect(clip.length).toBeGreaterThan(200_000);
  expect(clip.length).toBeLessThan(600_000);
});

test('the torrent describes exactly this clip, announces nowhere, and has a web seed beside the app', () => {
  const hashes: string[] = [];
  for (let at = 0; at < clip.length; at += 32_768) {
    hashes.push(
      createHash('sha1')
        .update(clip.subarray(at, at + 32_768))
        .digest()
        .toString('latin1'),
    );
  }
  expect(torrent).toBe(
    `d4:infod6:lengthi${clip.length}e4:name15:rill-sample.mp412:piece lengthi32768e` +
      `6:pieces${hashes.length * 20}:${hashes.join('')}7:privatei1ee` +
      '8:url-list22:sample/rill-sample.mp4e',
  );
});
