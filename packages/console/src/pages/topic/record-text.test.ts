import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../api/types.ts';
import { recordJson, recordsCsv, wholeValue } from './record-text.ts';

const record: LogRecord = {
  topic: 't',
  partition: 0,
  offset: 7,
  timestamp: 0,
  timestampType: 'CreateTime',
  key: { text: 'a "key", with\nlines', sizeBytes: 19 },
  value: { text: '{"id":9223372036854775807}', sizeBytes: 26 },
  headers: [
    { key: 'h', value: { text: 'x', sizeBytes: 1 } },
    { key: 'bin', value: { base64: 'AP8=', sizeBytes: 2 } },
  ],
};

test('a copied record keeps 64-bit integers', () => {
  assert.equal(
    recordJson(record),
    '{"topic":"t","partition":0,"offset":7,"timestamp":0,"key":"a \\"key\\", with\\nlines","value":{"id":9223372036854775807},"headers":{"h":"x","bin":{"base64":"AP8="}}}',
  );
  assert.match(recordJson({ ...record, key: null, value: null }), /"key":null,"value":null/);
});

test('CSV quotes what it must', () => {
  assert.equal(
    recordsCsv([record]),
    'partition,offset,timestamp,key,value\r\n0,7,1970-01-01T00:00:00.000Z,"a ""key"", with\nlines","{""id"":9223372036854775807}"',
  );
});

test('a whole value out of a JSON page', () => {
  const page = (value: string): string => `{"records":[{"offset":7,"value":${value}}]}`;
  assert.equal(wholeValue(page('{"id": 9223372036854775807}'), false), '{"id": 9223372036854775807}');
  assert.equal(wholeValue(page('"plain"'), false), 'plain');
  assert.deepEqual(wholeValue(page('{"base64":"AP8="}'), true), Uint8Array.of(0, 255));
  assert.throws(() => wholeValue('{"records":[]}', false), /no longer/);
});
