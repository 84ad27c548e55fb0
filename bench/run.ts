/**
 * Runs a benchmark: `npm run bench -- NAME [args]`. NAME is a file of `bench/` or of a package's `bench/` folder; without a name
 * the known ones are listed. Every benchmark prints JSON lines with machine, versions and spread, and its peer beside it.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const files = globSync(['bench/*.ts', 'packages/*/bench/*.ts'], { cwd: root }).filter(
  (file) => !/^bench\/run\.ts$|\.test\.ts$/.test(file),
);
const [name, ...args] = process.argv.slice(2);
const file = files.find((path) => basename(path, '.ts') === name);
if (file === undefined) {
  console.error(name === undefined ? 'which benchmark?' : `there is no benchmark "${name}"`);
  console.error(
    `known: ${files
      .map((path) => basename(path, '.ts'))
      .sort()
      .join(', ')}`,
  );
  process.exit(2);
}
const child = spawn(process.execPath, [resolve(root, file), ...args], { stdio: 'inherit', cwd: root });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
