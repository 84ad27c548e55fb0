/**
 * Kafka Connect with its file connectors: lines of a file go through a topic into another file. Called as: script.ts BOOTSTRAP PREFIX
 * SCENARIO; needs KAFKA_TOOL and CONNECT_JAR, the file connectors.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSqlClient, startSql } from '@headwater/sql';
import { Kafka, logLevel } from 'kafkajs';
import { Tool } from './tool.ts';
import { until } from './until.ts';

/** A worker on a busy machine takes its time to start. */
const patienceMs = 150_000;

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
const jar = process.env['CONNECT_JAR']!;
const topic = `${prefix}-t`;
const dir = await mkdtemp(join(tmpdir(), 'headwater-connect-'));
const [source, sink] = [join(dir, 'source.txt'), join(dir, 'sink.txt')];

const common = {
  'bootstrap.servers': bootstrap,
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'offset.flush.interval.ms': '500',
  'plugin.path': dirname(jar),
  'plugin.discovery': 'service_load',
};
const sourceConfig = { 'connector.class': 'FileStreamSource', 'tasks.max': '1', file: source, topic };
const sinkConfig = { 'connector.class': 'FileStreamSink', 'tasks.max': '1', file: sink, topics: topic };

const properties = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

async function file(name: string, values: Record<string, string>): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, properties(values));
  return path;
}

const worker = (kind: string, files: readonly string[]): Tool =>
  new Tool(process.env['KAFKA_TOOL']!, [`org.apache.kafka.connect.cli.Connect${kind}`, ...files], undefined, {
    ...process.env,
    KAFKA_TOOL_CLASSPATH: jar,
  });

const line = (number: number): string => `line ${number}`;
const lines = (first: number, end: number): string[] => Array.from({ length: end - first }, (_, i) => line(first + i));

async function append(first: number, end: number): Promise<void> {
  await appendFile(source, `${lines(first, end).join('\n')}\n`);
}

async function sunk(): Promise<string[]> {
  const text = await readFile(sink, 'utf8').catch(() => '');
  return text.split('\n').slice(0, -1);
}

/** Values that a reader of committed records finds in the topic. */
async function read(count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `${prefix}-reader` });
  const got: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void got.push(message.value!.toString()) });
  await until(`${count} records of ${topic}`, () => got.length >= count, patienceMs);
  await consumer.disconnect();
  return got;
}

