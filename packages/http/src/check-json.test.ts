import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkJson, isJson } from './check-json.ts';

/** What a strict decoder and `JSON.parse` say: the judge. */
function judge(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

test('agrees with JSON.parse on whole and broken texts', () => {
  const texts = [
    '{}',
    '[]',
    ' [ 1 , 2 ] ',
    '{"a":{"b":[null,true,false,-0,0.5,1e9,1E-9,-1.5e+3]}}',
    '"\\u00e4\\n\\/"',
    '"ä€😀"',
    '1',
    'null',
    '\t\r\n1\n',
    '',
    ' ',
    '{',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a"}',
    '{"a":}',
    '{"a" 1}',
    '[1 2]',
    '01',
    '1.',
    '.5',
    '-',
    '1e',
    '+1',
    'NaN',
    'nul',
    'nulll',
    'tru',
    '"a',
    '"\n"',
    '"\\x"',
    '"\\u12g4"',
    '[}',
    '{]',
    '1 2',
    '[1]]',
    '\ufeff1',
    '"\t"',
    '[,1]',
    '{,}',
    '//a\n1',
    '1a',
    '"\\',
    '"\\u12',
  ];
  for (const text of texts) {
    const bytes = Buffer.from(text);
    assert.equal(isJson(bytes), judge(bytes), JSON.stringify(text));
    assert.equal(checkJson(bytes) === undefined, judge(bytes), JSON.stringify(text));
  }
});

test('agrees with JSON.parse on random damage', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const whole = Buffer.from(
    '{"id": 9007199254740993, "t":"a\\u00e4 \\"q\\" ä€😀", "n":[1,-2.5e+10,{"x":null}], "b":[true,false,[]],"o":{}}',
  );
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.from(whole);
    for (let n = random(3); n >= 0; n--)
      bytes[random(bytes.length)] = random(2) === 0 ? random(256) : '{}[]",:0e\\ \n'.charCodeAt(random(12));
    const cut = random(4) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
    assert.equal(isJson(cut), judge(cut), `seed ${seed}: ${cut.toString('latin1')}`);
  }
});

test('says where and what', () => {
  const at = (text: string | Buffer) => {
    const mistake = checkJson(Buffer.from(text as string))!;
    return [mistake.line, mistake.column, mistake.message];
  };
  assert.deepEqual(at('{"a":1,}'), [1, 8, 'a name in double quotes is expected, not "}"']);
  assert.deepEqual(at('{\n  "ä": tru\n}'), [2, 8, 'a value is expected (did you mean true?)']);
  assert.deepEqual(at('[1\n2]'), [2, 1, '"," or "]" is expected, not "2"']);
  assert.deepEqual(at(''), [1, 1, 'a value is expected, not the end']);
  assert.deepEqual(at('{"a":"b'), [1, 6, 'the string that begins here has no end']);
  assert.deepEqual(at('007'), [1, 2, 'a number must not begin with 0']);
  assert.deepEqual(at(Buffer.from([0x22, 0xc3, 0xa4, 0xff, 0x22])), [1, 3, 'the bytes are not UTF-8']);
  assert.deepEqual(
    at(Buffer.concat([Buffer.from('"'.padEnd(1000, 'ä')), Buffer.from([0xe2, 0x82]), Buffer.from('"')])),
    [1, 1001, 'the bytes are not UTF-8'],
  );
});

test('nesting is bounded, and costs no stack', () => {
  assert.ok(isJson(Buffer.from('['.repeat(1_000) + ']'.repeat(1_000))));
  assert.match(checkJson(Buffer.from('['.repeat(100_000)))!.message, /deeper than 1000/);
});
