import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';

test('the examples of the README run', async () => {
  const root = join(import.meta.dirname, '..');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, example]) => example!);
  const dir = mkdtempSync(join(tmpdir(), 'headwater-readme-'));
  const broker = await startBroker();
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  try {
    assert.ok(examples.length >= 3);
    for (const [index, example] of examples.entries()) {
      const file = join(dir, `example-${index}.ts`);
      const text = example
        .replace("'@headwater/serdes'", `'${join(root, 'index.ts')}'`)
        .replace('http://127.0.0.1:8081', registry.url);
      writeFileSync(file, text);
      const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 });
      // What an example prints stands in the comment behind it.
      const told = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, printed]) => printed);
      assert.equal(stdout, told.map((printed) => `${printed}\n`).join(''));
    }
  } finally {
    await registry.close();
    await broker.close();
    rmSync(dir, { recursive: true });
  }
});
