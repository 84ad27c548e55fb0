/** The compiler as the judge: values that the codec gives are of the types that are written for their schemas. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { avroCodec, ByteWriter, ParsedAvroSchema, typesOf } from '../index.ts';
import { literal } from '../src/avro/literal.ts';
import { RandomAvro, randomValue } from '../src/avro/testing/random-avro.ts';
import { SeededRandom, testSeed } from '../src/testing/seeded-random.ts';

const compiler = resolve(import.meta.dirname, '../../../node_modules/.bin/tsc');

test('what is decoded is of the type that was written for the schema', (t) => {
  const seed = testSeed();
  t.diagnostic(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const schemas = new RandomAvro(random);
  const writer = new ByteWriter();
  const decimal = resolve(import.meta.dirname, '../src/decimal.ts');
  const parts = [`import * as serdes from ${JSON.stringify(decimal)};`, 'const { Decimal } = serdes;'];
  for (let i = 0; i < 400; i++) {
    const parsed = new ParsedAvroSchema(JSON.stringify(schemas.schema()));
    const codec = avroCodec(parsed.schema);
    const { name, declarations } = typesOf(parsed, 'Root');
    const values = Array.from({ length: 3 }, (_, n) => {
      writer.reset();
      codec.encode(randomValue(parsed.schema, random).ours, writer);
      return `export const v${n}: ${name} = ${literal(codec.decode(writer.view(), 0, writer.length))};`;
    });
    parts.push(`export namespace N${i} {\n${declarations}${values.join('\n')}\n}`);
  }
  const dir = mkdtempSync(join(tmpdir(), 'headwater-types-'));
  try {
    writeFileSync(join(dir, 'values.ts'), parts.join('\n'));
    const compilerOptions = {
      target: 'es2024',
      module: 'esnext',
      moduleResolution: 'bundler',
      strict: true,
      noEmit: true,
      types: [],
    };
    const config = { compilerOptions: { ...compilerOptions, allowImportingTsExtensions: true }, files: ['values.ts'] };
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', dir], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.equal(status, 0, stdout.slice(0, 3000));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
