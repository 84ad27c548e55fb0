// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are SQL's variables
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { tokenize } from './lexer.ts';

const shown = (text: string) =>
  tokenize(text)
    .slice(0, -1)
    .map(({ kind, value }) => `${kind} ${value}`);

test('words are upper case, quoted names keep their case and lose their quotes', () => {
  deepEqual(shown('select Abc_1@x `a``b` "c""D"'), ['word SELECT', 'word ABC_1@X', 'quoted a`b', 'quoted c"D']);
});

test('numbers are the longest of what a digit can begin', () => {
  deepEqual(shown('1 1. .5 1.50 1e5 1.5E-3 1abc 1e 12_3 a.5'), [
    'integer 1',
    'decimal 1.',
    'decimal .5',
    'decimal 1.50',
    'float 1e5',
    'float 1.5E-3',
    'digits 1abc',
    'digits 1e',
    'digits 12_3',
    'word A',
    'decimal .5',
  ]);
});

test('operators of two characters are one token, but > > are two', () => {
  deepEqual(
    shown("a->b:=c=>d<>e!=f<=g||h>>'x''y'").filter((item) => !item.startsWith('word')),
    [
      'symbol ->',
      'symbol :=',
      'symbol =>',
      'symbol <>',
      'symbol !=',
      'symbol <=',
      'symbol ||',
      'symbol >',
      'symbol >',
      "string x'y",
    ],
  );
});

test('comments are left out, and comment signs in strings are no comments', () => {
  deepEqual(shown("a -- b ' c\n/* d ; */ 'e -- /* f' ;"), ['word A', 'string e -- /* f', 'symbol ;']);
});

test('variables, and a dollar that is none', () => {
  deepEqual(shown('${abc} $x ${1}'), [
    'variable abc',
    'unknown $',
    'word X',
    'unknown $',
    'unknown {',
    'integer 1',
    'unknown }',
  ]);
});

test('what has no end is one token to the end of the text', () => {
  for (const text of ["'abc; x", '`abc', '"abc\n', '/* abc * /', "'a''"]) {
    const [first, ...others] = tokenize(text);
    equal(first!.kind, 'unclosed');
    equal(first!.text, text);
    equal(others.length, 1);
  }
});

test('places count lines from 1 and columns from 0, also behind a string of several lines and from an origin', () => {
  const [a, string, b] = tokenize("a\n  'x\ny' b", { line: 5, column: 3, index: 100 });
  deepEqual(a!.start, { line: 5, column: 3, index: 100 });
  deepEqual(string!.start, { line: 6, column: 2, index: 104 });
  deepEqual(string!.end, { line: 7, column: 2, index: 109 });
  deepEqual(b!.start, { line: 7, column: 3, index: 110 });
});

test('a text outside the basic plane is one unknown character', () => {
  deepEqual(shown('😀a'), ['unknown 😀', 'word A']);
});
