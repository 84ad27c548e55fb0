import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';

const root = resolve(import.meta.dirname, '../../..');
const node = (args: readonly string[], cwd: string) => promisify(execFile)(process.execPath, args, { cwd });

/** As a user does it: schemas in a registry, `headwater types`, the compiler, and the program of the README. */
test('the README’s program: types are written, it compiles, and it runs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'service-readme-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using broker = await startBroker({ port: 0 });
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  t.after(() => registry.close());
  const register = async (subject: string, schema: unknown): Promise<void> => {
    const response = await fetch(`${registry.url}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: JSON.stringify(schema) }),
    });
    assert.equal(response.status, 200);
  };
  await register('orders-key', 'string');
  await register('orders-value', {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'total', type: 'long', doc: 'In cents.' },
      { name: 'note', type: ['null', 'string'], default: null },
    ],
  });

  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const headwater = join(root, 'packages/headwater/bin/headwater.ts');
  const { stdout: said } = await node([headwater, 'types', '--registry', registry.url], folder);
  assert.equal(said, 'headwater-types.ts written (2 subjects)\n');
  await node([headwater, 'types', '--registry', registry.url, '--check'], folder);

  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const programs = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block!);
  const program = programs.find((block) => block.includes('./headwater-types.ts'))!;
  // The first one is run, with what it calls, by the test of the guide that has it too.
  assert.ok(readFileSync(join(root, 'docs/guides/your-first-service.md'), 'utf8').includes(programs[0]!));
  const placed = program.replace('127.0.0.1:9092', broker.bootstrap).replace('http://127.0.0.1:8081', registry.url);
  writeFileSync(join(folder, 'program.ts'), placed);
  const flags = '--noEmit --ignoreConfig --strict --module nodenext --target es2024 --types node --skipLibCheck';
  const more =
    '--lib es2024,esnext.disposable,esnext.collection,esnext.iterator --allowImportingTsExtensions --erasableSyntaxOnly --verbatimModuleSyntax';
  await node([join(root, 'node_modules/.bin/tsc'), ...`${flags} ${more}`.split(' '), 'program.ts'], folder);
  const { stdout } = await node(['program.ts'], folder);
  assert.equal(stdout, 'o-1 1200n\n');
});
