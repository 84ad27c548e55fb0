import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from './run-script.ts';

const page = join(import.meta.dirname, '../../../../docs/reference/sql-beyond-ksqldb.md');

for (const section of readFileSync(page, 'utf8').split(/^## /m).slice(1)) {
  const [heading] = section.split('\n', 1);
  const scripts = [...section.matchAll(/^```sql\n(.*?)^```$/gms)];
  test(`${heading}: its example does what it says`, async () => {
    assert.ok(scripts.length > 0, 'there is none');
    for (const [, text] of scripts) {
      const script = { name: heading!, text: text!, expectedMessage: null };
      const readScript = () => Promise.reject(new Error('there is no other script'));
      const { failures } = await runScriptTest(script as never, { functions: builtInFunctions(), readScript });
      assert.deepEqual(failures, []);
    }
  });
}
