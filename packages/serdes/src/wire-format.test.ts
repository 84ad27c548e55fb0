import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SerializationError } from './serialization-error.ts';
import { guidPrefix, idPrefix, readId, readMessageIndexes, readSchemaHeader } from './wire-format.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a prefix is byte 0, the id in four bytes, and for Protobuf the path of the message', () => {
  assert.equal(hex(idPrefix(1)), '0000000001');
  assert.equal(hex(idPrefix(0xfedcba98)), '00fedcba98');
  assert.equal(readId(idPrefix(0xfedcba98)), 0xfedcba98);
  assert.equal(hex(idPrefix(7, [0])), '000000000700');
  assert.equal(hex(idPrefix(7, [1])), '00000000070202');
  assert.equal(hex(idPrefix(7, [2, 0, 300])), '0000000007060400d804');
});

test('message paths are read back, and [0] in its long form too', () => {
  for (const path of [[0], [1], [0, 0], [3, 64, 8192], Array.from({ length: 40 }, (_, i) => i)]) {
    const bytes = idPrefix(1, path);
    assert.deepEqual(readMessageIndexes(bytes, 5), { indexes: path, end: bytes.length });
  }
  assert.deepEqual(readMessageIndexes(Uint8Array.of(2, 0, 9), 0), { indexes: [0], end: 2 });
});

test('a header holds the guid or the id', () => {
  const guid = '89791762-2336-4186-9674-299b90a802e2';
  const bytes = guidPrefix(guid, [1, 0]);
  assert.equal(hex(bytes), '01897917622336418696 74299b90a802e2040200'.replace(' ', ''));
  assert.deepEqual(readSchemaHeader(bytes), { id: guid, end: 17 });
  assert.deepEqual(readMessageIndexes(bytes, 17).indexes, [1, 0]);
  assert.deepEqual(readSchemaHeader(idPrefix(12)), { id: 12, end: 5 });
  assert.throws(() => guidPrefix('not-a-guid'), TypeError);
});

test('what is no prefix says so', () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => readId(Buffer.from('{"a":1}')), /first byte is 123, not 0/],
    [() => readId(Uint8Array.of(0, 0, 1)), /3 bytes are too few/],
    [() => readId(new Uint8Array()), /0 bytes are too few/],
    [() => readSchemaHeader(Uint8Array.of(2, 0, 0, 0, 0)), /begins with 2/],
    [() => readSchemaHeader(Uint8Array.of(1, 2, 3)), /has 3 bytes/],
    [() => readMessageIndexes(Uint8Array.of(4, 2), 0), /end in them/],
    [() => readMessageIndexes(Uint8Array.of(3), 0), /-2 of them/],
    [() => readMessageIndexes(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 0), /too long/],
    [() => readMessageIndexes(Uint8Array.of(0xfe, 0xff, 0x03), 0), /32767 of them/],
  ];
  for (const [read, message] of wrong) {
    assert.throws(read, (error) => error instanceof SerializationError && message.test(error.message));
  }
});
