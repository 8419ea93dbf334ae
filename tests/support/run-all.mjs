// `npm test` and `npm run verify`: installs what is missing, runs every check, counts over all runners.
// Plain Node without packages, since it starts before there are any. Usage: run-all.mjs test|verify
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, exit, platform, stdout } from 'node:process';
import { ensureInstalled, ROOT } from './ensure-installed.mjs';
import { ensureChromium } from './find-chromium.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */
/** @typedef {{ name: string, args: string[], report?: 'vitest' | 'playwright' }} Step */

const reports = mkdtempSync(join(tmpdir(), 'rill-reports-'));

/** @param {string} script @returns {Step} a check that passes or fails as a whole */
const check = (script) => ({ name: script, args: ['npm', 'run', '--silent', script] });

/** @param {string} project @returns {Step} */
const vitest = (project) => ({
  name: project,
  args: ['npx', 'vitest', 'run', '--project', project, '--reporter=default', '--reporter=json'],
  report: 'vitest',
});

/** @param {string} project @returns {Step} */
const playwright = (project) => ({
  name: project,
  args: ['npx', 'playwright', 'test', `--project=${project}`],
  report: 'playwright',
});

// Stages come one after the other; the lanes of a stage run side by side, each with its steps in turn. With two cores a stage
// has at most two lanes, of one core each: what asserts times must not have to share.
const stages = (/** @type {string[]} */ ...checks) => [
  // One browser and one page: a core is left over. The build is what e2e runs against.
  [[vitest('browser')], [...checks, 'build'].map(check)],
  [[vitest('unit')]],
  [[playwright('e2e')]],
  // What holds the engine to a time wants the machine for itself.
  [[playwright('e2e-timed')]],
];
const PLANS = {
  test: stages('types', 'lint'),
  verify: stages('types', 'lint', 'format:check', 'deadcode'),
};

/**
 * @param {Step} step @param {string} file for its report
 * @param {boolean} isAlone else what it says is kept together, and printed when it is over
 * @returns {Promise<{ code: number, said: Buffer }>}
 */
function run({ args: [command = '', ...args], report }, file, isAlone) {
  const output = report === 'vitest' ? [`--outputFile.json=${file}`] : [];
  const to = isAlone ? 'inherit' : 'pipe';
  /** @type {import('node:child_process').SpawnOptions} */
  const options = {
    cwd: ROOT,
    stdio: ['ignore', to, to],
    shell: platform === 'win32',
    env: { ...env, ...(report === 'playwright' && { PLAYWRIGHT_JSON_OUTPUT_FILE: file }) },
  };
  const child = spawn(command, [...args, ...output], options);
  /** @type {Buffer[]} */
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => said.push(part));
  return new Promise((resolve) => {
    const end = (/** @type {number | null} */ code) =>
      resolve({ code: code ?? 1, said: Buffer.concat(said) });
    child.on('error', () => end(1));
    child.on('close', end);
  });
}

/**
 * What a runner reported. No report, or a failure that no test accounts for (a file that does not
 * load), counts as one failed; a runner that ran nothing has failed too.
 * @param {Step} step @param {string} file @param {number} code @returns {Counts}
 */
function count({ report }, file, code) {
  const whole = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
  if (!report) return whole;
  /** @type {Counts} */
  let counts;
  try {
    const json = JSON.parse(readFileSync(file, 'utf8'));
    counts =
      report === 'vitest'
        ? { passed: json.numPassedTests, failed: json.numFailedTests }
        : { passed: json.stats.expected + json.stats.flaky, failed: json.stats.unexpected };
  } catch {
    return { passed: 0, failed: 1 };
  }
  const unexplained = counts.failed === 0 && (code !== 0 || counts.passed === 0);
  return unexplained ? { ...counts, failed: 1 } : counts;
}

const plan = PLANS[/** @type {keyof typeof PLANS} */ (argv[2])];
if (!plan) {
  console.error(`Usage: node tests/support/run-all.mjs ${Object.keys(PLANS).join('|')}`);
  exit(1);
}

let total = { passed: 0, failed: 0 };

/** @param {Step[]} steps @param {boolean} isAlone whether no other lane runs now */
async function runLane(steps, isAlone) {
  for (const step of steps) {
    const startedMs = Date.now();
    const heading = `\n── ${step.name}`;
    if (isAlone) console.log(heading);
    const file = join(reports, `${step.name}.json`);
    const { code, said } = await run(step, file, isAlone);
    const { passed, failed } = count(step, file, code);
    total = { passed: total.passed + passed, failed: total.failed + failed };
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    if (!isAlone) stdout.write(`${heading}\n${said}`);
    console.log(`── ${step.name}: ${passed} ok, ${failed} not ok in ${seconds} s`);
  }
}

try {
  ensureInstalled();
  ensureChromium();
  for (const lanes of plan) {
    const names = lanes.map((steps) => steps.map(({ name }) => name).join(', '));
    if (lanes.length > 1) console.log(`\n── side by side: ${names.join(' | ')}`);
    await Promise.all(lanes.map((steps) => runLane(steps, lanes.length === 1)));
  }
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  total.failed += 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
