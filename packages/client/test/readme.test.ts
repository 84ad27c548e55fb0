import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startBroker } from '@headwater/broker';

test('the example of the README runs', async () => {
  const root = join(import.meta.dirname, '..');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))!;
  const dir = mkdtempSync(join(tmpdir(), 'headwater-readme-'));
  const broker = await startBroker();
  try {
    const file = join(dir, 'example.ts');
    writeFileSync(
      file,
      example!
        .replace("'@headwater/client'", `'${join(root, 'index.ts')}'`)
        .replace('127.0.0.1:9092', broker.bootstrap),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
    assert.equal(stdout, 'o-1 {"total":12}\n');
  } finally {
    await broker.close();
    rmSync(dir, { recursive: true });
  }
});
