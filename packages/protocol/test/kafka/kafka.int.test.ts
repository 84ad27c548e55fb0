/**
 * Compares with Apache Kafka's own classes: every API in every version, record batches in both directions, the errors.
 * Needs Java and the jars of a Kafka distribution: HEADWATER_TEST_KAFKA_JARS=/opt/kafka/libs
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type ApiKey,
  apis,
  type CompressionName,
  decodeRecords,
  encodeBatch,
  encodeRequest,
  encodeResponse,
  errors,
  iterateBatches,
  type RecordView,
  validateBatch,
} from '../../index.ts';
import { Random } from '../random.ts';
import { randomMessage } from '../random-message.ts';

const jars = process.env['HEADWATER_TEST_KAFKA_JARS'];
const skip = jars === undefined ? 'HEADWATER_TEST_KAFKA_JARS is not set (the folder with the jars of Kafka)' : false;
const keys = Object.keys(apis).map(Number) as ApiKey[];

function ask(lines: readonly string[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-check-'));
  try {
    const file = join(dir, 'lines');
    writeFileSync(file, lines.join('\n'));
    const program = join(import.meta.dirname, 'Check.java');
    const output = execFileSync('java', ['-Xmx1g', '-cp', join(jars!, '*'), program, file], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.trimEnd().split('\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const hex = (bytes: Buffer) => bytes.toString('hex') || '-';

test('Kafka reads every API in every version as we wrote it, and writes the same bytes', { skip }, (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  const lines: string[] = [];
  for (const key of keys) {
    const api = apis[key];
    for (let version = api.minVersion; version <= api.newestVersion; version++) {
      for (let n = 0; n < 8; n++) {
        // Frames without their headers: size 4, then key, version, correlation id, null client id, and no tags.
        const isFlexible = version >= api.flexibleFrom;
        const request = encodeRequest(key, version, 0, null, randomMessage(api.request, version, random) as never);
        lines.push(`message ${key} ${version} request ${hex(request.subarray(4 + 10 + (isFlexible ? 1 : 0)))}`);
        const response = encodeResponse(key, version, 0, randomMessage(api.response, version, random) as never);
        const tags = isFlexible && key !== 18 ? 1 : 0;
        lines.push(`message ${key} ${version} response ${hex(response.subarray(4 + 4 + tags))}`);
      }
    }
  }
  const answers = ask(lines);
  assert.equal(answers.length, lines.length);
  const different = lines.filter((line, i) => line.split(' ')[4] !== answers[i]);
  t.diagnostic(`${lines.length} messages, ${different.length} different`);
  const shown = different.slice(0, 3).map((line) => `${line}\n${answers[lines.indexOf(line)]}`);
  assert.deepEqual(shown, [], `SEED=${random.seed}`);
});

const codecs: CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

function describe(records: readonly RecordView[]): string {
  const text = (bytes: Buffer | null) => (bytes === null ? 'null' : bytes.toString('hex'));
  return records
    .map(({ offset, timestamp, key, value, headers }) =>
      [offset, timestamp, text(key), text(value), ...headers.map((one) => `${one.key}=${text(one.value)}`)].join(','),
    )
    .join(' ');
}

test('Kafka reads our record batches, in every compression', { skip }, (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  const batches = codecs.flatMap((compression) =>
    Array.from({ length: 20 }, () => {
      const records = Array.from({ length: random.int(1, 30) }, () => ({
        key: random.chance(0.3) ? null : random.bytes(random.int(0, 40)),
        value: random.pick([null, 'text '.repeat(random.int(0, 5000)), random.bytes(random.int(0, 100_000))]),
        timestamp: 1_700_000_000_000 + random.int(-(2 ** 40), 2 ** 40),
        headers: random.chance(0.5) ? [] : [{ key: 'h', value: random.pick([null, 'x']) }],
      }));
      return { compression, records, bytes: encodeBatch({ records, compression, baseOffset: random.int(0, 2 ** 50) }) };
    }),
  );
  const answers = ask(batches.map(({ bytes }) => `batch ${bytes.toString('hex')}`));
  batches.forEach(({ compression, records, bytes }, i) => {
    assert.equal(
      answers[i],
      `${compression} ${records.length} ${describe(decodeRecords(bytes))}`,
      `${compression} ${i}`,
    );
  });
});

test("we read Kafka's record batches, in every compression", { skip }, () => {
  const answers = ask(codecs.map((codec) => `write ${codec}`));
  const noise = decodeRecords(Buffer.from(answers[0]!, 'hex'))[3]!.value;
  codecs.forEach((codec, i) => {
    const batch = Buffer.from(answers[i]!, 'hex');
    assert.equal([...iterateBatches(batch)].length, 1);
    assert.equal(validateBatch(batch).compression, codec);
    assert.deepEqual(
      decodeRecords(batch),
      [
        {
          offset: 50,
          timestamp: 1700000000000,
          key: Buffer.from('key'),
          value: Buffer.from('value'),
          headers: [
            { key: 'h', value: Buffer.from('x') },
            { key: 'n', value: null },
          ],
        },
        { offset: 51, timestamp: 1700000000005, key: null, value: Buffer.from('a text '.repeat(30000)), headers: [] },
        { offset: 52, timestamp: 1699999999000, key: Buffer.from('k'), value: null, headers: [] },
        { offset: 53, timestamp: 1700000000006, key: null, value: noise, headers: [] },
      ],
      codec,
    );
    assert.equal(noise!.length, 200_000);
  });
});

test("the error table is Kafka's", { skip }, () => {
  const ours = [...errors.values()].map(({ code, name, retriable }) => `${code} ${name} ${retriable};`).join('');
  assert.equal(ours, ask(['errors'])[0]);
});
