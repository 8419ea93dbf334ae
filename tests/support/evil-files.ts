/** Files that try to act as the app when a browser takes them for what their names or bytes say. */
import { writeFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TorrentFileSpec } from './torrents.ts';

/** The channel on which anything that runs as our origin tells of it. */
export const CANARY = 'canary';

/** Tells by every way out that it ran: to its own global, to other pages of the origin, to whoever embeds it. */
const script = (name: string) => `
globalThis.attacked = ${JSON.stringify(name)};
try { new BroadcastChannel('${CANARY}').postMessage('${name} as our origin'); } catch {}
try { globalThis.parent?.postMessage({ canary: '${name}' }, '*'); } catch {}
try { globalThis.opener?.postMessage({ canary: '${name}' }, '*'); } catch {}
try { globalThis.postMessage?.({ canary: '${name}' }); } catch {}
try { document.title = 'attacked'; } catch {}
globalThis.onconnect = (event) => event.ports[0].postMessage({ canary: '${name}' });
`;
const html = (name: string) =>
  `<!doctype html><title>attacked</title><body><script>${script(name)}</script>`;
const svg = (name: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="eval(this.lastElementChild.textContent)"><script>${script(name)}</script></svg>`;

const text = (content: string) => new TextEncoder().encode(content);
const css = 'html { --attacked: yes; background: red !important; }';

export const EVIL_FILES: readonly TorrentFileSpec[] = [
  { path: 'evil.html', content: text(html('evil.html')) },
  { path: 'evil.xhtml', content: text(svg('evil.xhtml')) },
  { path: 'evil.svg', content: text(svg('evil.svg')) },
  { path: 'evil.js', content: text(script('evil.js')) },
  { path: 'evil.mjs', content: text(`export default 1;${script('evil.mjs')}`) },
  { path: 'evil.css', content: text(css) },
  { path: 'evil.webmanifest', content: text('{"name":"attacked","start_url":"/evil"}') },
  { path: 'evil.pdf', content: text(`%PDF-1.7\n${html('evil.pdf')}`) },
  { path: 'page.mp4', content: text(html('page.mp4')) },
  { path: 'script.mp3', content: text(script('script.mp3')) },
  { path: 'script.png', content: text(script('script.png')) },
  { path: 'style.jpg', content: text(css) },
  { path: 'script.vtt', content: text(script('script.vtt')) },
];

/** Puts the files where a web seed serves them: below `<root>/seed/<name>/`. */
export async function writeSeed(root: string, name: string): Promise<void> {
  for (const { path, content } of EVIL_FILES) {
    const target = join(root, 'seed', name, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content as Uint8Array);
  }
}
