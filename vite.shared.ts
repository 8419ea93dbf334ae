// What the build and the tests must agree on: how browser code finds its Node look-alikes, and the build's name.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const nothing = here('workers/engine/protocol/webtorrent/nothing.ts');

/** Imported by webtorrent for what a browser has not, or for what Rill does itself (nothing.ts says which and why). */
const replaced = [
  ...['fs', 'net', 'os', 'http', 'crypto'],
  ...['fs-chunk-store', 'fsa-chunk-store', 'memory-chunk-store', 'cache-chunk-store'],
  ...['immediate-chunk-store', 'chunk-store-iterator', 'join-async-iterator', 'mime/lite.js'],
  ...['./lib/conn-pool.js', './lib/server.js', './webconn.js', './utp.cjs', 'ut_pex'],
  ...['load-ip-set', 'bittorrent-dht', '@silentbot1/nat-api'],
  ...['parse-torrent', 'create-torrent', 'torrent-discovery', '@thaunknown/simple-peer/lite.js'],
];

/** `path` is the one Node module that webtorrent really calls. */
export const browserAliases: Record<string, string> = {
  path: 'path-esm',
  ...Object.fromEntries(replaced.map((name) => [name, nothing])),
};

/** The build's name: a digest over all it is made from, so the same sources give the same build. */
function buildId(): string {
  const digest = createHash('sha256');
  const add = (path: string) =>
    digest
      .update(path)
      .update('\0')
      .update(readFileSync(here(path)));
  for (const folder of ['src', 'workers', 'public']) {
    readdirSync(here(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(here('.').length))
      .sort()
      .forEach(add);
  }
  for (const file of ['index.html', 'vite.config.ts', 'package-lock.json']) add(file);
  return digest.digest('hex').slice(0, 12);
}

export const defines = {
  global: 'globalThis',
  'process.browser': 'true',
  __RILL_BUILD__: JSON.stringify(buildId()),
} satisfies UserConfig['define'];

/** For the development server, whose bundler of packages heeds their `browser` field before any alias. */
export const optimizeDeps = {
  entries: ['index.html', 'workers/*.worker.ts'],
  rolldownOptions: {
    plugins: [
      {
        name: 'rill-replaced',
        resolveId: {
          order: 'pre',
          handler: (id: string) => (replaced.includes(id) ? nothing : null),
        },
      },
    ],
  },
} satisfies UserConfig['optimizeDeps'];
