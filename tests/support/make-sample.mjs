// Makes `public/sample/rill-sample.mp4` and its `.torrent`. Run by hand, with ffmpeg installed; the results are committed:
//   node tests/support/make-sample.mjs
// The clip is H.264 main / AAC with its index (`moov`) at the END, as many clips in torrents have it: playing it before
// it is complete needs the last piece first. Picture: flowing colours, three light dots in orbit, the time burned in.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SECONDS = 12;
const PIECE_LENGTH = 32_768;
const NAME = 'rill-sample.mp4';
const folder = fileURLToPath(new URL('../../public/sample/', import.meta.url));

/** A soft dot that circles `phase` quarter turns ahead; drawn on its own and laid over with `overlay`. */
const dot = (/** @type {string} */ colour) =>
  `color=${colour}:s=96x96:r=24:d=${SECONDS},format=rgba,` +
  `geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*pow(max(0,1-hypot(X-48,Y-48)/48),1.4)'`;
const orbit = (
  /** @type {number} */ turns,
  /** @type {number} */ phase,
  /** @type {number} */ radius,
) =>
  `overlay=x='272+${radius * 1.7}*cos(2*PI*${turns}*t/${SECONDS}+${phase})'` +
  `:y='132+${radius}*sin(2*PI*${turns}*t/${SECONDS}+${phase})'`;

const picture = [
  `gradients=s=640x360:r=24:d=${SECONDS}:n=4:speed=0.02:seed=7:type=linear` +
    `:c0=0x06283d:c1=0x0b7285:c2=0x22b8cf:c3=0x0c4a6e[back]`,
  `${dot('0xe3fafc')}[a]`,
  `${dot('0x96f2d7')}[b]`,
  `${dot('0xffe066')}[c]`,
  `[back][a]${orbit(2, 0, 100)}[d]`,
  `[d][b]${orbit(-1, 2, 120)}[e]`,
  `[e][c]${orbit(3, 4, 70)}[f]`,
  `[f]drawtext=text='Rill sample':x=32:y=h-60:fontsize=28:fontcolor=white@0.92,` +
    `drawtext=text='%{pts\\:hms}':x=w-tw-32:y=h-60:fontsize=28:fontcolor=white@0.92[v]`,
].join(';');

/** Four soft notes, one after the other, three times. */
const NOTES = [261.63, 329.63, 392, 523.25];
const sound =
  `aevalsrc='0.18*exp(-2.2*mod(t,1))*sin(2*PI*t*` +
  `(${NOTES.map((hertz, i) => `${hertz}*eq(mod(floor(t),4),${i})`).join('+')}))'` +
  `:s=44100:d=${SECONDS}`;

// prettier-ignore
execFileSync('ffmpeg', [
  '-v', 'error', '-y',
  '-f', 'lavfi', '-i', sound,
  '-filter_complex', picture,
  '-map', '[v]', '-map', '0:a',
  '-c:v', 'libx264', '-profile:v', 'main', '-pix_fmt', 'yuv420p', '-preset', 'veryslow', '-crf', '19', '-g', '48',
  '-c:a', 'aac', '-b:a', '96k', '-ac', '1',
  // The same bytes from the same ffmpeg, and no `+faststart`.
  '-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact', '-map_metadata', '-1', '-threads', '1',
  folder + NAME,
]);

const clip = readFileSync(folder + NAME);
const hashes = [];
for (let at = 0; at < clip.length; at += PIECE_LENGTH) {
  const piece = clip.subarray(at, at + PIECE_LENGTH);
  hashes.push(createHash('sha1').update(piece).digest());
}
// Private, so that no default tracker hears of it. The web seed is relative: Rill resolves it against its own folder,
// wherever it is deployed.
const text = (/** @type {string} */ value) => `${Buffer.byteLength(value)}:${value}`;
writeFileSync(
  `${folder}rill-sample.torrent`,
  Buffer.concat([
    Buffer.from(
      `d${text('info')}d${text('length')}i${clip.length}e${text('name')}${text(NAME)}` +
        `${text('piece length')}i${PIECE_LENGTH}e${text('pieces')}${hashes.length * 20}:`,
    ),
    ...hashes,
    Buffer.from(`${text('private')}i1ee${text('url-list')}${text(`sample/${NAME}`)}e`),
  ]),
);
console.log(`${NAME}: ${clip.length} bytes, ${hashes.length} pieces`);
