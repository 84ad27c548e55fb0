import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type Registry, startRegistry } from '@headwater/registry';
import { consumeCommand } from '../consume/consume-command.ts';
import { type RunOptions, runCommand } from '../kafka-command/testing/run-command.ts';
import { produceCommand } from './produce-command.ts';

// Apache Kafka, or any other, as the control: HEADWATER_TEST_KAFKA=host:port.
const given = process.env['HEADWATER_TEST_KAFKA'];
const mark = `cli-${process.pid}-${Date.now().toString(36)}`;
const folder = mkdtempSync(join(tmpdir(), 'headwater-produce-'));
let broker: Broker | undefined;
let registry: Registry;
let kafka = given ?? '';

before(async () => {
  if (given === undefined) {
    broker = await startBroker({ port: 0 });
    kafka = broker.bootstrap;
  }
  registry = await startRegistry({ kafkaUrl: kafka, port: 0 });
});
after(async () => {
  await registry.close();
  await broker?.close();
  rmSync(folder, { recursive: true, force: true });
});

const options = (more: RunOptions = {}): RunOptions => ({
  kafka,
  ...more,
  env: { HEADWATER_REGISTRY_URL: registry.url, ...more.env },
});
const produce = (args: readonly string[], input = '', more: RunOptions = {}) =>
  runCommand(produceCommand, args, options({ input, ...more }));
const consume = (args: readonly string[], more: RunOptions = {}) => runCommand(consumeCommand, args, options(more));

async function newTopic(name: string, partitions = 1): Promise<string> {
  const client = createClient({ bootstrap: kafka, clientId: 'test' });
  await client.createTopics([{ name: `${mark}-${name}`, partitions }]);
  await client.close();
  return `${mark}-${name}`;
}

test('lines with keys, headers and tombstones come back as they were', async () => {
  const topic = await newTopic('lines');
  const sent = await produce(
    [topic, '--key-separator', ':', '--tombstones', '--header', 'source=cli'],
    'a:{"n":1}\r\nb:x:y\n\na:',
  );
  assert.equal(sent.code, 0, sent.errors);
  assert.match(sent.errors, /^3 records acknowledged, in/);
  const unkeyed = await produce([topic, '--key-separator', ':'], '\nno key');
  assert.equal(unkeyed.code, 1);
  assert.match(unkeyed.errors, /line 2: it has no ":" between key and value \[HW_PRODUCE_LINE\]/);
  const shown = await consume([
    topic,
    '--exit',
    '--template',
    '{offset} {key}={value} {headers} {header.source} {nothing}',
  ]);
  assert.equal(
    shown.output,
    '0 a={"n":1} source=cli cli {nothing}\n1 b=x:y source=cli cli {nothing}\n2 a= source=cli cli {nothing}\n',
  );
  const values = await consume([topic, '--exit', '--format', 'value', '--quiet']);
  assert.deepEqual(values, { code: 0, output: '{"n":1}\nx:y\n\n', errors: '' });
  const first = JSON.parse((await consume([topic, '--exit', '--max', '1'])).output);
  assert.deepEqual([first.key, first.value, first.headers], ['a', { n: 1 }, { source: 'cli' }]);
});

test('where to read from and what is shown of it', async () => {
  const topic = await newTopic('where', 2);
  await produce([topic, '--partition', '0'], 'zero\none\ntwo\nthree');
  await produce([topic, '--partition', '1', '--key', 'k'], 'four');
  const values = async (...args: string[]) =>
    (await consume([topic, '--exit', '--format', 'value', '--quiet', ...args])).output
      .trim()
      .split('\n')
      .sort()
      .join(' ');
  assert.equal(await values(), 'four one three two zero');
  assert.equal(await values('--partition', '0', '--from', '2'), 'three two');
  assert.equal(await values('--from', '-1'), 'four three');
  assert.equal(await values('--from', '-10m'), 'four one three two zero');
  assert.equal(await values('--from', 'latest'), '');
  assert.equal(await values('--from', '2999-01-01T00:00:00Z'), '');
  assert.equal(await values('--contains', 'o', '--partition', '0'), 'one two zero');
  assert.equal(await values('--key', 'k'), 'four');
  assert.match((await consume([topic, '--exit', '--key', 'k'])).errors, /^1 record of 5 records read, in/);
  assert.match((await consume([topic, '--partition', '7', '--exit'])).errors, /has no partition 7: it has 0 to 1/);
});

