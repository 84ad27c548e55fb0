/**
 * Runs a benchmark: `npm run bench -- NAME [args]`. NAME is `package/file` (`broker/load`), or the file alone where that is clear;
 * without a name the known ones are listed. Every benchmark prints JSON lines with machine, versions and spread, and its peer beside it.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const benchmarks = new Map(
  globSync(['bench/*.ts', 'packages/*/bench/*.ts'], { cwd: root })
    .filter((file) => !/^bench\/run\.ts$|\.test\.ts$/.test(file))
    .map((file) => [nameOf(file), file]),
);
const [name, ...args] = process.argv.slice(2);
const wanted = [...benchmarks.keys()].filter((full) => full === name || full.endsWith(`/${name}`));
if (wanted.length !== 1) {
  const several = wanted.length > 1 ? `"${name}" can be ${wanted.join(' or ')}` : `there is no benchmark "${name}"`;
  console.error(name === undefined ? 'which benchmark?' : several);
  console.error(`known: ${[...benchmarks.keys()].sort().join(', ')}`);
  process.exit(2);
}
const file = benchmarks.get(wanted[0]!)!;
const child = spawn(process.execPath, [resolve(root, file), ...args], { stdio: 'inherit', cwd: root });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});

/** `packages/broker/bench/load.ts` → `broker/load`; a file of `bench/` has its own name alone. */
function nameOf(file: string): string {
  const match = /^packages\/([^/]+)\/bench\/(.+)\.ts$/.exec(file);
  return match ? `${match[1]}/${match[2]}` : basename(file, '.ts');
}
