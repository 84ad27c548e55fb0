/** What is published, installed as a user does: it runs, has its types, and the examples pass with each of the three runners. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { packPackages } from '../../../scripts/pack.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
const dir = mkdtempSync(join(tmpdir(), 'headwater-installed-'));
const app = join(dir, 'app');
/** Those of the user's own choice; not of this repository, which would carry 300 packages for them. */
const runners = ['jest@30.5.2', 'vitest@5.1.1'];

const npm = (...args: string[]) =>
  run('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: app, timeout: 120_000 });
// Not as a part of this run of tests.
const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
const node = (...args: string[]) => run(process.execPath, args, { cwd: app, env });

/** What the packages need of others, from what is installed here: so that this works without a registry. */
async function packInstalled(names: Set<string>): Promise<Map<string, string>> {
  const from = (name: string) => join(root, 'node_modules', name);
  for (const name of names) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(from(name), 'package.json'), 'utf8'));
    for (const each of Object.keys(dependencies)) names.add(each);
  }
  const { stdout } = await run('npm', ['pack', ...[...names].map(from), '--json', '--ignore-scripts'], { cwd: dir });
  const packed = JSON.parse(stdout) as { name: string; filename: string }[];
  return new Map(packed.map(({ filename, name }) => [name, join(dir, filename)]));
}

before(async () => {
  const ours = await packPackages(['broker'], join(dir, 'packed'));
  const needed = new Set(['kafkajs']);
  for (const tarball of ours) {
    const name = basename(tarball).replace(/^headwater-|-[\d.]+\.tgz$/g, '');
    const { dependencies = {} } = JSON.parse(readFileSync(join(dir, 'packed', name, 'package.json'), 'utf8'));
    for (const each of Object.keys(dependencies)) if (!each.startsWith('@headwater/')) needed.add(each);
  }
  const others = await packInstalled(needed);
  cpSync(join(import.meta.dirname, '..'), app, { recursive: true });
  const dependencies: Record<string, string> = {};
  for (const tarball of ours)
    dependencies[basename(tarball).replace(/^headwater-(.*)-[\d.]+\.tgz$/, '@headwater/$1')] = `file:${tarball}`;
  for (const [name, tarball] of others) dependencies[name] = `file:${tarball}`;
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, dependencies }));
  await npm('install', '--offline', '--omit=optional');
});
after(() => rmSync(dir, { recursive: true, force: true }));

test('plain Node: import and require', async () => {
  writeFileSync(
    join(app, 'main.mjs'),
    `import { startBroker } from '@headwater/broker';
await using broker = await startBroker(); console.log(broker.bootstrap);`,
  );
  assert.match((await node('main.mjs')).stdout, /^127\.0\.0\.1:\d+\n$/);
  writeFileSync(
    join(app, 'main.cjs'),
    `const { startBroker } = require('@headwater/broker');
startBroker().then(async (broker) => { console.log(broker.bootstrap); await broker.close(); });`,
  );
  assert.match((await node('main.cjs')).stdout, /^127\.0\.0\.1:\d+\n$/);
});

test('types, for ES modules and CommonJS, in each way of resolving', async () => {
  for (const [extension, module, moduleResolution] of [
    ['mts', 'nodenext', 'nodenext'],
    ['cts', 'nodenext', 'nodenext'],
    ['mts', 'esnext', 'bundler'],
  ]) {
    const file = join(app, `typed.${extension}`);
    cpSync(join(import.meta.dirname, 'typed.txt'), file);
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const options = ['--noEmit', '--strict', '--target', 'es2024', '--lib', 'es2024,esnext.disposable'];
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), ...options, ...types];
    await node(...tsc, '--module', module!, '--moduleResolution', moduleResolution!, file).catch(
      (error: { stdout: string }) => {
        assert.fail(`${extension} ${moduleResolution}: ${error.stdout}`);
      },
    );
  }
});

test('the example with node:test', async () => {
  const { stdout } = await node('--test', 'node-test/invoicing.test.ts');
  assert.match(stdout, /fail 0\n/);
});

test('the examples with Vitest and Jest', async (t) => {
  try {
    await npm('install', '--prefer-offline', '--no-save', '--fetch-retries=0', '--fetch-timeout=20000', ...runners);
  } catch (error) {
    return t.skip(`${runners.join(', ')} cannot be installed here: ${(error as Error).message.slice(0, 200)}`);
  }
  const report = (error: { stdout: string; stderr: string }) => assert.fail(`${error.stdout}\n${error.stderr}`);
  await node('node_modules/vitest/vitest.mjs', 'run', '--dir', 'vitest', '--testTimeout', '60000').catch(report);
  await node('node_modules/jest/bin/jest.js', '--rootDir', 'jest', '--testTimeout', '60000').catch(report);
});
