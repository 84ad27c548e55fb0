import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';

const root = resolve(import.meta.dirname, '../..');

/** The guide's commands and its program, in their order, on a broker and a registry at ports of their own. */
test('every command of the guide does what it says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using broker = await startBroker({ port: 0 });
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  t.after(() => registry.close());
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');

  const guide = readFileSync(join(import.meta.dirname, 'schemas-and-types.md'), 'utf8')
    .replaceAll('127.0.0.1:9092', broker.bootstrap)
    .replaceAll('127.0.0.1:8081', new URL(registry.url).host);
  const headwater = `'${process.execPath}' '${join(root, 'packages/headwater/bin/headwater.ts')}'`;
  const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) =>
    block!.replaceAll('npx headwater', headwater).replaceAll('curl ', 'curl -sS --fail-with-body '),
  );
  const [, register, types, evolve] = blocks;
  const run = (command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> =>
    new Promise((done) => {
      const env = { ...process.env, HEADWATER_REGISTRY_URL: registry.url };
      const child = spawn(command, args, { cwd: folder, env });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
      child.on('close', (code) => done({ code, output }));
    });
  const shell = (script: string) => run('sh', ['-c', script]);
  const ok = async (script: string): Promise<string> => {
    const { code, output } = await shell(script);
    assert.equal(code, 0, `${script}\n${output}`);
    return output;
  };
  const compile = async (): Promise<string> => {
    const flags =
      '--noEmit --ignoreConfig --strict --module nodenext --target es2024 --types node --skipLibCheck --lib es2024,esnext.disposable,esnext.collection,esnext.iterator --allowImportingTsExtensions';
    return (await run(process.execPath, [join(root, 'node_modules/.bin/tsc'), ...flags.split(' '), 'program.ts']))
      .output;
  };

  if ((await shell('curl --version')).code !== 0) return t.skip('curl is not installed');
  await ok(register!);
  assert.match(await ok(types!), /headwater-types\.ts written \(2 subjects\)/);
  const program = /```ts\n(.*?)```/s.exec(guide)![1]!;
  writeFileSync(join(folder, 'program.ts'), program);
  assert.equal(await compile(), '');
  assert.equal((await run(process.execPath, ['program.ts'])).output, 'o-1 1200n\n');

  const lines = evolve!.split('\n');
  const check = lines.findIndex((line) => line.includes('--check'));
  await ok(lines.slice(0, check).join('\n'));
  // Compiled before, the program goes on.
  assert.equal((await run(process.execPath, ['program.ts'])).output, 'o-1 1200n\n');
  const old = await shell(lines[check]!);
  assert.equal(old.code, 1);
  assert.match(old.output, /\+ .*currency: string;/);
  await ok(lines[check + 1]!);
  assert.match(await compile(), /'currency' is missing/);
});
