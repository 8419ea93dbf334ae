// Renders `public/icons/*.png` from the logo with a headless Chromium. Run by hand; the results are committed:
//   node tests/support/render-icons.mjs
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { CHROMIUM_FLAGS, requireChromium } from './find-chromium.mjs';

const folder = fileURLToPath(new URL('../../public/', import.meta.url));
mkdirSync(`${folder}icons`, { recursive: true });
const logo = readFileSync(`${folder}favicon.svg`, 'utf8');
const [mark = ''] = /<g mask[\s\S]*<\/g>/.exec(logo) ?? [];

/** The whole square is painted, and the mark keeps inside the middle 80 % circle that every mask leaves. */
const maskable = logo
  .replace(' rx="116"', '')
  .replace(mark, `<g transform="translate(256 256) scale(.8) translate(-256 -256)">${mark}</g>`);
/** Only its alpha counts: the browser paints it in one colour. */
const monochrome = logo
  .replace(/<rect[^>]* rx="116"[^>]*>/, '')
  .replace(mark, `<g transform="translate(256 256) scale(1.2) translate(-256 -256)">${mark}</g>`);

const icons = [
  { name: 'icon-192', svg: logo, size: 192 },
  { name: 'icon-512', svg: logo, size: 512 },
  { name: 'icon-maskable-512', svg: maskable, size: 512 },
  { name: 'icon-monochrome-512', svg: monochrome, size: 512 },
  // iOS masks it itself and paints see-through corners black.
  { name: 'apple-touch-icon', svg: maskable, size: 180 },
];

const browser = await chromium.launch({ executablePath: requireChromium(), args: CHROMIUM_FLAGS });
for (const { name, svg, size } of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(
    `<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`,
  );
  await page.screenshot({ path: `${folder}icons/${name}.png`, omitBackground: true });
  await page.close();
}
await browser.close();
