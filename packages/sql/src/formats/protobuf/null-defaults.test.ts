import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, decimalType, mapType, sqlTypes, structType } from '../../types/sql-type.ts';
import { nullDefaults } from './null-defaults.ts';

const { bigint, boolean, bytes, date, double, integer, string } = sqlTypes;
const plain = { name: 'PROTOBUF', properties: new Map() } as const;
const column = (type: Parameters<typeof arrayType>[0]) => ({ type });

test('null becomes what a message says of a field that is not there', () => {
  const types = [boolean, integer, bigint, double, string, bytes, date, decimalType(4, 2), arrayType(integer)];
  const fill = nullDefaults(plain, types.map(column))!;
  deepEqual(fill(types.map(() => null)), [false, 0, 0, 0, '', Buffer.alloc(0), null, null, []]);
  deepEqual(fill([true, 1, 2, 3.5, 'a', Buffer.from('b'), 4, null, [5]]), [
    true,
    1,
    2,
    3.5,
    'a',
    Buffer.from('b'),
    4,
    null,
    [5],
  ]);
});

test('structs stay null, and their fields do not', () => {
  const type = structType([
    { name: 'A', type: integer },
    { name: 'M', type: mapType(string, string) },
  ]);
  const fill = nullDefaults(plain, [column(type), column(type)])!;
  deepEqual(fill([null, [null, new Map([['k', null]])]]), [null, [0, new Map([['k', '']])]]);
});

test('rows of other formats stay as they are', () => {
  equal(nullDefaults({ name: 'AVRO', properties: new Map() }, [column(integer)]), null);
  const optional = { name: 'PROTOBUF', properties: new Map([['nullableRepresentation', 'optional']]) } as const;
  equal(nullDefaults(optional, [column(integer)]), null);
});
