import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Run, type RunOptions, runCommand } from '../kafka-command/testing/run-command.ts';
import { lagCommand } from '../lag/lag-command.ts';
import { groupsCommand } from './groups-command.ts';

// Apache Kafka, or any other, as the control: HEADWATER_TEST_KAFKA=host:port.
const given = process.env['HEADWATER_TEST_KAFKA'];
const mark = `cli-${process.pid}-${Date.now().toString(36)}`;
let broker: Broker | undefined;
let kafka = given ?? '';
let client: KafkaClient;

before(async () => {
  if (given === undefined) {
    broker = await startBroker({ port: 0 });
    kafka = broker.bootstrap;
  }
  client = createClient({ bootstrap: kafka, clientId: 'test' });
});
after(async () => {
  await client.close();
  await broker?.close();
});

const groups = (line: string, options: RunOptions = {}): Promise<Run> =>
  runCommand(groupsCommand, line.split(' '), { kafka, ...options });
const lag = (line: string, options: RunOptions = {}): Promise<Run> =>
  runCommand(lagCommand, line === '' ? [] : line.split(' '), { kafka, ...options });

/** A topic with ten records in each of two partitions, of which a group has read four and ten. */
async function readTopic(name: string): Promise<{ topic: string; group: string }> {
  const [topic, group] = [`${mark}-${name}`, `${mark}-${name}-group`];
  await client.createTopics([{ name: topic, partitions: 2 }]);
  for (const partition of [0, 1]) {
    const records = Array.from({ length: 10 }, (_, at) => ({
      value: `${at}`,
      timestamp: 1_700_000_000_000 + at * 1000,
    }));
    await client.produce({ topic, partition, records });
  }
  await client.commitOffsets(group, { [topic]: { 0: 4, 1: 10 } });
  return { topic, group };
}

test('groups are listed and described with their lag', async () => {
  const { topic, group } = await readTopic('seen');
  assert.match((await groups('list')).output, new RegExp(`^${group} +Empty +\\w+ +0 +6 +${topic}$`, 'm'));
  const described = await groups(`describe ${group}`);
  assert.match(described.output, new RegExp(`^${group}: Empty, protocol \\w+.*, 0 members, lag 6$`, 'm'));
  assert.match(described.output, new RegExp(`^${topic} +0 +4 +10 +6 +- +-$`, 'm'));
  const [json] = JSON.parse((await groups(`describe ${group} --json`)).output);
  assert.deepEqual(
    json.partitions.map((each: { committed: number; end: number; lagRecords: number }) => [
      each.committed,
      each.end,
      each.lagRecords,
    ]),
    [
      [4, 10, 6],
      [10, 10, 0],
    ],
  );
  assert.match(
    (await groups(`describe ${group}x`)).errors,
    new RegExp(`is "${group}" meant\\? \\[HW_GROUPS_UNKNOWN\\]`),
  );
});

test('a reset says what it would skip or replay, and does it when told to', async () => {
  const { topic, group } = await readTopic('reset');
  const offsets = async () =>
    (await client.committedOffsets(group)).sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
  const dry = await groups(`reset ${group} --topic ${topic} --to earliest`);
  assert.match(dry.output, new RegExp(`^${topic} +0 +4 +0 +replays 4 records$`, 'm'));
  assert.match(
    dry.errors,
    new RegExp(`consume ${topic} --partition 0 --from 0 --max 4\nnothing is changed; --execute does it\n$`),
  );
  assert.deepEqual(await offsets(), [4, 10]);
  for (const [where, expected] of [
    ['--to latest', [10, 10]],
    ['--to -3', [7, 7]],
    ['--shift -2', [5, 5]],
    ['--to 2023-11-14T22:13:22Z', [2, 2]],
    ['--to 99', [10, 10]],
    [`--to earliest`, [0, 0]],
    ['--shift 4', [4, 4]],
  ] as const) {
    assert.equal((await groups(`reset ${group} --topic ${topic} ${where} --execute`)).code, 0, where);
    assert.deepEqual(await offsets(), expected, where);
  }
  await groups(`reset ${group} --topic ${topic}:1 --to latest --execute`);
  assert.deepEqual(await offsets(), [4, 10]);
  const json = JSON.parse((await groups(`reset ${group} --all-topics --to latest --json`)).output);
  assert.deepEqual([json.isExecuted, json.moves[0].skippedRecords, json.moves[1].skippedRecords], [false, 6, 0]);
  assert.match((await groups(`reset ${group} --topic ${topic}:7 --to latest`)).errors, /no partition 7: it has 0 to 1/);
});

test('a group with members is neither reset nor deleted, and they are named', { timeout: 60_000 }, async () => {
  const { topic, group } = await readTopic('busy');
  const consumer = client.consumer({ groupId: group, topics: [topic], autoCommit: false });
  await consumer.poll({ maxWaitMs: 20_000 });
  const reset = await groups(`reset ${group} --topic ${topic} --to latest --execute`);
  assert.equal(reset.code, 1);
  assert.match(reset.errors, /has 1 member, which would go on.*stop test \(.*HW_GROUPS_BUSY/);
  assert.match((await groups(`delete ${group} --yes`)).errors, /has 1 member: stop them first.*HW_GROUPS_BUSY/);
  assert.match((await groups(`describe ${group}`)).output, /Stable.*1 member, lag 6\n/);
  await consumer.close();
  assert.equal((await groups(`delete ${group}`)).code, 2);
  assert.equal((await groups(`delete ${group}`, { input: 'yes\n', isTerminal: true })).output, `${group} deleted\n`);
  assert.equal((await groups(`describe ${group}`)).code, 1);
});

test('lag, as a table, as JSON, for a script, and watched', async () => {
  const { topic, group } = await readTopic('lag');
  assert.match((await lag('')).output, new RegExp(`^${group} +Empty +0 +${topic} +2 +6$`, 'm'));
  const [json] = JSON.parse((await lag(`${group} --json`)).output);
  assert.deepEqual([json.groupId, json.lagRecords, json.partitions.length], [group, 6, 2]);
  assert.equal((await lag(`${group} --max-lag 6`)).code, 0);
  const late = await lag(`${group} --max-lag 5`);
  assert.equal(late.code, 1);
  assert.match(late.errors, /is 6 records behind, more than 5/);
  const stop = new AbortController();
  const watching = lag(`${group} --watch --every 1`, { signal: stop.signal });
  stop.abort();
  assert.equal((await watching).code, 130);
});

test('wrong usage is told with where the help is, and 2', async () => {
  for (const [line, said] of [
    ['make', 'there is no "groups make"'],
    ['describe', 'which group'],
    ['reset g', 'which topics'],
    ['reset g --topic t', 'where to'],
    ['reset g --topic t --all-topics --to latest', 'which topics'],
    ['reset g --topic t --to someday', '--to takes earliest'],
    ['reset g --topic t --shift x', '--shift takes a whole number'],
    ['reset g --topic t:x --to latest', '--topic takes NAME'],
    ['delete', 'which group'],
  ] as const) {
    const run = await groups(line);
    assert.equal(run.code, 2, line);
    assert.ok(run.errors.includes(said), `${line}: ${run.errors}`);
  }
  assert.equal((await lag('--max-lag few')).code, 2);
  assert.match((await groups('--help')).output, /headwater groups reset GROUP/);
  assert.match((await lag('--help')).output, /--max-lag N/);
});
