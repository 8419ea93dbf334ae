/** Clips as torrents: H.264/AAC with the moov atom at the end, in small pieces so that their order matters. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeTorrent, seededBytes, type MadeTorrent } from './torrents.ts';

const SAMPLE = '../../public/sample/rill-sample.mp4';
/** 60 s of 200 kbit/s: `ffmpeg -f lavfi -i testsrc2=s=480x270:r=24:d=60 -f lavfi -i sine`, 1.5 MB. */
const MINUTE = '../fixtures/media/minute.mp4';

function read(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(path, import.meta.url))));
}

/** The bytes of the app's own sample. */
export const sampleBytes = () => read(SAMPLE);

/** A single-file torrent of the app's sample clip (12 s). */
export function sampleTorrent(): MadeTorrent {
  return makeTorrent({ name: 'clip.mp4', files: read(SAMPLE), pieceLength: 16_384 });
}

/** A single-file torrent of a clip that takes a while to download. */
export function minuteTorrent(): MadeTorrent {
  return makeTorrent({ name: 'minute.mp4', files: read(MINUTE), pieceLength: 16_384 });
}

/** The same clip with 8 MB that nobody needs between its pictures and its index: what a long film is like. */
export function farIndexTorrent(): MadeTorrent {
  const clip = Buffer.from(read(MINUTE));
  let moovAt = 0;
  while (clip.toString('latin1', moovAt + 4, moovAt + 8) !== 'moov') {
    moovAt += clip.readUInt32BE(moovAt);
  }
  // A `free` box (ISO/IEC 14496-12, 8.1.2): its length, its name, and anything.
  const gap = Buffer.from(seededBytes(8_000_000, 5));
  gap.writeUInt32BE(gap.length, 0);
  gap.write('free', 4, 'latin1');
  const bytes = Buffer.concat([clip.subarray(0, moovAt), gap, clip.subarray(moovAt)]);
  return makeTorrent({ name: 'film.mp4', files: new Uint8Array(bytes), pieceLength: 65_536 });
}
