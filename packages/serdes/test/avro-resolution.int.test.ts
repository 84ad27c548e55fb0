/**
 * Compares schema resolution with Apache Avro for Java: random schemas, what they were changed to, and values of the one read as the other.
 * Needs Java 17 and the jars of Avro 1.12.1 and what it needs: HEADWATER_TEST_AVRO_JARS=/path/to/jars
 * (1.12.0 reads lists of doubles as if they were floats when it resolves schemas.)
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { avroCodec, avroReader, ByteWriter, ParsedAvroSchema, SchemaError, SerializationError } from '../index.ts';
import { EvolveAvro } from '../src/avro/testing/evolve-avro.ts';
import { RandomAvro, randomValue } from '../src/avro/testing/random-avro.ts';
import { resolutionCases } from '../src/avro/testing/resolution-cases.ts';
import { SeededRandom, testSeed } from '../src/testing/seeded-random.ts';

const jars = process.env['HEADWATER_TEST_AVRO_JARS'];
const skip =
  jars === undefined ? 'HEADWATER_TEST_AVRO_JARS is not set (the folder with the jars of Apache Avro)' : false;

interface Case {
  writer: string;
  reader: string;
  hex: string;
}

function askJava(cases: readonly Case[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-avro-'));
  try {
    const file = join(dir, 'lines');
    writeFileSync(file, cases.map(({ writer, reader, hex }) => `${writer}\t${reader}\t${hex}`).join('\n'));
    const program = join(import.meta.dirname, 'java-avro/Resolve.java');
    const output = execFileSync('java', ['-Xmx512m', '-Dfile.encoding=UTF-8', '-cp', join(jars!, '*'), program, file], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 300_000,
    });
    return output.trimEnd().split('\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function ours({ writer, reader, hex }: Case): { value: unknown } | { error: string } {
  const bytes = Buffer.from(hex, 'hex');
  try {
    const from = new ParsedAvroSchema(writer).schema;
    return { value: avroReader(from, new ParsedAvroSchema(reader).schema).decode(bytes, 0, bytes.length) };
  } catch (error) {
    assert.ok(error instanceof SerializationError, `${String(error)}: ${writer} ${reader}`);
    return { error: error.message };
  }
}

function compare(cases: readonly Case[]): { same: number; errors: number } {
  const answers = askJava(cases);
  assert.equal(answers.length, cases.length);
  let errors = 0;
  const different: string[] = [];
  cases.forEach((each, index) => {
    const theirs = answers[index]!;
    const our = ours(each);
    const isError = theirs.startsWith('error');
    if (isError) errors++;
    if (isError !== 'error' in our)
      different.push(`${JSON.stringify(each)}\n  Java: ${theirs}\n  ours: ${JSON.stringify(our, text)}`);
    if (isError || 'error' in our) return;
    const bytes = Buffer.from(theirs.split(' ')[1] ?? '', 'hex');
    const value = avroCodec(new ParsedAvroSchema(each.reader).schema).decode(bytes, 0, bytes.length);
    try {
      assert.deepEqual(our.value, value);
    } catch {
      different.push(
        `${JSON.stringify(each)}\n  Java: ${JSON.stringify(value, text)}\n  ours: ${JSON.stringify(our, text)}`,
      );
    }
  });
  assert.equal(
    different.length,
    0,
    `${different.length} of ${cases.length} differ:\n${different.slice(0, 5).join('\n')}`,
  );
  return { same: cases.length, errors };
}

const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

function hexOf(schema: string, value: unknown): string {
  const writer = new ByteWriter();
  avroCodec(new ParsedAvroSchema(schema).schema).encode(value, writer);
  return Buffer.from(writer.view()).toString('hex');
}

test('the cases of the table are resolved as Java resolves them', { skip }, () => {
  const cases = resolutionCases.map(({ writer, reader, value }) => {
    const from = JSON.stringify(writer);
    return { writer: from, reader: JSON.stringify(reader), hex: hexOf(from, value) };
  });
  compare(cases);
});

test('random schemas, changed at random, are resolved as Java resolves them', { skip }, (t) => {
  const seed = testSeed();
  t.diagnostic(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const schemas = new RandomAvro(random);
  const evolution = new EvolveAvro(random);
  const cases: Case[] = [];
  while (cases.length < 3000) {
    const json = schemas.schema();
    const writer = JSON.stringify(json);
    const reader = JSON.stringify(evolution.evolve(json));
    try {
      new ParsedAvroSchema(reader);
    } catch (error) {
      // A change that leaves a name without its type, or a union with two of one.
      assert.ok(error instanceof SchemaError);
      continue;
    }
    const { schema } = new ParsedAvroSchema(writer);
    for (let n = 0; n < 5; n++) cases.push({ writer, reader, hex: hexOf(writer, randomValue(schema, random).ours) });
  }
  const { same, errors } = compare(cases);
  t.diagnostic(`${same} values the same, of which ${errors} cannot be read`);
});
