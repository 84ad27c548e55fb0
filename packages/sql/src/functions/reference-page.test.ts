import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { builtInFunctions } from './built-in.ts';
import { functionReferencePage } from './reference-page.ts';

const page = resolve(import.meta.dirname, '../../../../docs/reference/sql-functions.md');

test('the page of functions is as the functions are', async () => {
  const written = await readFile(page, 'utf8');
  assert.ok(
    written === functionReferencePage(builtInFunctions()),
    'run `node packages/sql/scripts/write-function-reference.ts`',
  );
});

test('each function says what it does, with an example', () => {
  for (const { name, description, example, variants } of builtInFunctions().all()) {
    assert.ok(description.length > 10 && example !== undefined, name);
    for (const { parameters } of variants)
      for (const each of parameters) assert.ok(each.description, `${name} ${each.name}`);
  }
});
