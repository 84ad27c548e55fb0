import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '@headwater/serdes';
import { incompatibilities } from '../src/compatibility/index.ts';
import { jsonSchemaPairs } from './json-schema-cases.ts';

test('JSON Schema: every pair is judged by the rule that Confluent states', () => {
  const pairs = jsonSchemaPairs();
  assert.equal(new Set(pairs.map(({ name }) => name)).size, pairs.length);
  const differences = pairs.flatMap(({ name, earlier, next, rule }) => {
    const found = incompatibilities(parseSchema('JSON', next), parseSchema('JSON', earlier)).map(
      (each) => each.errorType,
    );
    const isRight = rule === undefined ? found.length === 0 : found.includes(rule);
    return isRight ? [] : [{ name, rule, found }];
  });
  assert.deepEqual(differences, []);
});
