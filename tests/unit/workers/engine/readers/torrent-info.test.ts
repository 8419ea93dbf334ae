import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { toInfoHash } from '../../../../../workers/contract/ids.ts';
import {
  MAX_METADATA_BYTES,
  readInfo,
} from '../../../../../workers/engine/readers/torrent-info.ts';
import { bencodeOf, infoOf, text } from './bencode-of.ts';

const infoBytes = bencodeOf(infoOf());
const infoHash = toInfoHash(createHash('sha1').update(infoBytes).digest('hex')) ?? undefined;
const otherHash = toInfoHash('0'.repeat(40)) ?? undefined;

describe('metadata from a peer', () => {
  test('is read when its hash is the expected one', async () => {
    const result = await readInfo(infoBytes, infoHash);
    expect(result).toMatchObject({ ok: true, value: { infoHash, name: 'clip.mp4' } });
  });

  test('is read without an expected hash', async () => {
    expect(await readInfo(infoBytes)).toMatchObject({ ok: true, value: { infoHash } });
  });

  test('of another hash is refused', async () => {
    const result = await readInfo(infoBytes, otherHash);
    expect(result).toMatchObject({ ok: false, error: { kind: 'bad-torrent' } });
    if (!result.ok) expect(result.error.message).toContain(infoHash);
  });

  test('is copied before it is hashed: what is read is what was hashed', async () => {
    const bytes = infoBytes.slice();
    const reading = readInfo(bytes, infoHash);
    bytes.fill(0);
    expect(await reading).toMatchObject({ ok: true, value: { infoBytes } });
  });

  test('above 4 MiB is too large', async () => {
    const result = await readInfo(new Uint8Array(MAX_METADATA_BYTES + 1));
    expect(result).toMatchObject({ ok: false, error: { kind: 'too-large' } });
  });

  test('that lies within a larger buffer takes nothing else with it', async () => {
    const buffer = new Uint8Array(1000);
    buffer.set(infoBytes, 10);
    const result = await readInfo(buffer.subarray(10, 10 + infoBytes.length), infoHash);
    expect(result.ok && result.value.infoBytes.buffer.byteLength).toBe(infoBytes.length);
  });

  test.each(['', 'le', 'i1e', 'de', 'd', 'd4:name1:ae '])('%j is refused', async (source) => {
    expect(await readInfo(text(source))).toMatchObject({
      ok: false,
      error: { kind: 'bad-torrent' },
    });
  });
});
