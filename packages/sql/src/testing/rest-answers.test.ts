import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, ParsedProtobufSchema, parseJson } from '@headwater/serdes';
import { protoText } from './proto-text.ts';
import { answerDifference, errorDifferences, rowsDifference } from './rest-answers.ts';

const difference = (wanted: string, given: string) => answerDifference(parseJson(wanted), parseJson(given));
const rows = (texts: readonly string[]) => texts.map((text) => parseJson(`{"row":{"columns":${text}}}`));

test('only what is expected is looked at, numbers with their scale', () => {
  equal(difference('{"a":1}', '{"a":1,"b":2}'), undefined);
  equal(difference('{"id|starts_with":"x_"}', '{"id":"x_1"}'), undefined);
  equal(difference('[1.0E10]', '[1.0E+10]'), undefined);
  match(difference('[1.0]', '[1.00]')!, /1.00 instead of 1.0/);
  match(difference('[1]', '["1"]')!, /"1" instead of 1/);
  match(difference('{"a":1}', '{}')!, /no a/);
});

test('rows are compared in any order unless their order is asked for', () => {
  equal(rowsDifference(rows(['[1]', '[2]']), rows(['[2]', '[1]']), false), undefined);
  match(rowsDifference(rows(['[1]', '[2]']), rows(['[2]', '[1]']), true)!, /\[0\]/);
  match(rowsDifference(rows(['[1]', '[1]']), rows(['[1]', '[2]']), false)!, /no row/);
  match(rowsDifference(rows(['[1]']), rows([]), false)!, /0 lines instead of 1/);
});

test('an error has its type, and the statement where it is at fault', () => {
  const expected = parseJson('{"type":"a.KsqlStatementErrorMessage","message":"bad","status":400}') as JsonObject;
  const body = (text: string) => ({ status: 400, body: parseJson(text) as JsonObject });
  const right = body('{"@type":"statement_error","message":"too bad","statementText":"DROP S;"}');
  deepEqual(errorDifferences(expected, right, 'DROP S;'), { differences: [], isMessageMet: true });
  const other = body('{"@type":"generic_error","message":"good"}');
  equal(errorDifferences(expected, other, 'DROP S;').differences.length, 3);
});

test('messages are written as Protobuf writes them', () => {
  const schema = new ParsedProtobufSchema(
    'syntax = "proto3"; message M { string A = 1; repeated int32 B = 2; N C = 3; double D = 4; message N { bool E = 1; } }',
  );
  const bytes = Buffer.from('0a0422c3a90a' + '12020105' + '1a020801' + '210000000000000440', 'hex');
  equal(protoText(schema, bytes), 'A: "\\"\\303\\251\\n"\nB: 1\nB: 5\nC {\n  E: true\n}\nD: 2.5\n');
});