async function createTopic(): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const scenarios: Record<string, () => Promise<void>> = {
  /** Stopped and started: each line once, in order, with the offsets of the sink's group. */
  async standalone() {
    await createTopic();
    const files = [
      await file('worker.properties', {
        ...common,
        'offset.storage.file.filename': join(dir, 'offsets'),
        listeners: `http://127.0.0.1:${await freePort()}`,
      }),
      await file('source.properties', { name: `${prefix}-source`, ...sourceConfig }),
      await file('sink.properties', { name: `${prefix}-sink`, ...sinkConfig }),
    ];
    await append(0, 200);
    let running = worker('Standalone', files);
    try {
      await until('200 lines', async () => (await sunk()).length >= 200, patienceMs);
      await running.stop();
      await append(200, 400);
      running = worker('Standalone', files);
      await until('400 lines', async () => (await sunk()).length >= 400, patienceMs);
      await running.stop();
    } catch (error) {
      console.log(running.stderr.slice(-4_000), running.stdout.slice(-2_000));
      throw error;
    } finally {
      await running.stop('SIGKILL');
    }
    assert.deepEqual(await sunk(), lines(0, 400));
    const admin = kafka.admin();
    await admin.connect();
    const [committed] = await admin.fetchOffsets({ groupId: `connect-${prefix}-sink`, topics: [topic] });
    await admin.disconnect();
    assert.equal(committed!.partitions[0]!.offset, '400');
  },

  /** Connectors made, shown and dropped by SQL statements. */
  async sql() {
    await createTopic();
    await append(0, 100);
    const url = `http://127.0.0.1:${await freePort()}`;
    const offsets = { 'offset.storage.file.filename': join(dir, 'offsets'), listeners: url };
    const running = worker('Standalone', [await file('worker.properties', { ...common, ...offsets })]);
    const settings = [['ksql.connect.url', url]] as const;
    const sql = await startSql({ bootstrap, port: 0, serviceId: `${prefix}_`, settings });
    const client = createSqlClient({ url: sql.url });
    const literals = (config: Record<string, string>): string =>
      Object.entries(config)
        .map(([name, value]) => `'${name}'='${value}'`)
        .join(', ');
    const make = (direction: string, name: string, config: Record<string, string>) =>
      client.execute(`CREATE ${direction} CONNECTOR ${name} WITH (${literals(config)});`);
    try {
      await until(
        'the worker',
        () =>
          client.execute('SHOW CONNECTORS;').then(
            () => true,
            () => false,
          ),
        patienceMs,
      );
      const [plugins] = await client.execute('SHOW CONNECTOR PLUGINS;');
      assert.match(JSON.stringify(plugins), /FileStreamSourceConnector/);
      await assert.rejects(make('SOURCE', 'nothing', { 'connector.class': 'NoSuch' }), /Failed to find any class/);
      const { file: _, ...incomplete } = sinkConfig;
      await assert.rejects(
        make('SINK', 'wrong', { ...incomplete, 'tasks.max': '-1' }),
        /Validation error: tasks\.max - /,
      );
      const [made] = await make('SOURCE', 'lines', sourceConfig);
      assert.equal(made!['@type'], 'connector_info');
      await make('SINK', 'copies', sinkConfig);
      await assert.rejects(make('SINK', 'copies', sinkConfig), { errorCode: 40900 });
      await until('100 lines', async () => (await sunk()).length >= 100, patienceMs);
      const [listed] = await client.execute('SHOW SINK CONNECTORS;');
      assert.match(JSON.stringify(listed), /"name":"COPIES","type":"sink".*RUNNING \(1\/1 tasks RUNNING\)/);
      const text = `CREATE STREAM texts (line STRING) WITH (kafka_topic='${topic}', value_format='KAFKA');`;
      await client.execute(text);
      const [described] = await client.execute('DESCRIBE CONNECTOR lines;');
      assert.equal(described!['@type'], 'connector_description');
      assert.match(JSON.stringify(described), /"topics":\["[^"]+"\]/);
      assert.match(JSON.stringify(described), /"name":"TEXTS"/);
      for (const name of ['lines', 'copies']) await client.execute(`DROP CONNECTOR ${name};`);
      await assert.rejects(client.execute('DROP CONNECTOR lines;'), { errorCode: 40400 });
      assert.deepEqual(await sunk(), lines(0, 100));
    } catch (error) {
      console.log(running.stderr.slice(-4_000), running.stdout.slice(-2_000));
      throw error;
    } finally {
      client.close();
      await sql.close();
      await running.stop('SIGKILL');
    }
  },

  /** Killed: the source writes each line once all the same, by transactions that hold its offsets too. */
  async 'distributed-exactly-once'() {
    await createTopic();
    const url = `http://127.0.0.1:${await freePort()}`;
    const files = [
      await file('worker.properties', {
        ...common,
        'group.id': `${prefix}-connect`,
        'config.storage.topic': `${prefix}-configs`,
        'config.storage.replication.factor': '1',
        'offset.storage.topic': `${prefix}-offsets`,
        'offset.storage.replication.factor': '1',
        'offset.storage.partitions': '2',
        'status.storage.topic': `${prefix}-status`,
        'status.storage.replication.factor': '1',
        'status.storage.partitions': '2',
        'exactly.once.source.support': 'enabled',
        'session.timeout.ms': '6000',
        'heartbeat.interval.ms': '1000',
        'scheduled.rebalance.max.delay.ms': '0',
        listeners: url,
      }),
    ];
    const put = async (name: string, config: Record<string, string>): Promise<boolean> => {
      const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(config) };
      const answer = await fetch(`${url}/connectors/${name}/config`, init).catch(() => null);
      await answer?.body?.cancel();
      return answer !== null && (answer.status === 200 || answer.status === 201);
    };
    await append(0, 200);
    let running = worker('Distributed', files);
    try {
      await until('the source to be taken', () => put(`${prefix}-source`, sourceConfig), patienceMs);
      await until('the sink to be taken', () => put(`${prefix}-sink`, sinkConfig), patienceMs);
      await until('200 lines', async () => (await sunk()).length >= 200, patienceMs);
      await append(200, 400);
      await running.stop('SIGKILL');
      await append(400, 500);
      running = worker('Distributed', files);
      await until('500 lines', async () => (await sunk()).includes(line(499)), patienceMs);
      assert.deepEqual(await read(500), lines(0, 500));
    } catch (error) {
      console.log(running.stderr.slice(-4_000), running.stdout.slice(-2_000));
      throw error;
    } finally {
      await running.stop('SIGKILL');
    }
    // The sink may write again what it had not committed when it was killed.
    assert.deepEqual([...new Set(await sunk())], lines(0, 500));
  },
};

try {
  await scenarios[scenario]!();
} finally {
  await rm(dir, { recursive: true, force: true });
}
