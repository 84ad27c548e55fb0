import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('the example of the README runs', () => {
  const root = join(import.meta.dirname, '..');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))!;
  const dir = mkdtempSync(join(tmpdir(), 'headwater-readme-'));
  try {
    const file = join(dir, 'example.ts');
    writeFileSync(file, example!.replace("'@headwater/protocol'", `'${join(root, 'index.ts')}'`));
    assert.equal(execFileSync(process.execPath, [file], { encoding: 'utf8' }), '{"clicks":3}\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
