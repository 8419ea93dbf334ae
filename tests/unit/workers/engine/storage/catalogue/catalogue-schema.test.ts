import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { InfoHash } from '../../../../../../workers/contract/ids.ts';
import {
  readResume,
  readSettingsRecord,
  readTorrent,
} from '../../../../../../workers/engine/storage/catalogue/catalogue-schema.ts';
import { readSettings } from '../../../../../../workers/engine/model/settings-schema.ts';

/** The records of a fixture, with their bytes. */
function fixture(name: string): Record<string, Record<string, unknown>> {
  const url = new URL(`../../../../fixtures/catalogue/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'), (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'base64' in value
      ? Uint8Array.from(atob(String(value.base64)), (char) => char.charCodeAt(0))
      : value,
  );
}

const v1 = fixture('v1.json');
const hash = v1.torrent!.infoHash as InfoHash;

describe('records of version 1', () => {
  it('are opened: a torrent', () => {
    expect(readTorrent(hash, v1.torrent)).toEqual(v1.torrent);
  });

  it('are opened: a torrent of which only the magnet is known', () => {
    expect(readTorrent(v1.magnetOnly!.infoHash, v1.magnetOnly)).toEqual(v1.magnetOnly);
  });

  it('are opened: a checkpoint', () => {
    expect(readResume(hash, v1.resume)).toEqual(v1.resume);
    expect(readResume(hash, v1.resume)!.have).toEqual(Uint8Array.of(0xff, 0xff, 1, 0x80));
  });

  it('are opened: the settings', () => {
    const { settings, bad } = readSettings(readSettingsRecord(v1.settings));
    expect({ version: 1, ...settings }).toEqual(v1.settings);
    expect(bad).toEqual([]);
  });
});

describe('a record is not believed', () => {
  it.each([
    ['of another version', { version: 2 }],
    ['of another torrent', { infoHash: 'b'.repeat(40) }],
    ['with a hash that is none', { infoHash: hash.toUpperCase() }],
    ['without its bytes', { infoBytes: 'text' }],
    ['with a file that is no index', { files: [-1] }],
    ['with a date that is none', { addedAt: 'yesterday' }],
    ['with a count that is none', { uploadedBytes: 0.5 }],
    ['with a flag that is none', { isPaused: 'no' }],
    ['with trackers that are no text', { trackers: [1] }],
  ])('%s', (_, change) => {
    const infoHash =
      'infoHash' in change && change.infoHash !== 'b'.repeat(40) ? change.infoHash : hash;
    expect(readTorrent(infoHash, { ...v1.torrent, ...change })).toBeNull();
  });

  it.each([
    ['of another version', { version: 2 }],
    ['of another torrent', { infoHash: 'b'.repeat(40) }],
    ['without its bits', { have: [255] }],
    ['with a generation that is none', { generation: -1 }],
  ])('as a checkpoint %s', (_, change) => {
    expect(readResume(hash, { ...v1.resume, ...change })).toBeNull();
  });

  it.each([null, undefined, 5, 'text', [], new Uint8Array(3)])('when it is %s', (stored) => {
    expect(readTorrent(hash, stored)).toBeNull();
    expect(readResume(hash, stored)).toBeNull();
    expect(readSettingsRecord(stored)).toBeNull();
  });

  it('as settings of another version', () => {
    expect(readSettingsRecord({ ...v1.settings, version: 2 })).toBeNull();
  });
});
