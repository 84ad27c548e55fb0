import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { rowSerde, valueSerde } from '../../plan/row-serde.ts';
import { sqlTypes } from '../../types/sql-type.ts';
import { rowCodec } from '../row-codec.ts';

const columns = [
  { name: 'ID', type: sqlTypes.bigint },
  { name: 'CITY', type: sqlTypes.string },
  { name: 'SHARE', type: sqlTypes.double },
];
const rows = [
  [1, 'Łódź', 0.25],
  [null, 'x'.repeat(300), -1e300],
  [9_007_199_254_740_993n, null, 3],
];

test('rows are written in place as they are encoded, at every room there may be', () => {
  const json = rowCodec({
    format: { name: 'JSON', properties: new Map() },
    part: 'value',
    topic: 't',
    columns,
    isWrapped: true,
    registry: null,
  });
  for (const serde of [json, rowSerde(columns.map(({ type }) => type))]) {
    for (const row of rows) {
      const bytes = Buffer.from(serde.encode(row as unknown[], 't') as Buffer);
      const target = Buffer.alloc(2_000);
      const end = serde.write!(row as unknown[], target, 5, 2_000, 't');
      deepEqual(target.subarray(5, end), bytes);
      for (let room = 0; room < bytes.length; room += 3) {
        equal(serde.write!(row as unknown[], target, 5, 5 + room, 't'), -1);
      }
      deepEqual(Buffer.from(serde.encode(row as unknown[], 't') as Buffer), bytes);
    }
  }
});

test('a single value is written in place as it is encoded', () => {
  for (const [type, value] of [
    [sqlTypes.string, 'Łódź'],
    [sqlTypes.bigint, 123_456_789_012],
    [sqlTypes.double, 0.1],
  ] as const) {
    const serde = valueSerde(type);
    const bytes = Buffer.from(serde.encode(value, 't') as Buffer | string);
    const target = Buffer.alloc(100);
    deepEqual(target.subarray(0, serde.write!(value, target, 0, 100, 't')), bytes);
    equal(serde.write!(value, target, 0, bytes.length - 1, 't'), -1);
  }
});
