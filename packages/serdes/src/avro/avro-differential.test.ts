import assert from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import { ByteWriter } from '../byte-writer.ts';
import { SerializationError } from '../serialization-error.ts';
import { SeededRandom, testSeed } from '../testing/seeded-random.ts';
import { avroCodec, avroReader } from './avro-codec.ts';
import { ParsedAvroSchema } from './parsed-avro.ts';
import { RandomAvro, randomValue } from './testing/random-avro.ts';

const exactLong = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : 1),
});

function avscType(schema: unknown): avsc.Type {
  const typeHook = (attributes: unknown): avsc.Type | undefined =>
    attributes === 'long' || (attributes as { type?: unknown }).type === 'long' ? exactLong : undefined;
  // Wrapped only where it must be is a difference in form, not in bytes.
  return avsc.Type.forSchema(schema as never, { wrapUnions: true, typeHook: typeHook as never });
}

test('random schemas and values have the bytes that avsc has for them, both ways', (t) => {
  const seed = testSeed();
  t.diagnostic(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const schemas = new RandomAvro(random);
  const writer = new ByteWriter();
  let values = 0;
  for (let i = 0; i < 1000; i++) {
    const json = schemas.schema();
    const { schema } = new ParsedAvroSchema(JSON.stringify(json));
    let type: avsc.Type;
    try {
      type = avscType(json);
    } catch (error) {
      // Names outside of ASCII are Avro's since 1.12.
      assert.match(String(error), /invalid name|invalid .*field name/i);
      continue;
    }
    const codec = avroCodec(schema);
    for (let n = 0; n < 25; n++, values++) {
      const { ours, plain } = randomValue(schema, random);
      const theirs = type.toBuffer(plain);
      writer.reset();
      try {
        codec.encode(ours, writer);
        assert.deepEqual(Buffer.from(writer.view()), theirs);
        // In the middle of other bytes, which must have no influence.
        const framed = Buffer.concat([Buffer.from([255, 2]), theirs, Buffer.from([2, 255])]);
        assert.deepEqual(codec.decode(framed, 2, framed.length - 2), ours);
      } catch (error) {
        console.error(JSON.stringify(json), plain);
        throw error;
      }
    }
  }
  t.diagnostic(`${values} values`);
});

test('bytes that are cut off or changed give an error or another value, and nothing else', (t) => {
  const seed = testSeed();
  t.diagnostic(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const schemas = new RandomAvro(random);
  const writer = new ByteWriter();
  for (let i = 0; i < 300; i++) {
    const { schema } = new ParsedAvroSchema(JSON.stringify(schemas.schema()));
    const codec = avroCodec(schema);
    // Reads nothing and passes over all of it.
    const around = {
      type: 'record',
      name: 'Around',
      namespace: '',
      aliases: [],
      doc: undefined,
      properties: new Map(),
    } as const;
    const field = {
      name: 'x',
      schema,
      doc: undefined,
      defaultValue: undefined,
      order: 'ascending',
      aliases: [],
      properties: new Map(),
    } as const;
    const skipping = avroReader({ ...around, fields: [field] }, { ...around, fields: [] });
    for (let n = 0; n < 20; n++) {
      writer.reset();
      codec.encode(randomValue(schema, random).ours, writer);
      const bytes = Buffer.from(writer.finish());
      assert.deepEqual(skipping.decode(bytes, 0, bytes.length), {});
      if (bytes.length === 0) continue;
      const cut = random.below(bytes.length);
      for (const reader of [codec, skipping]) {
        assert.throws(() => reader.decode(bytes, 0, cut), SerializationError);
        assert.throws(
          () => reader.decode(Buffer.concat([bytes, Buffer.from([0])]), 0, bytes.length + 1),
          /1 bytes are left/,
        );
      }
      const changed = Buffer.from(bytes);
      changed[random.below(bytes.length)] = random.below(256);
      for (const reader of [codec, skipping]) {
        try {
          reader.decode(changed, 0, changed.length);
        } catch (error) {
          assert.ok(error instanceof SerializationError, String(error));
        }
      }
    }
  }
});
