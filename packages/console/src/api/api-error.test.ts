import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readError } from './api-error.ts';

const told = (status: number, text: string): [string, string] => {
  const error = readError(status, text);
  return [error.code, error.message];
};

test('refusals of the parts', () => {
  assert.deepEqual(told(404, '{"error":{"code":"HW_REST_UNKNOWN_TOPIC","message":"there is no topic"}}'), [
    'HW_REST_UNKNOWN_TOPIC',
    'there is no topic',
  ]);
  assert.deepEqual(
    told(
      404,
      '{"error":{"root_cause":[{"type":"a","reason":"no such index [x]"}],"type":"a","reason":"outer"},"status":404}',
    ),
    ['a', 'no such index [x]'],
  );
});

test('of a query that all shards refused, the place of the mistake', () => {
  const shard = `{"reason":{"type":"query_shard_exception","reason":"Failed to parse query [kafka (]","caused_by":{"type":"parse_exception","reason":"Cannot parse 'kafka (': line 1, column 7."}}}`;
  const text = `{"error":{"root_cause":[{"reason":"Encountered"}],"type":"search_phase_execution_exception","reason":"all shards failed","failed_shards":[${shard}]},"status":400}`;
  assert.deepEqual(told(400, text), ['search_phase_execution_exception', "Cannot parse 'kafka (': line 1, column 7."]);
});

test('whatever else came', () => {
  assert.deepEqual(told(502, 'bad gateway'), ['HTTP_502', 'bad gateway']);
  assert.deepEqual(told(500, ''), ['HTTP_500', 'The answer was 500 without a reason.']);
  assert.deepEqual(told(400, '{"error":"plain"}'), ['HTTP_400', 'plain']);
  assert.deepEqual(told(400, '{"x":1}'), ['HTTP_400', '{"x":1}']);
});
