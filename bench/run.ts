/**
 * Runs benchmarks: `npm run bench -- NAME [args]`. NAME is `package/file` (`broker/load`), the file alone where that is clear, or a package:
 * then all of its benchmarks run, one after the other. Without a name the known ones are listed. Every benchmark prints JSON lines with
 * machine, versions and spread, and its peer beside it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { basename, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const benchmarks = new Map(
  globSync(['bench/*.ts', 'packages/*/bench/*.ts'], { cwd: root })
    .filter((file) => !/^bench\/run\.ts$|\.test\.ts$/.test(file))
    .map((file) => [nameOf(file), file]),
);
const known = [...benchmarks.keys()].sort();
const [name, ...args] = process.argv.slice(2);
const ofPackage = known.filter((full) => full.startsWith(`${name}/`));
const named = known.filter((full) => full === name || full.endsWith(`/${name}`));
if (named.length > 1 || named.length + ofPackage.length === 0) {
  const several = named.length > 1 ? `"${name}" can be ${named.join(' or ')}` : `there is no benchmark "${name}"`;
  console.error(name === undefined ? 'which benchmark?' : several);
  console.error(`known: ${known.join(', ')}`);
  process.exit(2);
}
// Compiled code is kept where `npm ci` keeps it: what is measured is not the compiler.
const env = { NODE_COMPILE_CACHE: resolve(root, 'node_modules/.cache/headwater-compile'), ...process.env };
if (named.length === 1 && process.execve !== undefined && process.platform !== 'win32') {
  // In the place of this process, which would only wait, and be counted in by those who measure.
  process.chdir(root);
  process.execve(process.execPath, [process.execPath, resolve(root, benchmarks.get(named[0]!)!), ...args], env);
}
for (const wanted of named.length === 1 ? named : ofPackage) {
  const exitCode = await run(benchmarks.get(wanted)!);
  if (exitCode !== 0) process.exitCode = exitCode;
}

async function run(file: string): Promise<number> {
  const child = spawn(process.execPath, [resolve(root, file), ...args], { stdio: 'inherit', cwd: root, env });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  const [code] = await once(child, 'exit');
  process.off('SIGINT', forward).off('SIGTERM', forward);
  return code ?? 1;
}

/** `packages/broker/bench/load.ts` → `broker/load`; a file of `bench/` has its own name alone. */
function nameOf(file: string): string {
  const match = /^packages\/([^/]+)\/bench\/(.+)\.ts$/.exec(file);
  return match ? `${match[1]}/${match[2]}` : basename(file, '.ts');
}
