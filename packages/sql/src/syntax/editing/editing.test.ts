import { deepEqual, equal } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { checkScript } from '../parse.ts';
import { mutated } from '../testing/mutate.ts';
import { SeededRandom } from '../testing/seeded-random.ts';
import { complete } from './complete.ts';
import { describePosition } from './describe-position.ts';
import { expectedWords } from './expected-words.ts';
import { highlight } from './highlight.ts';

const editing = new URL('../../../editing.ts', import.meta.url).href;

test('words are shown by what they mean in their place', () => {
  const shown = highlight("SELECT s.key, len(`a`) -- x\nFROM t WHERE a = CAST(1.5 AS INT) AND b = 'it''s' ?")
    .filter(({ kind }) => kind !== 'space' && kind !== 'symbol')
    .map(({ kind, text }) => `${kind} ${text}`);
  deepEqual(shown, [
    'keyword SELECT',
    'name s',
    'name key',
    'function len',
    'name `a`',
    'comment -- x',
    'keyword FROM',
    'name t',
    'keyword WHERE',
    'name a',
    'keyword CAST',
    'number 1.5',
    'keyword AS',
    'type INT',
    'keyword AND',
    'name b',
    "string 'it''s'",
    'error ?',
  ]);
});

test('the pieces are the text, whatever it is (seed 3)', () => {
  const random = new SeededRandom(3);
  for (let count = 0; count < 500; count++) {
    const text = mutated("SELECT a.b, 'x' /* c */ FROM `t` -- d\nWHERE 1 = 2.5e3;", random);
    equal(
      highlight(text)
        .map((piece) => piece.text)
        .join(''),
      text,
    );
  }
});

test('the place of an error is shown below its line', () => {
  const text = 'SELECT a\n\tFORM b;';
  const [error] = checkScript(text).errors;
  equal(describePosition(text, error!.position!), '2 | \tFORM b;\n    \t     ^');
  const long = `SELECT ${'a, '.repeat(100)} FROM;`;
  const [line, caret] = describePosition(long, checkScript(long).errors[0]!.position!).split('\n');
  equal(line!.slice(caret!.length - 1, caret!.length + 4), 'FROM;');
  equal(line!.length < 120, true);
});

test('a begun word is completed, in its case, with names where they belong', () => {
  deepEqual(complete('SHOW TAB', 8, {}, expectedWords).items, ['TABLES']);
  deepEqual(complete('SHOW TABLES; drop t', 19, {}, expectedWords).items, ['table', 'type']);
  deepEqual(complete('sel', 3).items, ['select']);
  deepEqual(complete('SHOW STR', 8, {}, expectedWords).items, ['STREAMS']);
  const names = { sources: ['ORDERS', 'mixed'], functions: ['LEN', 'LCASE'], topics: ['a.b'], columns: ['ID'] };
  deepEqual(complete('SELECT * FROM ', 14, names).items, ['ORDERS', '`mixed`']);
  deepEqual(complete('select l from t', 8, names), {
    startIndex: 7,
    items: ['last', 'lcase(', 'left', 'len(', 'like', 'limit', 'list', 'load'],
  });
  deepEqual(complete('SELECT s.', 9, names).items, ['ID']);
  deepEqual(complete('PRINT ', 6, names).items, ["'a.b'"]);
  deepEqual(complete("SELECT 'sel", 11).items, []);
  deepEqual(complete('-- sel', 6).items, []);
});

test('what editors need is loaded where there is no Node', () => {
  const program = `delete globalThis.Buffer; delete globalThis.process; await import(${JSON.stringify(editing)});`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  equal(status, 0, stderr);
});
