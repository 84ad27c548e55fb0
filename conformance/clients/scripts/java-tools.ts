/**
 * Apache Kafka's administration tools, one after the other in one JVM. Called as: script.ts BOOTSTRAP PREFIX SCENARIO; needs
 * KAFKA_TOOL and JAVA_CLASSES. The broker has an authorizer, for which everybody is a super user.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { skip } from './skip.ts';
import { ToolShell } from './tool-shell.ts';
import { until } from './until.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const shell = new ToolShell(process.env['KAFKA_TOOL']!, process.env['JAVA_CLASSES']!);
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
const topic = `${prefix}-t`;
const server = ['--bootstrap-server', bootstrap];

/** Output of a tool that takes the address first: some have commands of commands. */
const run = (name: string, args: string, input?: string): Promise<string> =>
  shell.run(name, [...server, ...args.split(' ')], input);

async function fails(name: string, args: string, how: RegExp): Promise<void> {
  const { code, stdout, stderr } = await shell.end(name, [...server, ...args.split(' ')]);
  assert.notEqual(code, 0, `${name} ${args} had to fail: ${stdout}`);
  assert.match(`${stdout}\n${stderr}`, how);
}

/** Whether a tool prints this within a while: what it changed is told when it is known everywhere. */
async function prints(name: string, args: string, what: RegExp | ((output: string) => boolean)): Promise<void> {
  let output = '';
  await until(`${name} ${args} to print ${what}`, async () => {
    output = await run(name, args);
    return typeof what === 'function' ? what(output) : what.test(output);
  }).catch((error: Error) => {
    throw new Error(`${error.message}; it printed\n${output}`);
  });
}

