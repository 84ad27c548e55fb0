import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from './byte-writer.ts';
import { SerializationError } from './serialization-error.ts';

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter();
  write(writer);
  return Buffer.from(writer.finish()).toString('hex');
}

/** The definition, without a thought for speed. */
function varintHex(value: bigint): string {
  const bytes = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]).toString('hex');
}

const edges = [0, 6, 7, 13, 14, 20, 21, 27, 28, 29, 30, 31, 32, 34, 35, 42, 49, 51, 52, 53, 56, 62, 63].flatMap(
  (bit) => {
    const power = 1n << BigInt(bit);
    return [power - 1n, power, power + 1n]
      .flatMap((each) => [each, -each])
      .filter((each) => BigInt.asIntN(64, each) === each);
  },
);

test('variable-length integers are right on both sides of each length', () => {
  for (const value of edges) {
    const zigzag = varintHex((value << 1n) ^ (value >> 63n));
    assert.equal(
      written((w) => w.varint64(value)),
      varintHex(value),
      `varint64 ${value}`,
    );
    assert.equal(
      written((w) => w.zigzag64(value)),
      zigzag,
      `zigzag64 ${value}`,
    );
    const number = Number(value);
    if (!Number.isSafeInteger(number)) continue;
    assert.equal(
      written((w) => w.zigzag(number)),
      zigzag,
      `zigzag ${value}`,
    );
    if (number >= 0)
      assert.equal(
        written((w) => w.varint(number)),
        varintHex(value),
        `varint ${value}`,
      );
  }
});

test('texts of every length and alphabet have the length of their bytes before them', () => {
  for (const letter of ['a', 'é', '€', '😀', '\ud800']) {
    for (const count of [0, 1, 20, 21, 24, 25, 42, 43, 63, 64, 127, 128, 2730, 2731, 8191, 8192, 16384]) {
      const text = letter.repeat(count);
      const bytes = Buffer.from(text);
      const inHex = bytes.toString('hex');
      assert.equal(
        written((w) => w.text(text)),
        inHex,
      );
      assert.equal(
        written((w) => w.varintText(text)),
        varintHex(BigInt(bytes.length)) + inHex,
      );
      assert.equal(
        written((w) => w.zigzagText(text)),
        varintHex(BigInt(bytes.length) * 2n) + inHex,
      );
    }
  }
});

test('fixed numbers are little endian', () => {
  assert.equal(
    written((w) => w.float(-1.5)),
    '0000c0bf',
  );
  assert.equal(
    written((w) => w.double(Math.PI)),
    '182d4454fb210940',
  );
  assert.equal(
    written((w) => w.fixed32(-2)),
    'feffffff',
  );
  assert.equal(
    written((w) => w.fixed64(-2n)),
    'feffffffffffffff',
  );
  assert.equal(
    written((w) => w.fixed64(0x0102030405060708n)),
    '0807060504030201',
  );
});

test('a buffer grows, is used again, and what was finished stays', () => {
  const writer = new ByteWriter();
  const large = new Uint8Array(3_000_000).fill(7);
  writer.byte(1);
  writer.bytes(large);
  const first = writer.finish();
  writer.reset();
  assert.ok(writer.buffer.length < large.length);
  writer.byte(2);
  assert.deepEqual([...writer.view()], [2]);
  assert.equal(first.length, large.length + 1);
  assert.deepEqual([first[0], first.at(-1)], [1, 7]);
});

test('an error says the path, and the record once that is known', () => {
  const error = new SerializationError('-1 is no count', ['lines', 3, 'unit price', 'x']);
  assert.equal(error.message, '-1 is no count (at lines[3]["unit price"].x)');
  const placed = error.at({ topic: 'orders', partition: 0, offset: 17n, schemaId: 4 });
  assert.equal(placed.message, `${error.message} in topic orders, partition 0, offset 17, schema id 4`);
  assert.equal(placed.path, error.path);
  assert.equal(placed.cause, error);
});
