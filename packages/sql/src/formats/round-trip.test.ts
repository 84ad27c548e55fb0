import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../syntax/testing/seeded-random.ts';
import { createMemoryRegistry } from '../testing/memory-registry.ts';
import { isSameType } from '../types/sql-type.ts';
import type { CodecSpec, FormatName } from './format.ts';
import { columnsOfSchema } from './registry/infer-columns.ts';
import { schemaBookOf } from './registry/schema-book.ts';
import { rowCodec } from './row-codec.ts';
import { randomType, randomValue } from './testing/random-rows.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const schemasCount = Number(process.env['SCHEMAS'] ?? 60);

for (const name of ['JSON', 'JSON_SR', 'AVRO'] satisfies FormatName[]) {
  test(`${name}: rows of random columns come back as they were (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    for (let schema = 0; schema < schemasCount; schema++) {
      const registry = createMemoryRegistry();
      const columns = Array.from({ length: random.below(5) + 1 }, (_, index) => ({
        name: `C${index}`,
        type: randomType(random),
      }));
      const isWrapped = columns.length > 1 || random.below(2) === 0;
      const spec: CodecSpec = {
        format: { name, properties: new Map() },
        part: 'value',
        topic: 'things',
        columns,
        isWrapped,
        registry: registry.client,
      };
      const writer = rowCodec(spec);
      await writer.register?.();
      const reader = rowCodec(spec);
      const wanted = columns.flatMap((_column, index) => (random.below(2) === 0 ? [index] : []));
      const partReader = rowCodec({ ...spec, wanted });
      for (let count = 0; count < 10; count++) {
        const row = columns.map(({ type }) => randomValue(random, type, true));
        if (writer.isNull(row)) continue;
        const bytes = Buffer.from(writer.encode(row, 'things') as Uint8Array);
        await reader.prepare?.(bytes, 0, bytes.length, 'things');
        const context = `seed ${seed}, schema ${schema}, ${JSON.stringify(columns)}`;
        assert.deepEqual(reader.decode(bytes, 0, bytes.length, 'things'), row, context);
        if (isWrapped) {
          const part = row.map((value, index) => (wanted.includes(index) ? value : null));
          assert.deepEqual(partReader.decode(bytes, 0, bytes.length, 'things'), part, context);
        }
      }
      const latest = registry.latest('things-value');
      if (latest === undefined) continue;
      const parsed = await schemaBookOf(registry.client).fetch(latest.id);
      const wrapping = isWrapped ? null : 'UNWRAP_SINGLES';
      const inferred = columnsOfSchema(parsed, { format: spec.format, part: 'value', wrapping, names: 'upper' });
      for (const [index, { type }] of inferred.entries()) {
        assert.ok(isSameType(type, columns[index]!.type), JSON.stringify(columns));
      }
    }
  });
}

for (const [name, nullable] of [
  ['PROTOBUF', undefined],
  ['PROTOBUF', 'wrapper'],
  ['PROTOBUF', 'optional'],
  ['PROTOBUF_NOSR', undefined],
] as const) {
  test(`${name}, null as ${nullable ?? 'the default'}: rows come back (seed ${seed})`, async () => {
    const random = new SeededRandom(seed);
    for (let schema = 0; schema < schemasCount; schema++) {
      const columns = Array.from({ length: random.below(5) + 1 }, (_, index) => ({
        name: `C${index}`,
        type: randomType(random, 'protobuf'),
      }));
      const registry = createMemoryRegistry();
      const spec: CodecSpec = {
        format: { name, properties: new Map(nullable && [['nullableRepresentation', nullable]]) },
        part: 'value',
        topic: 'things',
        columns,
        isWrapped: true,
        registry: registry.client,
      };
      const writer = rowCodec(spec);
      await writer.register?.();
      const wanted = columns.flatMap((_column, index) => (random.below(2) === 0 ? [index] : []));
      const partReader = rowCodec({ ...spec, wanted });
      for (let count = 0; count < 10; count++) {
        const row = columns.map(({ type }) => {
          const isList = type.kind === 'ARRAY' || type.kind === 'MAP';
          const value = randomValue(random, type, false);
          return nullable !== undefined && !isList && random.below(5) === 0 ? null : value;
        });
        const bytes = Buffer.from(writer.encode(row, 'things') as Uint8Array);
        const context = `seed ${seed}, schema ${schema}, ${JSON.stringify(columns)}`;
        assert.deepEqual(rowCodec(spec).decode(bytes, 0, bytes.length, 'things'), row, context);
        const part = row.map((value, index) => (wanted.includes(index) ? value : null));
        assert.deepEqual(partReader.decode(bytes, 0, bytes.length, 'things'), part, context);
      }
      const latest = registry.latest('things-value');
      if (latest === undefined) continue;
      const parsed = await schemaBookOf(registry.client).fetch(latest.id);
      const inferred = columnsOfSchema(parsed, { format: spec.format, part: 'value', wrapping: null, names: 'upper' });
      for (const [index, { type }] of inferred.entries()) {
        assert.ok(isSameType(type, columns[index]!.type), JSON.stringify(columns));
      }
    }
  });
}
