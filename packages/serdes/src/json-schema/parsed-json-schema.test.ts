import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../parse-schema.ts';
import { ParsedJsonSchema } from './parsed-json-schema.ts';

test('the text is kept in its order without white space, numbers as Java writes them', () => {
  const text =
    '{ "type": "number",\n "minimum": 0.10, "maximum": 1e2, "x": [1E-10, 12.5e1, 9223372036854775808, -0.0] } trailing';
  assert.equal(
    new ParsedJsonSchema(text).canonical,
    '{"type":"number","minimum":0.10,"maximum":1E+2,"x":[1E-10,125,9223372036854775808,0.0]}',
  );
});

test('normalized texts have their members sorted', () => {
  const parsed = parseSchema(
    'JSON',
    '{"type":"object","title":"T","properties":{"b":{"type":"string","$id":"x"},"a":true}}',
  );
  assert.equal(
    parsed.normalized(),
    '{"properties":{"a":true,"b":{"$id":"x","type":"string"}},"title":"T","type":"object"}',
  );
  assert.equal(parsed.fullName, 'T');
  assert.equal(parsed.formatted('any'), parsed.canonical);
});

test('$schema says the draft; without it, or with one that is unknown, it is draft 7', () => {
  const drafts = [
    'draft-04/schema#',
    'draft-06/schema',
    'draft-07/schema#',
    'draft/2019-09/schema',
    'draft/2020-12/schema',
  ];
  const found = drafts.map((name) => new ParsedJsonSchema(`{"$schema":"http://json-schema.org/${name}"}`).draft);
  assert.deepEqual(found, [4, 6, 7, 2019, 2020]);
  assert.equal(new ParsedJsonSchema('{"$schema":"https://example.com/own"}').draft, 7);
  assert.equal(new ParsedJsonSchema('true').draft, 7);
});

test('references are found by name, by $id, by anchor and by pointer, and may lead back', () => {
  const address = '{"$id":"https://example.com/address","type":"object","definitions":{"zip":{"type":"string"}}}';
  const references = new Map([['address.json', address]]);
  const text = `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"home":{"$ref":"address.json"},
    "zip":{"$ref":"address.json#/$defs/zip"},"parent":{"$ref":"#"},"by":{"$ref":"#there"}},"$defs":{"x":{"$anchor":"there"}}}`;
  assert.equal(parseSchema('JSON', text, references).schemaType, 'JSON');
  assert.throws(() => parseSchema('JSON', text), { code: 'HW_SERDES_SCHEMA', message: /"address\.json".*references/ });
});

test('a mistake is told with its place', () => {
  const modern = '"$schema":"https://json-schema.org/draft/2020-12/schema"';
  const cases: [string, RegExp][] = [
    ['{"type":"strin"}', /no type "strin".*#\/type/],
    ['{"required":true}', /an array belongs here, not true.*#\/required/],
    ['{"properties":{"a":{"minLength":1.5}}}', /integer of 32 bits.*#\/properties\/a\/minLength/],
    ['{"multipleOf":0}', /multiple of 0/],
    ['{"pattern":"(a"}', /no regular expression.*#\/pattern/],
    ['{"properties":{"a/b":{"$ref":"#/definitions/none"}}}', /no "definitions".*#\/properties\/a~1b\/\$ref/],
    [`{${modern},"items":[{}]}`, /an object, true or false.*#\/items/],
    ['[]', /an object, true or false/],
    ['{"type":', /too early/],
  ];
  for (const [text, message] of cases)
    assert.throws(() => new ParsedJsonSchema(text), { code: 'HW_SERDES_SCHEMA', message });
});

test('what nothing refers to is not looked at in draft 7', () => {
  assert.ok(new ParsedJsonSchema('{"definitions":{"a":{"type":"nonsense"}},"unknown":{"type":7}}'));
});

test('references that lead on and on are refused, not followed until the stack is full', () => {
  const definitions = Array.from({ length: 20_000 }, (_, index) => [
    `d${index}`,
    { items: { $ref: `#/definitions/d${index + 1}` } },
  ]);
  const schema = { $ref: '#/definitions/d0', definitions: Object.fromEntries([...definitions, ['d20000', true]]) };
  assert.throws(() => new ParsedJsonSchema(JSON.stringify(schema)), {
    code: 'HW_SERDES_SCHEMA',
    message: /too many times/,
  });
});
