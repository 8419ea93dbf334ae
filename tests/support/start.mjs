// `npm start`: installs what is missing, builds, and serves the production build. Plain Node: packages come later.
// Usage: start.mjs [--port 4173] [--base /some/path/]
import { spawnSync } from 'node:child_process';
import { exit, platform } from 'node:process';
import { parseArgs } from 'node:util';
import { ensureInstalled, ROOT } from './ensure-installed.mjs';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4173' }, base: { type: 'string', default: '/' } },
});

/** @param {unknown} problem @returns {never} */
function stop(problem) {
  console.error(problem instanceof Error ? problem.message : problem);
  exit(1);
}

try {
  ensureInstalled();
} catch (error) {
  stop(error);
}
const built = spawnSync('npm', ['run', '--silent', 'build'], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
  shell: platform === 'win32',
});
if (built.status !== 0) stop('The build failed: see above.');

const { serveFolder } = await import('./static-server.mjs');
try {
  const { url } = await serveFolder({
    root: `${ROOT}/dist`,
    port: Number(values.port),
    base: values.base,
  });
  console.log(`\nRill is at ${url}\nStop it with Ctrl+C.`);
} catch (error) {
  stop(
    /** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE'
      ? `Port ${values.port} is taken. Stop what uses it, or: npm start -- --port 4174`
      : error,
  );
}
