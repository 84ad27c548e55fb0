import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { ConnectClient } from '../connect/connect-client.ts';
import { FakeConnect } from './testing/fake-connect.ts';
import { type StatementServer, startStatementServer } from './testing/statement-server.ts';

const fake = new FakeConnect();
let server: StatementServer;
let lonely: StatementServer;

before(async () => {
  await fake.start();
  server = await serverWith(new ConnectClient({ url: `${fake.url}/`, retryDelayMs: 1 }));
  lonely = await serverWith(null);
});
beforeEach(() => {
  fake.connectors.clear();
  fake.calls.length = 0;
});
after(async () => {
  await server.close();
  await lonely.close();
  await fake.close();
});

async function serverWith(connect: ConnectClient | null): Promise<StatementServer> {
  const started = await startStatementServer({ connect });
  started.topics.add({ name: 'orders', partitions: 1, replicas: 1 });
  return started;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
function run(ksql: string, at = server): Promise<any> {
  return at.run(ksql);
}

const lines = `CREATE SOURCE CONNECTOR lines WITH ('connector.class'='org.example.FileSource', 'topic'='orders', 'password'='hush');`;

test('connectors are made, shown, described and dropped', async () => {
  const [made] = await run(lines);
  equal(made['@type'], 'connector_info');
  deepEqual(made.info.config, {
    'connector.class': 'org.example.FileSource',
    topic: 'orders',
    password: 'hush',
    name: 'LINES',
  });
  match(made.statementText, /'password'='\[string\]'/);
  const [all, sinks, plugins] = await run('SHOW CONNECTORS; LIST SINK CONNECTORS; SHOW CONNECTOR PLUGINS;');
  deepEqual(all.connectors, [
    { name: 'LINES', type: 'source', className: 'org.example.FileSource', state: 'RUNNING (1/2 tasks RUNNING)' },
  ]);
  deepEqual(sinks.connectors, []);
  deepEqual(plugins.connectorsPlugins, [{ className: 'org.example.FileSource', type: 'source', version: '1.0' }]);
  await run("CREATE STREAM orders (id STRING) WITH (kafka_topic='orders', format='JSON');");
  const [described] = await run('DESCRIBE CONNECTOR lines;');
  equal(described.connectorClass, 'org.example.FileSource');
  equal(described.status.tasks[1].state, 'FAILED');
  deepEqual(described.topics, ['orders']);
  deepEqual(
    described.sources.map(({ name }: { name: string }) => name),
    ['ORDERS'],
  );
  const [dropped] = await run('DROP CONNECTOR lines;');
  deepEqual([dropped['@type'], dropped.connectorName], ['drop_connector', 'LINES']);
});

test('what Connect refuses is told with its status and words', async () => {
  await run(lines);
  const again = await run(lines);
  deepEqual([again.error_code, again.message], [40900, 'Connector LINES already exists']);
  const [warning] = await run(lines.replace('CONNECTOR', 'CONNECTOR IF NOT EXISTS'));
  deepEqual([warning['@type'], warning.message], ['warning_entity', 'Connector LINES already exists']);
  match(
    (await run("CREATE SINK CONNECTOR other WITH ('connector.class'='org.example.FileSource');")).message,
    /^Validation error: topic - Missing required configuration "topic"$/,
  );
  match((await run("CREATE SINK CONNECTOR other WITH ('topic'='a');")).message, /contains no connector type/);
  match(
    (await run("CREATE SINK CONNECTOR other WITH ('connector.class'='Nothing');")).message,
    /Failed to find any class/,
  );
  deepEqual([...fake.connectors.keys()], ['LINES'], 'a script with a connector that cannot be made does nothing');
  const missing = await run('DESCRIBE CONNECTOR nothing;');
  equal(missing.error_code, 40400);
  match(missing.message, /^Failed to query connector status: .*Connector NOTHING not found/);
  equal((await run('DROP CONNECTOR nothing;')).error_code, 40400);
  deepEqual((await run('DROP CONNECTOR IF EXISTS nothing;'))[0].message, "Connector 'NOTHING' does not exist.");
});

test('what may pass is asked again, three times in all', async () => {
  fake.failures.push({ call: 'GET /connectors', status: 503 }, { call: 'GET /connectors', status: 409 });
  deepEqual((await run('SHOW CONNECTORS;'))[0].connectors, []);
  for (let at = 0; at < 3; at++) fake.failures.push({ call: 'GET /connectors', status: 500 });
  const error = await run('SHOW CONNECTORS;');
  equal(error.error_code, 50000);
  match(error.message, /^Failed to list connectors: .*on purpose/);
});

test('without Connect, or with one that is not there, the answer says what to do', async () => {
  const none = await run('SHOW CONNECTORS;', lonely);
  equal(none.error_code, 40001);
  match(none.message, /Start it with ksql\.connect\.url/);
  const silent = new ConnectClient({ url: fake.url, requestTimeoutMs: 20, retryDelayMs: 1 });
  const slow = await serverWith(silent);
  try {
    fake.isSilent = true;
    const late = await run('SHOW CONNECTORS;', slow);
    equal(late.error_code, 50000);
    match(late.message, /Kafka Connect does not answer: GET .*\/connectors: no answer within 20 ms/);
  } finally {
    fake.isSilent = false;
    await slow.close();
  }
});