async function withFile<T>(text: string, work: (file: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'headwater-tools-'));
  try {
    const file = join(dir, 'input');
    await writeFile(file, text);
    return await work(file);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const produce = (count: number, first = 0): Promise<string> =>
  run(
    'console-producer',
    `--topic ${topic} --reader-property parse.key=true --reader-property key.separator=:`,
    Array.from({ length: count }, (_, index) => `k${first + index}:v${first + index}\n`).join(''),
  );

const entityOf = (type: string, name: string): string => `--entity-type ${type} --entity-name ${name}`;

const scenarios: Record<string, () => Promise<void>> = {
  async configs() {
    const ofTopic = entityOf('topics', topic);
    await run('topics', `--create --topic ${topic} --partitions 2 --config max.message.bytes=2000`);
    await run('configs', `${ofTopic} --alter --add-config retention.ms=100000,cleanup.policy=[compact,delete]`);
    const described = await run('configs', `${ofTopic} --describe`);
    assert.match(
      described,
      /retention\.ms=100000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention\.ms=100000/,
    );
    assert.match(described, /cleanup\.policy=compact,delete/);
    await run('configs', `${ofTopic} --alter --delete-config retention.ms`);
    assert.doesNotMatch(await run('configs', `${ofTopic} --describe`), /retention\.ms=100000/);
    assert.match(await run('configs', `${ofTopic} --describe --all`), /segment\.bytes=1073741824 .*DEFAULT_CONFIG/);
    await fails('configs', `${ofTopic} --alter --add-config retention.ms=abc`, /InvalidConfig|Invalid value abc/);
    await fails('configs', `${ofTopic} --alter --add-config no.such=1`, /Unknown topic config name: no\.such/);
    // What the broker says of itself, for itself and for all.
    await run('configs', '--entity-type brokers --entity-default --alter --add-config log.retention.ms=90000000');
    await prints('configs', '--entity-type brokers --entity-default --describe', /log\.retention\.ms=90000000/);
    await prints('configs', `${ofTopic} --describe --all`, /retention\.ms=90000000 .*DYNAMIC_DEFAULT_BROKER_CONFIG/);
    await run('configs', '--entity-type brokers --entity-default --alter --delete-config log.retention.ms');
    await run('configs', '--entity-type brokers --entity-name 1 --alter --add-config message.max.bytes=3000000');
    await prints('configs', '--entity-type brokers --entity-name 1 --describe', /message\.max\.bytes=3000000/);
    await run('configs', '--entity-type brokers --entity-name 1 --alter --delete-config message.max.bytes');
    await fails(
      'configs',
      '--entity-type brokers --entity-name 1 --alter --add-config log.dirs=/x',
      /Cannot update|dynamically/,
    );
  },

  async users() {
    const user = entityOf('users', `${prefix}-u`);
    await run('configs', `${user} --alter --add-config SCRAM-SHA-256=[iterations=4096,password=secret]`);
    await prints('configs', `${user} --describe`, /SCRAM-SHA-256=iterations=4096/);
    await run('configs', `${user} --alter --delete-config SCRAM-SHA-256`);
    await prints('configs', `${user} --describe`, (output) => !output.includes('SCRAM'));
  },

  async quotas() {
    const user = entityOf('users', `${prefix}-u`);
    await run('configs', `${user} --alter --add-config producer_byte_rate=1048576`);
    await run('configs', `${user} ${entityOf('clients', 'app')} --alter --add-config consumer_byte_rate=2000000`);
    await prints('configs', `${user} --describe`, /producer_byte_rate=1048576\.0/);
    await prints('configs', `${user} ${entityOf('clients', 'app')} --describe`, /consumer_byte_rate=2000000\.0/);
    await run('configs', '--entity-type clients --entity-default --alter --add-config request_percentage=150');
    await prints('configs', '--entity-type clients --entity-default --describe', /request_percentage=150\.0/);
    await run('configs', '--entity-type clients --entity-default --alter --delete-config request_percentage');
    await run('configs', `${user} --alter --delete-config producer_byte_rate`);
    await run('configs', `${user} ${entityOf('clients', 'app')} --alter --delete-config consumer_byte_rate`);
    await prints('configs', `${user} --describe`, (output) => !output.includes('byte_rate'));
  },

  async groups() {
    const group = `${prefix}-g`;
    await run('topics', `--create --topic ${topic} --partitions 2`);
    await produce(30);
    const read = await run('console-consumer', `--topic ${topic} --group ${group} --from-beginning --max-messages 30`);
    assert.equal(read.match(/^v\d+$/gm)?.length, 30);
    assert.ok((await run('groups', '--list')).includes(group));
    await prints('consumer-groups', `--describe --group ${group} --state`, /Empty/);
    await run('consumer-groups', `--reset-offsets --group ${group} --topic ${topic} --shift-by -3 --execute`);
    const lag = await run('consumer-groups', `--describe --group ${group} --offsets`);
    const rows = lag.split('\n').filter((line) => line.startsWith(group));
    assert.equal(rows.length, 2, lag);
    for (const row of rows) assert.equal(row.split(/\s+/)[5], '3', lag);
    const offsets = `"${topic}",0,5\n`;
    await withFile(offsets, (file) =>
      run('consumer-groups', `--reset-offsets --group ${group} --from-file ${file} --execute`),
    );
    await prints('consumer-groups', `--describe --group ${group}`, new RegExp(`${topic} +0 +5 `));
    await run('consumer-groups', `--delete-offsets --group ${group} --topic ${topic}:1`);
    await run('consumer-groups', `--delete --group ${group}`);
    assert.match(
      await run('consumer-groups', `--describe --group ${group}`),
      /GroupIdNotFoundException: Group \S+ not found/,
    );
  },

  async acls() {
    await run('topics', `--create --topic ${topic}`);
    await run('acls', `--add --allow-principal User:bob --operation Read --operation Write --topic ${topic}`);
    await run(
      'acls',
      `--add --deny-principal User:mallory --operation Write --topic ${prefix} --resource-pattern-type prefixed`,
    );
    await run(
      'acls',
      `--add --allow-principal User:carol --producer --idempotent --transactional-id tx --topic ${topic}`,
    );
    await run('acls', `--add --allow-principal User:dora --consumer --group g --topic ${topic}`);
    await prints(
      'acls',
      `--list --topic ${topic}`,
      /principal=User:bob, host=\*, operation=READ, permissionType=ALLOW/,
    );
    const matching = await run('acls', `--list --topic ${topic} --resource-pattern-type match`);
    assert.match(matching, /principal=User:mallory, host=\*, operation=WRITE, permissionType=DENY/);
    assert.match(await run('acls', '--list --principal User:dora'), /resourceType=GROUP, name=g, patternType=LITERAL/);
    assert.match(await run('acls', '--list --cluster'), /principal=User:carol, host=\*, operation=IDEMPOTENT_WRITE/);
    await run('acls', `--remove --force --topic ${topic} --resource-pattern-type match`);
    for (const rest of ['--transactional-id tx', '--group g', '--cluster'])
      await run('acls', `--remove --force ${rest}`);
    await prints(
      'acls',
      `--list --topic ${topic} --resource-pattern-type match`,
      (output) => !output.includes('principal='),
    );
  },

  async records() {
    await run('topics', `--create --topic ${topic} --partitions 1`);
    await produce(50);
    assert.match(await run('get-offsets', `--topic ${topic} --time -1`), new RegExp(`${topic}:0:50`));
    const request = JSON.stringify({ partitions: [{ topic, partition: 0, offset: 20 }], version: 1 });
    await withFile(request, (file) => run('delete-records', `--offset-json-file ${file}`));
    await prints('get-offsets', `--topic ${topic} --time earliest`, new RegExp(`${topic}:0:20`));
    const read = await run('console-consumer', `--topic ${topic} --from-beginning --max-messages 30`);
    assert.match(read, /^v20\n/m);
    const props = ['timestamp', 'key', 'offset', 'partition', 'headers'].map(
      (name) => `--formatter-property print.${name}=true`,
    );
    const one = await run(
      'console-consumer',
      `--topic ${topic} --partition 0 --offset 49 --max-messages 1 ${props.join(' ')}`,
    );
    assert.match(one, /^CreateTime:\d+\tPartition:0\tOffset:49\tNO_HEADERS\tk49\tv49$/m);
  },

  async cluster() {
    await run('topics', `--create --topic ${topic} --partitions 2`);
    await produce(10);
    assert.match(await shell.run('cluster', ['cluster-id', ...server]), /Cluster ID: \S+/);
    const dirs = JSON.parse((await run('log-dirs', `--describe --topic-list ${topic}`)).trim().split('\n').at(-1)!);
    const partitions: { partition: string; size: number; offsetLag: number }[] = dirs.brokers[0].logDirs[0].partitions;
    assert.deepEqual(partitions.map(({ partition }) => partition).sort(), [`${topic}-0`, `${topic}-1`]);
    assert.ok(partitions.reduce((sum, { size }) => sum + size, 0) > 100);
    await run('leader-election', '--election-type preferred --all-topic-partitions');
    assert.match(
      await run('leader-election', `--election-type unclean --topic ${topic} --partition 0`),
      /Valid replica already elected/,
    );
    const features = await run('features', 'describe');
    for (const feature of ['metadata', 'group', 'transaction'])
      assert.match(features, new RegExp(`Feature: ${feature}\\.version\\s`));
    assert.match(await run('metadata-quorum', 'describe --status'), /LeaderId: +1\n/);
    assert.match(await run('metadata-quorum', 'describe --replication'), /Leader/);
    assert.match(await shell.run('broker-api-versions', server), /Produce\(0\): \d+ to \d+ \[usable/);
    assert.match(await run('reassign-partitions', '--list'), /No partition reassignments found/);
    const plan = JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, replicas: [1] }] });
    await withFile(plan, async (file) => {
      await run('reassign-partitions', `--reassignment-json-file ${file} --execute`);
      await run('reassign-partitions', `--reassignment-json-file ${file} --verify`);
    });
    await withFile(plan.replace('[1]', '[7]'), (file) =>
      fails('reassign-partitions', `--reassignment-json-file ${file} --execute`, /Unknown broker id 7|7/),
    );
  },

  async 'client-metrics'() {
    const name = `${prefix}-m`;
    await run('client-metrics', `--alter --name ${name} --metrics org.apache.kafka.producer. --interval 60000`);
    await prints('client-metrics', '--list', new RegExp(name));
    await prints('client-metrics', `--describe --name ${name}`, /interval\.ms=60000/);
    await run('client-metrics', `--delete --name ${name}`);
    await prints('client-metrics', '--list', (output) => !output.includes(name));
  },

  async transactions() {
    const id = `${prefix}-x`;
    await run('topics', `--create --topic ${topic}`);
    const producer = kafka.producer({ transactionalId: id, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const open = await producer.transaction();
    await open.send({ topic, messages: [{ value: 'open' }] });
    await prints('transactions', `list --transactional-id-pattern ${prefix}.*`, new RegExp(`^${id}\\s.*Ongoing`, 'm'));
    const described = await run('transactions', `describe --transactional-id ${id}`);
    assert.match(described, new RegExp(`\\s${id}\\s+\\d+\\s+\\d+\\s+Ongoing\\s+60000\\s.*${topic}-0`));
    const producers = await run('transactions', `describe-producers --topic ${topic} --partition 0`);
    assert.match(producers, /^\d+\s+0\s+-1\s+0\s+\d{13}\s+0\s*$/m, producers);
    const hanging = await run('transactions', `find-hanging --broker-id 1 --topic ${topic}`);
    assert.doesNotMatch(hanging, new RegExp(prefix));
    await run('transactions', `forceTerminateTransaction --transactionalId ${id}`);
    await prints('transactions', `describe --transactional-id ${id}`, /CompleteAbort|Empty/);
    await assert.rejects(open.commit());
    await producer.disconnect();
    // One that its coordinator is not asked about: the marker goes to the partition itself.
    const second = kafka.producer({ transactionalId: id, idempotent: true, maxInFlightRequests: 1 });
    await second.connect();
    const other = await second.transaction();
    const [sent] = await other.send({ topic, messages: [{ value: 'other' }] });
    await run('transactions', `abort --topic ${topic} --partition 0 --start-offset ${sent!.baseOffset}`);
    await prints('transactions', `describe-producers --topic ${topic} --partition 0`, /\sNone\s*$/m);
    await other.abort();
    await second.disconnect();
    const read = `--topic ${topic} --from-beginning --isolation-level read_committed --timeout-ms 2000`;
    assert.equal((await run('console-consumer', read)).trim(), '');
  },

  async 'dump-log'() {
    const dataDir = process.env['HEADWATER_CLIENTS_DATA_DIR'] ?? '';
    if (dataDir === '') skip("the broker's files are read where --data-dir names their folder only");
    await run('topics', `--create --topic ${topic}`);
    const producer = kafka.producer({ transactionalId: `${prefix}-x`, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    const compression = CompressionTypes.GZIP;
    await transaction.send({
      topic,
      compression,
      messages: [
        { key: 'a', value: '1' },
        { key: 'b', value: null },
      ],
    });
    await transaction.commit();
    await producer.disconnect();
    await run('console-consumer', `--topic ${topic} --group ${prefix}-g --from-beginning --max-messages 2`);
    const dump = (where: string, how: string): Promise<string> =>
      shell.run('dump-log', ['--files', join(dataDir, where, '00000000000000000000.log'), ...how.split(' ')]);
    await until('the marker in the file', async () =>
      /endTxnMarker: COMMIT/.test(await dump(`${topic}-0`, '--print-data-log')),
    );
    const log = await dump(`${topic}-0`, '--print-data-log --deep-iteration --verify-index-only');
    assert.match(log, /count: 2 .*isTransactional: true isControl: false .*compresscodec: gzip .*isvalid: true/);
    assert.match(log, /offset: 0 .*key: a payload: 1/);
    assert.doesNotMatch(log, /isvalid: false|Found|Mismatch/);
    const decoded = async (internal: string, how: string): Promise<string> => {
      const names = (await readdir(dataDir)).filter((name) => name.startsWith(`${internal}-`));
      return (await Promise.all(names.map((name) => dump(name, how)))).join('\n');
    };
    assert.match(await decoded('__consumer_offsets', '--offsets-decoder'), new RegExp(`"group":"${prefix}-g"`));
    assert.match(
      await decoded('__transaction_state', '--transaction-log-decoder'),
      new RegExp(`"transactionalId":"${prefix}-x"`),
    );
  },

  async perf() {
    await run('topics', `--create --topic ${topic} --partitions 2`);
    const props = `bootstrap.servers=${bootstrap} acks=all batch.size=16384`;
    const perf = `--topic ${topic} --num-records 20000 --record-size 100 --throughput -1 --command-property`;
    const produced = await shell.run('producer-perf-test', [...perf.split(' '), ...props.split(' ')]);
    assert.match(produced, /20000 records sent/);
    const id = `${prefix}-x`;
    const transactional = `--topic ${topic} --num-records 5000 --record-size 100 --throughput -1 --transactional-id ${id} --transaction-duration-ms 100 --command-property`;
    const sent = await shell.run('producer-perf-test', [...transactional.split(' '), ...props.split(' ')]);
    assert.match(sent, /5000 records sent/);
    const read = await run(
      'console-consumer',
      `--topic ${topic} --from-beginning --isolation-level read_committed --max-messages 25000 --timeout-ms 60000`,
    );
    assert.equal(read.trim().split('\n').length, 25_000);
    await run('consumer-perf-test', `--topic ${topic} --num-records 25000 --timeout 60000`);
    const latency = `--topic ${topic} --num-records 100 --producer-acks all --record-size 50`;
    assert.match(await run('e2e-latency', latency), /Percentiles/);
  },
};

try {
  await scenarios[scenario]!();
} finally {
  shell.close();
}
