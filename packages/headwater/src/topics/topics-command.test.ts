import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type Run, type RunOptions, runCommand } from '../kafka-command/testing/run-command.ts';
import { topicsCommand } from './topics-command.ts';

// Apache Kafka, or any other, as the control: HEADWATER_TEST_KAFKA=host:port.
const given = process.env['HEADWATER_TEST_KAFKA'];
const mark = `cli-${process.pid}-${Date.now().toString(36)}`;
let broker: Broker | undefined;
let kafka = given ?? '';

before(async () => {
  if (given !== undefined) return;
  broker = await startBroker({ port: 0 });
  kafka = broker.bootstrap;
});
after(() => broker?.close());

const topics = (line: string, options: RunOptions = {}): Promise<Run> =>
  runCommand(topicsCommand, line.split(' '), { kafka, ...options });

test('a topic is created, seen, described, altered and deleted', async () => {
  const name = `${mark}-orders`;
  const created = await topics(`create ${name} --partitions 3 --config retention.ms=3600000`);
  assert.deepEqual(created, { code: 0, output: `${name} created: 3 partitions, replication factor 1\n`, errors: '' });
  const again = await topics(`create ${name}`);
  assert.equal(again.code, 1);
  assert.match(again.errors, /TOPIC_ALREADY_EXISTS.*--if-not-exists/);
  assert.equal((await topics(`create ${name} --if-not-exists`)).code, 0);

  const client = createClient({ bootstrap: kafka, clientId: 'test' });
  await client.produce({ topic: name, partition: 1, records: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] });
  await client.commitOffsets(`${mark}-billing`, { [name]: { 1: 1 } });
  await client.close();

  const listed = (JSON.parse((await topics('list --json')).output) as { name: string }[]).find(
    (one) => one.name === name,
  );
  const { sizeBytes, ...rest } = listed as unknown as { sizeBytes: number };
  assert.deepEqual(rest, { name, internal: false, partitions: 3, replicationFactor: 1, records: 3 });
  assert.ok(sizeBytes > 60 && sizeBytes < 1_000, `${sizeBytes} bytes`);
  assert.match((await topics('list')).output, new RegExp(`^${name} +3 +1 +3 +\\d+ B$`, 'm'));

  const described = await topics(`describe ${name}`);
  assert.match(described.output, /^ +1 +1 +1 +1 +0 +3 +3 +\d+ B$/m);
  assert.match(described.output, /^retention.ms +3600000 +set on the topic$/m);
  assert.match(described.output, new RegExp(`^${mark}-billing +Empty +2$`, 'm'));

  const altered = await topics(
    `alter ${name} --partitions 4 --config cleanup.policy=compact --delete-config retention.ms`,
  );
  assert.equal(altered.code, 0);
  assert.match(altered.output, /cleanup.policy is compact\nretention.ms is the default again\n4 partitions, 3 before/);
  const [now] = JSON.parse((await topics(`describe ${name} --json`)).output);
  assert.equal(now.partitions.length, 4);
  assert.deepEqual(
    now.configs.filter(({ source }: { source: string }) => source === 'DYNAMIC_TOPIC_CONFIG'),
    [{ name: 'cleanup.policy', value: 'compact', source: 'DYNAMIC_TOPIC_CONFIG' }],
  );
  assert.match((await topics(`alter ${name} --partitions 2`)).errors, /can only be added.*HW_TOPICS_FEWER/);

  const refused = await topics(`delete ${name}`);
  assert.equal(refused.code, 2);
  assert.match(
    refused.errors,
    /4 partitions, 3 records, \d+ B, read by .*-billing \(Empty\)\n.*--yes \[HW_CLI_CONFIRM\]/,
  );
  assert.deepEqual((await topics(`delete ${name}`, { input: 'no\n', isTerminal: true })).code, 1);
  assert.equal((await topics(`delete ${name}`, { input: 'yes\n', isTerminal: true })).output, `${name} deleted\n`);
  assert.equal((await topics(`describe ${name}`)).code, 1);
});

test('an alteration that is wrong in one part changes nothing', async () => {
  const name = `${mark}-whole`;
  await topics(`create ${name}`);
  const failed = await topics(`alter ${name} --partitions 3 --config cleanup.policy=sideways`);
  assert.equal(failed.code, 1);
  assert.match(failed.errors, /INVALID_CONFIG.*sideways/);
  const [now] = JSON.parse((await topics(`describe ${name} --json`)).output);
  assert.equal(now.partitions.length, 1);
  await topics(`delete ${name} --yes`);
});

test('a name that is not there is told with one that is like it', async () => {
  const name = `${mark}-likes`;
  await topics(`create ${name}`);
  const missed = await topics(`describe ${mark}-like`);
  assert.match(
    missed.errors,
    new RegExp(`there is no topic "${mark}-like" at .*is "${name}" meant\\? \\[HW_TOPICS_UNKNOWN\\]`),
  );
  assert.match((await topics('describe a/b')).errors, /"a\/b" is no name of a topic/);
  await topics(`delete ${name} -y`);
});

test('wrong usage is told with where the help is, and 2', async () => {
  for (const [line, said] of [
    ['', 'what about topics'],
    ['make x', 'there is no "topics make"'],
    ['create', 'needs the name'],
    ['create x --partitions none', '--partitions takes a whole number from 1 on, not "none"'],
    ['create x --config a', '--config takes NAME=VALUE'],
    ['create x --colour red', "Unknown option '--colour'"],
    ['alter x', 'what is to change'],
    ['list x', 'takes no names'],
    ['list --kafka nowhere', 'is not host:port'],
    ['list --command-config nowhere.properties', 'cannot be read'],
  ] as const) {
    const run = await runCommand(topicsCommand, line === '' ? [] : line.split(' '), { kafka });
    assert.equal(run.code, 2, line);
    assert.ok(run.errors.includes(said), `${line}: ${run.errors}`);
  }
  assert.match((await topics('create --help')).output, /headwater topics create NAME/);
});

test('a Kafka that is away is told with its address, and an interrupted command ends with 130', {
  timeout: 30_000,
}, async () => {
  const stop = new AbortController();
  const waiting = topics('list', { kafka: '127.0.0.1:1', signal: stop.signal });
  stop.abort();
  assert.equal((await waiting).code, 130);
});
