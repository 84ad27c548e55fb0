import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { FormatGuess } from './guess-format.ts';

function long(value: bigint): Buffer {
  const data = Buffer.alloc(8);
  data.writeBigInt64BE(value);
  return data;
}

test('what cannot be one of the records is out', () => {
  const guess = new FormatGuess('value');
  equal(guess.text, '¯\\_(ツ)_/¯ - no data processed');
  equal(guess.read(null), '<null>');
  equal(guess.read(Buffer.from('1234')), '1234');
  equal(guess.text, 'JSON or KAFKA_INT or KAFKA_STRING');
  equal(guess.read(Buffer.from('{"a": 1}')), '{"a": 1}');
  equal(guess.text, 'JSON or KAFKA_STRING');
  equal(guess.read(Buffer.from('{"a')), '{"a');
  equal(guess.text, 'KAFKA_STRING');
  equal(guess.read(Buffer.from([255, 1])), '\\xFF\\x01');
  equal(guess.read(Buffer.from('text')), '\\x74\\x65\\x78\\x74');
});

test('numbers of Kafka, and keys with windows', () => {
  const numbers = new FormatGuess('value');
  equal(numbers.read(long(-5n)), '-5');
  equal(numbers.text, 'KAFKA_BIGINT or KAFKA_DOUBLE');
  const plain = new FormatGuess('key');
  equal(plain.read(Buffer.from('a-key-that-is-long-enough')), 'a-key-that-is-long-enough');
  equal(plain.text, 'KAFKA_STRING');
  const windows = new FormatGuess('key');
  equal(windows.read(Buffer.concat([Buffer.from('abc'), long(60_000n)])), '[abc@60000/-]');
  equal(windows.text, 'HOPPING(KAFKA_STRING) or TUMBLING(KAFKA_STRING)');
  const sessions = new FormatGuess('key');
  equal(sessions.read(Buffer.concat([Buffer.from('abc'), long(9_000n), long(5_000n)])), '[abc@5000/9000]');
});
