// Finds a Chromium to test with, and can install one. Plain Node without packages: it also runs before packages are installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { argv, env, exit, getuid, platform } from 'node:process';
import { pathToFileURL } from 'node:url';

/**
 * Pages with which Chromium 156 fills its address bar's pop-up before anybody types: a process for each window, so for each
 * context of a test, which cost as much as everything else that opening one takes. Nothing of Rill is in them.
 */
const ADDRESS_BAR_PAGES = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

/**
 * What Playwright 1.65 switches off itself (`chromiumSwitches`), most of it background traffic. Chromium heeds only the last
 * `--disable-features`, which is ours.
 */
const PLAYWRIGHTS_OWN = [
  ...['AimEnabled', 'AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync'],
  ...['DestroyProfileOnBrowserClose', 'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades'],
  ...['LensOverlay', 'MediaRouter', 'NetworkTimeServiceQuerying', 'OptimizationHints'],
  ...['PaintHolding', 'PreconnectToSearch', 'TcpPortRandomizationWin'],
  'ThirdPartyStoragePartitioning',
];

/**
 * Flags for every test browser: no sandbox (tests may run as root), no GPU, and nothing of the
 * browser's own background traffic, which a closed network refuses and a test must not cause.
 */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${[...ADDRESS_BAR_PAGES, ...PLAYWRIGHTS_OWN].join(',')}`,
];

const COMMANDS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
];

const PLACES = {
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) =>
    join(env[name] ?? '', 'Google/Chrome/Application/chrome.exe'),
  ),
};

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where Playwright keeps the browsers it downloads, newest build first. */
function playwrightCache() {
  const root =
    env['PLAYWRIGHT_BROWSERS_PATH'] ??
    {
      darwin: join(homedir(), 'Library/Caches/ms-playwright'),
      win32: join(env['LOCALAPPDATA'] ?? '', 'ms-playwright'),
    }[/** @type {string} */ (platform)] ??
    join(homedir(), '.cache/ms-playwright');
  if (!existsSync(root)) return [];
  const inside = [
    'chrome-linux64/chrome',
    'chrome-linux/chrome',
    'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
    'chrome-win64/chrome.exe',
    'chrome-win/chrome.exe',
  ];
  return readdirSync(root)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort((a, b) => Number(b.split('-')[1]) - Number(a.split('-')[1]))
    .flatMap((name) => inside.map((path) => join(root, name, path)));
}

/**
 * The path of an installed Chromium or Chrome: `RILL_CHROMIUM`, then the usual commands, then
 * Playwright's own cache.
 * @returns {string | undefined}
 */
export function findChromium() {
  const asked = env['RILL_CHROMIUM'];
  if (asked) return isExecutable(asked) ? asked : undefined;
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => COMMANDS.map((name) => join(folder, name)));
  const known = PLACES[/** @type {keyof typeof PLACES} */ (platform)] ?? [];
  return ['/usr/bin/chromium', ...onPath, ...known, ...playwrightCache()].find(isExecutable);
}

/**
 * Like {@link findChromium}, but an error that says what to do when there is none.
 * @returns {string}
 */
export function requireChromium() {
  const path = findChromium();
  if (path) return path;
  throw new Error(
    env['RILL_CHROMIUM']
      ? `RILL_CHROMIUM names ${env['RILL_CHROMIUM']}, which is not an executable file.`
      : 'No Chromium found. Install Chromium or Chrome, or set RILL_CHROMIUM to its path ' +
          '(`npm test` tries to install one).',
  );
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const done = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: platform === 'win32',
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return done.status === 0;
}

/**
 * Finds a Chromium or installs one: the distribution's package when root, else Playwright's download.
 * @returns {string} its path; throws when there is none to be had
 */
export function ensureChromium() {
  if (findChromium() || env['RILL_CHROMIUM']) return requireChromium();
  if (platform === 'linux' && getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('No Chromium found: installing the distribution’s package.');
    run('apt-get', ['update']);
    run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
  }
  if (!findChromium()) {
    console.log('No Chromium found: asking Playwright to download one.');
    run('npx', ['playwright', 'install', 'chromium']);
  }
  return requireChromium();
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    console.log(ensureChromium());
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    exit(1);
  }
}
