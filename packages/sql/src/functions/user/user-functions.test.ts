import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { sqlTypes } from '../../types/sql-type.ts';
import { builtInFunctions } from '../built-in.ts';
import type { AggregateFunction, ScalarFunction, TableFunction } from '../function.ts';
import { defineAggregate, defineFunction, defineTableFunction } from './define-function.ts';
import { loadUserFunctions } from './load-functions.ts';

const { integer, string } = sqlTypes;
const value = (type: typeof integer | typeof string) => ({ kind: 'value', type }) as const;

const shout = defineFunction({
  name: 'shout',
  parameters: [
    { name: 'text', type: 'STRING' },
    { name: 'marks', type: 'INTEGER' },
  ],
  returns: 'STRING',
  evaluate: (text, marks) => text.toUpperCase() + '!'.repeat(marks),
});

test('functions, aggregates and table functions are called as those of the language', () => {
  const registry = builtInFunctions();
  registry.add(shout);
  registry.add(
    defineAggregate({
      name: 'LONGEST',
      parameters: [{ name: 'text', type: 'STRING' }],
      state: 'STRING',
      returns: 'STRING',
      initial: () => null,
      add: (state, text) => (text !== null && text.length > (state?.length ?? -1) ? text : state),
      merge: (one, other) => ((other?.length ?? -1) > (one?.length ?? -1) ? other : one),
    }),
  );
  registry.add(
    defineTableFunction({
      name: 'LETTERS',
      parameters: [{ name: 'text', type: 'STRING' }],
      returns: 'STRING',
      rows: (text) => (text === null ? null : [...text]),
    }),
  );
  const called = registry.scalar(registry.get('SHOUT') as ScalarFunction, [value(string), value(integer)]);
  assert.equal(called.evaluate('hey' as never, 2 as never), 'HEY!!');
  assert.equal(called.isNullTaken, false);
  const { aggregator } = registry.aggregate(registry.get('LONGEST') as AggregateFunction, [value(string)]);
  assert.equal(aggregator.result(['a', null, 'abc', 'b'].reduce(aggregator.add, aggregator.initial())), 'abc');
  assert.equal(aggregator.undo, null);
  assert.deepEqual(registry.table(registry.get('LETTERS') as TableFunction, [value(string)]).rows('ab' as never), [
    'a',
    'b',
  ]);
});

test('a definition that is wrong says what to write', () => {
  const evaluate = (): null => null;
  assert.throws(
    () => defineFunction({ name: 'a-b', parameters: [], returns: 'STRING', evaluate }),
    /letters, digits and _/,
  );
  assert.throws(() => defineFunction({ name: 'A', parameters: [], returns: 'TEXTS<', evaluate }), /write it as in SQL/);
  assert.throws(
    () => defineFunction({ name: 'A', parameters: [], returns: 'STRING' } as never),
    /The function A needs a method evaluate/,
  );
});

test('a folder of modules is loaded, and what is wrong with a file is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-functions-'));
  const define = pathToFileURL(join(import.meta.dirname, 'define-function.ts')).href;
  const file = (name: string, text: string): Promise<void> =>
    writeFile(join(folder, name), `import { defineFunction } from ${JSON.stringify(define)};\n${text}`);
  try {
    const definition = (name: string): string =>
      `defineFunction({ name: '${name}', parameters: [{ name: 'n', type: 'INTEGER' }], returns: 'INTEGER', evaluate: (n) => n * 2 })`;
    await file('twice.ts', `export const twice = ${definition('TWICE')};`);
    await file('twice.test.ts', 'throw new Error();');
    const registry = builtInFunctions();
    assert.deepEqual(await loadUserFunctions(folder, registry), ['TWICE']);
    assert.equal(registry.scalar(registry.get('twice') as ScalarFunction, [value(integer)]).evaluate(21 as never), 42);

    await file('trim.ts', `export default ${definition('TRIM')};`);
    await assert.rejects(
      loadUserFunctions(folder, builtInFunctions()),
      /trim\.ts: the function TRIM is one of the language/,
    );
    await rm(join(folder, 'trim.ts'));
    await file('nothing.ts', 'export const nothing = defineFunction;');
    await assert.rejects(loadUserFunctions(folder, builtInFunctions()), /nothing\.ts: it exports no function/);
    await file('nothing.ts', 'throw new Error("broken");');
    await assert.rejects(loadUserFunctions(join(folder, 'absent'), builtInFunctions()), /cannot be read: make it/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
