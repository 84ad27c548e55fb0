import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('the example of the README runs', { timeout: 120_000 }, async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, example] = /```ts\n(.*?)```/s.exec(readme)!;
  // Below this directory, so that it finds the packages.
  const directory = mkdtempSync(join(import.meta.dirname, '.readme-'));
  try {
    writeFileSync(join(directory, 'example.ts'), example!);
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', 'example.ts'], { cwd: directory });
    assert.equal(stdout.trim(), "[ { word: 'stream', count: '3' } ]");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
