import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '@headwater/serdes';
import type { FormatName } from '../formats/format.ts';
import { decimalType, type SqlType, sqlTypes } from '../types/sql-type.ts';
import { recordDifference } from './compare-record.ts';
import { recordBytesCodec, splitRecordWindow, withRecordWindow } from './record-bytes.ts';
import { recordValueOf, recordValueOfJson } from './record-value.ts';

function codecOf(name: FormatName, type?: SqlType) {
  return recordBytesCodec({
    format: { name, properties: new Map() },
    part: 'value',
    topic: 'orders',
    columns: type === undefined ? [] : [{ name: 'C', type }],
    isWrapped: true,
    registry: null,
  });
}

test('records in JSON and CSV are the JSON and the text of the file', () => {
  assert.equal(
    String(codecOf('JSON').encode(parseJson('{"a": 1.00, "b": 12345678901234567890}'))),
    '{"a":1.00,"b":12345678901234567890}',
  );
  assert.equal(String(codecOf('JSON').encode('text')), '"text"');
  assert.equal(String(codecOf('DELIMITED').encode('1,"a"')), '1,"a"');
  assert.equal(String(codecOf('DELIMITED').encode(parseJson('1.50'))), '1.50');
  assert.equal(codecOf('NONE').encode('x'), null);
  for (const name of ['JSON', 'DELIMITED', 'KAFKA'] as const) {
    assert.equal(codecOf(name).encode(null), null);
    assert.equal(codecOf(name).decode(null), null);
  }
});

test('records in KAFKA have the type of their column', () => {
  const cases: [SqlType | undefined, string, string][] = [
    [sqlTypes.integer, '10.0', '0000000a'],
    [sqlTypes.bigint, '10', '000000000000000a'],
    [sqlTypes.double, '1', '3ff0000000000000'],
    [sqlTypes.string, '1.0', '312e30'],
    [sqlTypes.bytes, '"AQI="', '0102'],
    [undefined, '5', '35'],
  ];
  for (const [type, json, hex] of cases) {
    const codec = codecOf('KAFKA', type);
    const bytes = codec.encode(parseJson(json))!;
    assert.equal(bytes.toString('hex'), hex);
    if (type !== sqlTypes.string && type !== undefined)
      assert.equal(recordDifference(parseJson(json), codec.decode(bytes)), undefined);
  }
});

test('records are compared by the rules of their types', () => {
  const same = (expected: string, type: SqlType, value: unknown, numbers?: 'lenient' | 'inexact') =>
    recordDifference(parseJson(expected), recordValueOf(type, value), { numbers: numbers ?? 'strict' }) === undefined;
  const wire = (expected: string, json: string, numbers?: 'lenient' | 'inexact') =>
    recordDifference(parseJson(expected), recordValueOfJson(parseJson(json)), { numbers: numbers ?? 'strict' }) ===
    undefined;
  assert.ok(same('1.9', sqlTypes.integer, 1));
  assert.ok(!same('2', sqlTypes.bigint, 1));
  assert.ok(same('1.0000001', sqlTypes.double, 1));
  assert.ok(!same('1.00001', sqlTypes.double, 1));
  assert.ok(same('"1.0000001"', sqlTypes.string, '1.0000001'));
  const decimal = recordDifference(parseJson('1.5'), recordValueOfJson(parseJson('1.50')));
  assert.equal(decimal, '$: expected 1.5, got 1.50');
  assert.ok(!wire('10', '10.0') && wire('10', '10.0', 'lenient') && wire('10', '10.0', 'inexact'));
  assert.ok(wire('10.0', '10.0') && wire('1.0E10', '1.0E10') && wire('{"a":null}', '{"A":null}'));
  assert.ok(
    !wire('{"a":null}', '{}') && !wire('{"A":1}', '{"A":1,"B":null}') && !wire('[1]', '[1,2]') && !wire('[1,2]', '[1]'),
  );
  assert.ok(wire('"1.50"', '1.50') && !wire('"1.5"', '1.50') && !wire('"x"', '1.5'));
  assert.ok(same('"AQI="', sqlTypes.bytes, Buffer.from([1, 2])));
  assert.ok(same('12345678901234567890', decimalType(20, 0), 12345678901234567890n));
  assert.equal(
    recordDifference(parseJson('{"A":[{"B":1}]}'), recordValueOfJson(parseJson('{"A":[{"B":2}]}'))),
    '$.A[0].B: expected 1, got 2',
  );
});

test('windows stand behind the key', () => {
  const key = Buffer.from('k');
  const time = { type: 'time', startMs: 100, endMs: 150 } as const;
  assert.deepEqual(splitRecordWindow(withRecordWindow(key, time), 50), { key, window: time });
  const session = { type: 'session', startMs: 100, endMs: 170 } as const;
  assert.deepEqual(splitRecordWindow(withRecordWindow(key, session), null), { key, window: session });
  assert.throws(() => splitRecordWindow(key, null), /1 bytes/);
});
