/** A file of a bench and all it imports as one module, the engine's own sources as the build has them. */
import { build, type Rolldown } from 'vite';
import { browserAliases, defines } from '../../vite.shared.ts';

/** @param stock packages of webtorrent that are not to be replaced as in Rill (vite.shared.ts) */
export async function bundle(entry: string, stock: readonly string[] = []): Promise<string> {
  const aliases = Object.entries(browserAliases).filter(([name]) => !stock.includes(name));
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    define: defines,
    resolve: { alias: Object.fromEntries(aliases) },
    publicDir: false,
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      // Names stay as they are, for profiles and stacks.
      minify: false,
      rolldownOptions: { input: entry, output: { codeSplitting: false } },
    },
  });
  const { output } = (Array.isArray(result) ? result[0] : result) as Rolldown.RolldownOutput;
  return output[0].code;
}
