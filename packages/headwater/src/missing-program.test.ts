import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { missingProgram } from './missing-program.ts';

test('a program is there when a folder of PATH has a file of its name that can be run', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-path-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'java'), '', { mode: 0o755 });
  writeFileSync(join(folder, 'text'), '', { mode: 0o644 });
  mkdirSync(join(folder, 'python3'));
  const env = { PATH: `/nowhere${delimiter}${folder}` };
  assert.equal(missingProgram({ command: ['java'] }, env), undefined);
  assert.equal(missingProgram({ command: ['text'] }, env), 'text');
  assert.equal(missingProgram({ command: ['python3'] }, env), 'python3');
  assert.equal(missingProgram({ command: ['ruby'] }, env), 'ruby');
  assert.equal(missingProgram({ command: [join(folder, 'java')] }, {}), undefined);
  assert.equal(missingProgram({ command: ['/nowhere/java'] }, env), '/nowhere/java');
  assert.equal(missingProgram({ command: ['node'] }, { PATH: '' }), undefined);
  assert.equal(missingProgram({}, env), undefined);
});
