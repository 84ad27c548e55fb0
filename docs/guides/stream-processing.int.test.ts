import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';

const root = resolve(import.meta.dirname, '../..');

test('every program of the guide does what it says', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using broker = await startBroker({ port: 0 });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const guide = readFileSync(join(import.meta.dirname, 'stream-processing.md'), 'utf8');
  const names: string[] = [];
  for (const [, block] of guide.matchAll(/```ts\n(.*?)```/gs)) {
    const name = /^\/\/ (\S+\.ts)\n/.exec(block!)![1]!;
    names.push(name);
    writeFileSync(join(folder, name), block!.replaceAll('127.0.0.1:9092', broker.bootstrap));
  }
  assert.deepEqual(names, ['revenue.ts', 'revenue.test.ts', 'main.ts']);
  const run = (args: readonly string[]): Promise<{ code: number | null; output: string }> =>
    new Promise((done) => {
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const child = spawn(process.execPath, args, { cwd: folder, env });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
      child.on('close', (code) => done({ code, output }));
    });
  const flags =
    '--noEmit --ignoreConfig --strict --module nodenext --target es2024 --types node --skipLibCheck --lib es2024,esnext.disposable,esnext.collection,esnext.iterator --allowImportingTsExtensions';
  const compiled = await run([join(root, 'node_modules/.bin/tsc'), ...flags.split(' '), ...names]);
  assert.equal(compiled.output, '');
  const tested = await run(['--test', 'revenue.test.ts']);
  assert.equal(tested.code, 0, tested.output);
  const { code, output } = await run(['main.ts']);
  assert.deepEqual([code, output], [0, '550\nno JSON\n']);
});