test('a copy by way of lines is exact: bytes, headers, times, partitions', async () => {
  const [from, to] = [await newTopic('exact', 2), await newTopic('copy', 2)];
  const client = createClient({ bootstrap: kafka, clientId: 'test' });
  const bytes = Buffer.from([0, 0xff, 0xfe, 10, 13]);
  await client.produce({
    topic: from,
    partition: 1,
    records: [
      {
        key: bytes,
        value: bytes,
        timestamp: 1_700_000_000_000,
        headers: [
          { key: 'a', value: bytes },
          { key: 'a', value: null },
        ],
      },
      { key: null, value: 'line\nbreak "quoted" \u0000', headers: [] },
      { key: 'gone', value: null },
    ],
  });
  const lines = (await consume([from, '--exit', '--format', 'record', '--quiet'])).output;
  assert.equal((await produce([to, '--format', 'record', '--keep-partitions'], lines)).code, 0);
  const again = (await consume([to, '--exit', '--format', 'record', '--quiet'])).output;
  assert.equal(again.replaceAll(to, from), lines);
  assert.match((await produce([to, '--format', 'record'], '{"value":7}')).errors, /line 1: "value" is neither a text/);
  await client.close();
});

test('records by a schema are written and read as JSON, with every digit', async () => {
  const topic = await newTopic('bills');
  const file = join(folder, 'bill.avsc');
  writeFileSync(
    file,
    '{"type":"record","name":"Bill","fields":[{"name":"id","type":"long"},{"name":"note","type":["null","string"]}]}',
  );
  const lines = '{"id":9007199254740993,"note":"x"}\n{"id":1,"note":null}\n';
  assert.equal((await produce([topic, '--schema', file], lines)).code, 0);
  const auto = await produce([topic], '{"id":2,"note":"auto"}');
  assert.match(auto.errors, /by the schema of .*-bills-value, version 1/);
  const shown = await consume([topic, '--exit', '--format', 'value', '--quiet']);
  assert.equal(shown.output, `${lines}{"id":2,"note":"auto"}\n`);
  const wrong = await produce([topic], '{"id":"no"}');
  assert.equal(wrong.code, 1);
  assert.match(wrong.errors, /0 records acknowledged.*\nline 1: it does not fit the schema of .*id.*HW_PRODUCE_LINE/);
  assert.match((await produce([topic, '--format', 'protobuf'], '{}')).errors, /is of type AVRO, not protobuf/);
  const missing = await produce([topic, '--format', 'avro', '--subject', 'nowhere'], '{}');
  assert.match(missing.errors, /has no subject nowhere: --schema FILE registers one \[HW_PRODUCE_SCHEMA\]/);
  const away = await produce([await newTopic('plain')], 'x', { env: { HEADWATER_REGISTRY_URL: 'http://127.0.0.1:1' } });
  assert.equal(away.code, 0);
  assert.match(away.errors, /no schema registry answers at .*lines are sent as they are/);
});

test('a group goes on where it was, from the record after the last that was written', async () => {
  const topic = await newTopic('grouped', 2);
  await produce([topic, '--partition', '0'], '1\n2\n3');
  const args = [topic, '--group', `${mark}-g`, '--exit', '--format', 'value', '--quiet', '--from', 'earliest'];
  assert.equal((await consume([...args, '--max', '2'])).output, '1\n2\n');
  assert.equal((await consume(args)).output, '3\n');
  assert.equal((await consume(args)).output, '');
  assert.match(
    (await consume([topic, '--group', 'g', '--from', '7'])).errors,
    /headwater groups reset g.*HW_CLI_USAGE/,
  );
});

test('aborted transactions are not shown unless asked for, and the end is found behind them', async () => {
  const topic = await newTopic('transactions');
  const client = createClient({ bootstrap: kafka, clientId: 'test' });
  const producer = client.transactionalProducer({ transactionalId: `${mark}-t` });
  for (const [value, isKept] of [
    ['kept', true],
    ['dropped', false],
  ] as const) {
    await producer.begin();
    producer.send({ topic, records: [{ value }] });
    await (isKept ? producer.commit() : producer.abort());
  }
  await client.close();
  assert.equal((await consume([topic, '--exit', '--format', 'value', '--quiet'])).output, 'kept\n');
  const all = await consume([topic, '--exit', '--format', 'value', '--quiet', '--uncommitted']);
  assert.match(all.output, /^kept\n(dropped\n)?$/);
});

