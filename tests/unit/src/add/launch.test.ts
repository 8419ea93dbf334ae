import { expect, test } from 'vitest';
import { launchText } from '../../../../src/add/launch.ts';

const magnet = 'magnet:?xt=urn:btih:aaaa&dn=x y';
const encoded = encodeURIComponent(magnet);

test.each([
  ['https://rill.example/#magnet:?xt=urn:btih:aaaa', 'magnet:?xt=urn:btih:aaaa'],
  [`https://rill.example/app/#${encoded}`, magnet],
  [`https://rill.example/#web%2B${encoded}`, magnet],
  [`https://rill.example/?text=${encodeURIComponent('Look: magnet:?xt=1 nice')}`, 'magnet:?xt=1'],
  ['https://rill.example/?url=https%3A%2F%2Fa.example%2Fb.torrent', 'https://a.example/b.torrent'],
  ['https://rill.example/?title=&text=%20', null],
  ['https://rill.example/#/torrent/x', null],
  ['https://rill.example/', null],
])('%s offers %s', (url, text) => expect(launchText(new URL(url))).toBe(text));
