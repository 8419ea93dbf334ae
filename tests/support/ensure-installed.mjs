// Installs what package-lock.json names when node_modules is missing or behind. Plain Node without packages.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { platform } from 'node:process';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {string} path @returns {Record<string, { version?: string, optional?: boolean, peer?: boolean }>} */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(`${ROOT}/${path}`, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** Whether every package of the lock file is there in its version; optional ones may be missing (other platforms). */
export function isInstalled() {
  const wanted = lockedPackages('package-lock.json');
  // npm writes this file last, so an interrupted install has none.
  const present = lockedPackages('node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || present[path]?.version === version || (optional && !present[path]),
  );
}

/**
 * Installs the lock file's versions when needed. Throws when that fails.
 *
 * `npm install`, not `npm ci`: where the lock file was written against a registry without the
 * binaries of other platforms, npm leaves those optional packages out, and `npm ci` then takes it for
 * out of date on every platform. `--no-save` leaves the lock file as it is.
 */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log('Installing packages…');
  const done = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: platform === 'win32',
  });
  if (done.status !== 0) throw new Error('npm install failed: see above.');
}