test('a followed topic is shown as it grows; Ctrl-C ends it with 130, and a reader that goes with 0', async () => {
  const topic = await newTopic('live');
  await produce([topic], 'old');
  const stop = new AbortController();
  const following = consume([topic, '--format', 'value', '--max', '2'], { signal: stop.signal });
  await produce([topic, '--rate', '50'], 'warm-up\nwarm-up\nwarm-up');
  // It may have started after the first: what comes is shown, what was there is not.
  const more = setInterval(() => void produce([topic, '--quiet'], 'more'), 200);
  const { code, output } = await following;
  clearInterval(more);
  assert.equal(code, 0);
  assert.match(output, /^((warm-up|more)\n){2}$/);
  const waiting = consume([topic, '--quiet'], { signal: stop.signal });
  stop.abort();
  assert.equal((await waiting).code, 130);

  const gone = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
  });
  const code2 = await consumeCommand([topic, '--from', 'earliest'], {
    env: { HEADWATER_KAFKA_URL: kafka, HEADWATER_REGISTRY_URL: registry.url },
    cwd: folder,
    input: new PassThrough(),
    output: gone,
    errors: new Writable({ write: (_chunk, _encoding, done) => done() }),
    signal: new AbortController().signal,
  });
  assert.equal(code2, 0);
});

test('Ctrl-C while lines come: what was accepted is acknowledged and said', async () => {
  const topic = await newTopic('stopped');
  const input = new PassThrough();
  const stop = new AbortController();
  const client = createClient({ bootstrap: kafka, clientId: 'test' });
  const running = runCommand(
    produceCommand,
    [topic, '--json', '--format', 'text'],
    options({ input, signal: stop.signal }),
  );
  input.write('one\ntwo\nhalf');
  while ((await client.listOffsets(topic, { 0: -1 }))[0]!.offset < 2) await new Promise(setImmediate);
  stop.abort();
  const { code, output } = await running;
  assert.equal(code, 130);
  assert.deepEqual([JSON.parse(output).acknowledged, JSON.parse(output).failed], [2, 0]);
  await client.close();
});

test('a record that is too large is told by its line, and nothing is read after it', async () => {
  const topic = await newTopic('large');
  const failed = await produce([topic, '--format', 'text'], `small\n${'x'.repeat(3_000_000)}\n`);
  assert.equal(failed.code, 1);
  assert.match(failed.errors, /1 record acknowledged, 1 record not.*\nline 2: .*\[HW_PRODUCE_FAILED\]/s);
});

test('wrong usage is told with where the help is, and 2', async () => {
  for (const [command, line, said] of [
    [produceCommand, '', 'which topic'],
    [produceCommand, 't u', 'takes one topic'],
    [produceCommand, 't --acks 2', '--acks is all, 1 or 0'],
    [produceCommand, 't --format xml', '--format is text, json'],
    [produceCommand, 't --compression rar', '--compression is none'],
    [produceCommand, 't --key a --key-separator :', 'give one of the two'],
    [produceCommand, 't --rate fast', '--rate takes a whole number'],
    [produceCommand, 't --format text --schema a.avsc', '--schema is for --format avro'],
    [consumeCommand, '', 'which topic'],
    [consumeCommand, 't --from yesterday', '--from takes earliest'],
    [consumeCommand, 't --format xml', '--format is json'],
    [consumeCommand, 't --exit --follow', 'give one of the two'],
    [consumeCommand, 't --max 0', '--max takes a whole number from 1'],
  ] as const) {
    const run = await runCommand(command, line === '' ? [] : line.split(' '), options());
    assert.equal(run.code, 2, line);
    assert.ok(run.errors.includes(said), `${line}: ${run.errors}`);
    assert.match(run.errors, /see headwater (produce|consume) --help/);
  }
  for (const command of [produceCommand, consumeCommand]) {
    assert.equal((await runCommand(command, ['--help'])).code, 0);
    const unknown = await runCommand(command, ['nowhere-at-all'], options());
    assert.match(unknown.errors, /there is no topic "nowhere-at-all".*HW_TOPICS_UNKNOWN/);
    assert.equal(unknown.code, 1);
  }
});
