import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, type Given, of } from '../testing/call-function.ts';

const { text, int, bytes } = of;
const cases: [name: string, given: Given[], expected: unknown][] = [
  ['UCASE', [text('straße')], 'STRASSE'],
  ['LCASE', [text('ABC')], 'abc'],
  ['INITCAP', [text("the  tWo o'neil 3rd")], "The  Two O'neil 3rd"],
  ['TRIM', [text(' \t\u0001a b\u00a0 ')], 'a b\u00a0'],
  ['LEN', [text('a😀')], 3],
  ['LEN', [bytes('abcd')], 4],
  ['SUBSTRING', [text('stream'), int(2), int(3)], 'tre'],
  ['SUBSTRING', [text('stream'), int(-3)], 'eam'],
  ['SUBSTRING', [text('stream'), int(-9), int(2)], 'st'],
  ['SUBSTRING', [text('stream'), int(0), int(2)], 'st'],
  ['SUBSTRING', [text('stream'), int(9)], ''],
  ['SUBSTRING', [text('stream'), int(2), int(-1)], ''],
  ['SUBSTRING', [text('stream'), int(null)], null],
  ['SUBSTRING', [bytes('stream'), int(2), int(3)], Buffer.from('tre')],
  ['INSTR', [text('banana'), text('an')], 2],
  ['INSTR', [text('banana'), text('an'), int(3)], 4],
  ['INSTR', [text('banana'), text('an'), int(1), int(2)], 4],
  ['INSTR', [text('banana'), text('an'), int(-1)], 4],
  ['INSTR', [text('banana'), text('an'), int(-3)], 2],
  ['INSTR', [text('banana'), text('an'), int(-1), int(2)], 2],
  ['INSTR', [text('banana'), text('an'), int(9)], 0],
  ['INSTR', [text('banana'), text('x'), int(-1)], 0],
  ['INSTR', [text(null), text('x')], 0],
  ['SPLIT', [text('a,b,,c,'), text(',')], ['a', 'b', '', 'c', '']],
  ['SPLIT', [text('abc'), text('')], ['a', 'b', 'c']],
  ['SPLIT', [text(''), text('')], ['']],
  ['SPLIT', [bytes('a--b'), bytes('--')], [Buffer.from('a'), Buffer.from('b')]],
  [
    'SPLIT_TO_MAP',
    [text('a:1/b:2:3/c/a:4'), text('/'), text(':')],
    new Map([
      ['a', '4'],
      ['b', '2'],
    ]),
  ],
  ['SPLIT_TO_MAP', [text('a:1'), text(':'), text(':')], null],
  ['REPLACE', [text('a.b.c'), text('.'), text('$&')], 'a$&b$&c'],
  ['FIELD', [text('b'), text('a'), text('b')], 2],
  ['FIELD', [text(null), text(null)], 0],
  ['ELT', [int(2), text('a'), text('b')], 'b'],
  ['ELT', [int(3), text('a'), text('b')], null],
  ['CONCAT', [text('a'), of.nothing, text('b')], 'ab'],
  ['CONCAT', [text(null), text(null)], ''],
  ['CONCAT', [bytes('a'), bytes('b')], Buffer.from('ab')],
  ['CONCAT_WS', [text(', '), text('a'), text(null), text('b')], 'a, b'],
  ['CONCAT_WS', [text(null), text('a')], null],
  ['LPAD', [text('7'), int(4), text('ab')], 'aba7'],
  ['LPAD', [text('stream'), int(3), text('x')], 'str'],
  ['LPAD', [text('a'), int(3), text('')], null],
  ['LPAD', [text('a'), int(2_000_000_000), text('x')], null],
  ['RPAD', [text(''), int(5), text('ab')], 'ababa'],
  ['RPAD', [bytes('a'), int(4), bytes('bc')], Buffer.from('abcb')],
  ['RPAD', [bytes('abc'), int(-1), bytes('b')], null],
  ['CHR', [int(128512)], '😀'],
  ['CHR', [int(1114112)], null],
  ['CHR', [text('\\u00e9')], 'é'],
  ['CHR', [text('e')], null],
  ['MD5', [text('')], 'd41d8cd98f00b204e9800998ecf8427e'],
  ['UUID', [bytes('0123456789abcdef')], '30313233-3435-3637-3839-616263646566'],
  ['UUID', [bytes('x')], null],
  ['MASK', [text('Pass É 1²😀')], 'Xxxx-X-n---'],
  ['MASK', [text('Ab1-'), text('U'), text(null), text('D'), text('*')], 'UbD*'],
  ['MASK', [text('Ab'), text('UU'), text('l'), text('d'), text('o')], null],
  ['MASK_LEFT', [text('Pass 12'), int(2)], 'Xxss 12'],
  ['MASK_RIGHT', [text('Pass 12'), int(3)], 'Pass-nn'],
  ['MASK_KEEP_LEFT', [text('Pass 12'), int(5)], 'Pass nn'],
  ['MASK_KEEP_RIGHT', [text('Pass 12'), int(3)], 'Xxxx 12'],
  ['MASK_LEFT', [text('Pass'), int(-1)], null],
  ['ENCODE', [text("x'4a6F'"), text('hex'), text('utf8')], 'Jo'],
  ['ENCODE', [text('0x5'), text('hex'), text('ascii')], '\u0005'],
  ['ENCODE', [text('é'), text('utf8'), text('ascii')], '\ufffd\ufffd'],
  ['ENCODE', [text('é'), text('ascii'), text('hex')], '3f'],
  ['ENCODE', [text('abc'), text('utf8'), text('base64')], 'YWJj'],
  ['ENCODE', [text('5'), text('hex'), text('utf8')], null],
  ['TO_BYTES', [text('00ff'), text('hex')], Buffer.from([0, 255])],
  ['FROM_BYTES', [bytes('\u00ff'), text('hex')], 'FF'],
  ['INT_FROM_BYTES', [bytes('\u0000\u0000\u0001\u0002')], 258],
  ['INT_FROM_BYTES', [bytes('\u0001\u0000\u0000\u0000'), text('LITTLE_ENDIAN')], 1],
  ['BIGINT_FROM_BYTES', [bytes('\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff')], 9223372036854775807n],
  ['DOUBLE_FROM_BYTES', [bytes('\u003f\u00f8\u0000\u0000\u0000\u0000\u0000\u0000')], 1.5],
  ['INT_FROM_BYTES', [bytes('abc')], null],
];

for (const [name, given, expected] of cases) {
  test(`${name}(${given.map((each) => JSON.stringify('value' in each ? each.value : each)).join(', ')})`, () => {
    assert.deepEqual(call(name, ...given), expected);
  });
}

test('UUID() is a random one', () => {
  assert.match(call('UUID') as string, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
