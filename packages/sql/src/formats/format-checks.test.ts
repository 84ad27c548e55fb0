import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes, structType } from '../types/sql-type.ts';
import type { FormatInfo, FormatName } from './format.ts';
import { checkFormatProperties, checkFormatSchema } from './format-checks.ts';
import { formatFacts, parseFormatName } from './format-facts.ts';
import { isWrapped, keyWrapping, valueWrapping } from './wrapping.ts';

function info(name: FormatName, properties: Record<string, string> = {}): FormatInfo {
  return { name, properties: new Map(Object.entries(properties)) };
}

function check(part: 'key' | 'value', name: FormatName, columns: Record<string, SqlType>): void {
  checkFormatSchema(
    part,
    info(name),
    Object.entries(columns).map(([name, type]) => ({ name, type })),
    null,
  );
}

test('formats are found by name in any case', () => {
  assert.equal(parseFormatName('Json_sr'), 'JSON_SR');
  assert.throws(() => parseFormatName('xml'), /Unknown format: XML/);
  assert.throws(() => parseFormatName('toString'), /Unknown format/);
});

test('properties that a format does not know are refused', () => {
  checkFormatProperties(info('DELIMITED', { delimiter: 'TAB' }));
  assert.throws(
    () => checkFormatProperties(info('JSON', { delimiter: ',' })),
    /JSON does not support the following configs: \[delimiter\]/,
  );
  assert.throws(() => checkFormatProperties(info('AVRO', { fullSchemaName: ' ' })), /fullSchemaName cannot be empty/);
  assert.throws(() => checkFormatProperties(info('DELIMITED', { delimiter: '||' })), /Invalid delimiter value: '\|\|'/);
});

test('columns that a format cannot hold are refused in the words of ksqlDB', () => {
  const nested = structType([{ name: 'M', type: arrayType(mapType(sqlTypes.string, sqlTypes.bigint)) }]);
  assert.throws(
    () => check('key', 'JSON', { K: nested }),
    /^SqlError: Map keys, including types .* Key column name: `K`\. Column type: STRUCT<`M` ARRAY<MAP<STRING, BIGINT>>>\. See/,
  );
  check('value', 'JSON', { K: nested });
  assert.throws(
    () => check('key', 'KAFKA', { K: decimalType(3, 1) }),
    /^SqlError: Key format does not support schema\.\nformat: KAFKA\nschema: Persistence{columns=\[`K` DECIMAL\(3, 1\) KEY\], features=\[\]}\nreason: The 'KAFKA' format does not support type 'DECIMAL'$/,
  );
  assert.throws(
    () => check('value', 'KAFKA', { A: sqlTypes.string, B: sqlTypes.bigint }),
    /^SqlError: Value .*\n.*\n.*\nreason: The 'KAFKA' format only supports a single field\. Got: \[`A` STRING, `B` BIGINT\]/,
  );
  assert.throws(
    () => check('value', 'DELIMITED', { A: nested }),
    /'DELIMITED' format does not support type 'STRUCT', column: `A`/,
  );
  assert.throws(
    () => check('key', 'NONE', { A: sqlTypes.string }),
    /only be used when no columns are defined\. Got: \[`A` STRING KEY\]/,
  );
  const byNumber = mapType(sqlTypes.integer, sqlTypes.string);
  for (const name of ['JSON', 'JSON_SR', 'AVRO', 'PROTOBUF', 'PROTOBUF_NOSR'] as const) {
    assert.throws(
      () => check('value', name, { A: arrayType(byNumber) }),
      /only supports? MAPs? (types )?with STRING keys/i,
    );
  }
  assert.throws(
    () => check('value', 'AVRO', { '1st': sqlTypes.string }),
    /not compatible with Avro: Illegal initial character: 1st/,
  );
  assert.throws(
    () => check('value', 'AVRO', { A: arrayType(structType([{ name: 'b-c', type: sqlTypes.string }])) }),
    /Illegal character in: b-c/,
  );
  for (const name of ['PROTOBUF', 'PROTOBUF_NOSR'] as const) {
    assert.throws(
      () => check('value', name, { 'a = 1; } message B { int32 b': sqlTypes.string }),
      /"a = 1; } message B \{ int32 b" is not a valid identifier/,
    );
    assert.throws(
      () => check('value', name, { A: arrayType(structType([{ name: 'b-c', type: sqlTypes.string }])) }),
      /"b-c" is not a valid identifier/,
    );
  }
});

test('what key columns may be', () => {
  assert.ok(formatFacts('DELIMITED').isKeyType(sqlTypes.date));
  assert.ok(!formatFacts('DELIMITED').isKeyType(decimalType(3, 1)));
  assert.ok(!formatFacts('KAFKA').isKeyType(sqlTypes.boolean));
  assert.ok(!formatFacts('KAFKA').hasManyColumns);
  assert.ok(formatFacts('AVRO').needsRegistry && !formatFacts('JSON').needsRegistry);
});

test('wrapping follows the format, the statement and the default', () => {
  assert.equal(keyWrapping('JSON', 1), 'UNWRAP_SINGLES');
  assert.equal(keyWrapping('JSON', 2), null);
  assert.equal(keyWrapping('KAFKA', 1), null);
  assert.equal(valueWrapping('JSON', 1, false, true), 'UNWRAP_SINGLES');
  assert.equal(valueWrapping('JSON', 1, null, null), null);
  assert.equal(valueWrapping('JSON', 1, null, false), 'UNWRAP_SINGLES');
  assert.equal(valueWrapping('KAFKA', 1, null, true), null);
  assert.throws(
    () => valueWrapping('PROTOBUF', 1, false, null),
    /Format 'PROTOBUF' does not support 'WRAP_SINGLE_VALUE' set to 'false'\./,
  );
  assert.throws(() => valueWrapping('JSON', 2, true, null), /only valid for single-field/);
  assert.ok(isWrapped('JSON', null) && !isWrapped('JSON', 'UNWRAP_SINGLES') && !isWrapped('DELIMITED', null));
});
