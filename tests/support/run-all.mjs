// `npm test` and `npm run verify`: installs what is missing, runs every check, counts over all runners.
// Plain Node without packages, since it starts before there are any. Usage: run-all.mjs test|verify
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, exit, platform } from 'node:process';
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

const tests = [vitest('unit'), vitest('browser')];
// One after the other: what holds the engine to a time wants the machine for itself.
const e2e = [playwright('e2e'), playwright('e2e-timed')];
const PLANS = {
  test: [check('types'), check('lint'), ...tests, check('build'), ...e2e],
  verify: [
    ...['types', 'lint', 'format:check', 'deadcode'].map(check),
    ...tests,
    // Before e2e, which runs against what it makes.
    check('build'),
    ...e2e,
  ],
};

/** @param {Step} step @param {string} file @returns {Promise<number>} exit code */
function run({ args: [command = '', ...args], report }, file) {
  const output = report === 'vitest' ? [`--outputFile.json=${file}`] : [];
  const child = spawn(command, [...args, ...output], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: platform === 'win32',
    env: { ...env, ...(report === 'playwright' && { PLAYWRIGHT_JSON_OUTPUT_FILE: file }) },
  });
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
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
try {
  ensureInstalled();
  ensureChromium();
  for (const step of plan) {
    const startedMs = Date.now();
    console.log(`\n── ${step.name}`);
    const file = join(reports, `${step.name}.json`);
    const { passed, failed } = count(step, file, await run(step, file));
    total = { passed: total.passed + passed, failed: total.failed + failed };
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    console.log(`── ${step.name}: ${passed} ok, ${failed} not ok in ${seconds} s`);
  }
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  total.failed += 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
