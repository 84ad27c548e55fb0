import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMemoryRegistry } from '../testing/memory-registry.ts';
import { type StatementServer, startStatementServer } from './testing/statement-server.ts';

const registry = createMemoryRegistry();
let server: StatementServer;

before(async () => {
  registry.register('orders-value', { schemaType: 'AVRO', schema: '"string"', references: [] }, 7);
  const settings = new Map([
    ['ksql.assert.topic.default.timeout.ms', '0'],
    ['ksql.assert.schema.default.timeout.ms', '0'],
  ]);
  server = await startStatementServer({ registry: registry.client, settings });
  server.topics.add({ name: 'orders', partitions: 2, replicas: 1 });
});
after(async () => {
  await server.close();
  registry.client.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
function run(ksql: string): Promise<any> {
  return server.run(ksql);
}

test('topics are as they should be, or it is told how they are', async () => {
  const [there, gone] = await run("ASSERT TOPIC orders WITH (partitions=2, replicas=1); ASSERT NOT EXISTS TOPIC 'x';");
  deepEqual([there['@type'], there.topicName, there.exists], ['assert_topic', 'orders', true]);
  deepEqual([gone.topicName, gone.exists], ['x', false]);
  const missing = await run('ASSERT TOPIC nothing;');
  deepEqual([missing.error_code, missing.message], [41700, 'Topic nothing does not exist']);
  equal((await run('ASSERT NOT EXISTS TOPIC orders;')).message, 'Topic orders exists');
  equal(
    (await run('ASSERT TOPIC orders WITH (partitions=3, colour=1);')).message,
    'Mismatched configuration for topic orders: For config partitions, expected 3 got 2\nCannot assert unknown topic property: COLOUR',
  );
});

test('schemas, by subject, id, or both', async () => {
  const answers = await run(
    "ASSERT SCHEMA SUBJECT 'orders-value'; ASSERT SCHEMA ID 7; ASSERT SCHEMA SUBJECT 'orders-value' ID 7; ASSERT NOT EXISTS SCHEMA SUBJECT 'orders-value' ID 8;",
  );
  deepEqual(
    answers.map(({ subject, id, exists }: Record<string, unknown>) => [subject, id, exists]),
    [
      ['orders-value', null, true],
      [null, 7, true],
      ['orders-value', 7, true],
      ['orders-value', 8, false],
    ],
  );
  const missing = await run("ASSERT SCHEMA SUBJECT 'nothing' ID 7;");
  deepEqual([missing.error_code, missing.message], [41700, 'Schema with subject name nothing id 7 does not exist']);
  equal((await run('ASSERT NOT EXISTS SCHEMA ID 7;')).message, 'Schema with id 7 exists');
});

test('an assertion waits for what another request makes', async () => {
  const asserted = run('ASSERT TOPIC later TIMEOUT 60 SECONDS;');
  const [made] = await run("CREATE STREAM later (a INT) WITH (kafka_topic='later', format='JSON', partitions=1);");
  equal(made.commandStatus.status, 'SUCCESS');
  equal((await asserted)[0].exists, true);
});

test('settings are checked, and what the server alone may do is refused', async () => {
  match((await run("SET 'colour'='red';")).message, /^Unknown property: colour/);
  match((await run("UNSET 'colour';")).message, /^Unknown property: colour/);
  match((await run("SET 'bootstrap.servers'='evil:1';")).message, /Cannot override property 'bootstrap\.servers'/);
  match((await run("SET 'ksql.streams.state.dir'='/etc';")).message, /Cannot override property/);
  match(
    (await run("SET 'commit.interval.ms'='soon';")).message,
    /Invalid value soon for configuration commit\.interval\.ms: Not a number of type LONG/,
  );
  match((await run("SET 'auto.offset.reset'='never';")).message, /String must be one of: latest, earliest/);
  deepEqual(await run("SET 'ksql.streams.commit.interval.ms'='100'; UNSET 'auto.offset.reset';"), []);
  const [warning] = await run('UNDEFINE nothing;');
  match(warning.message, /Cannot undefine variable 'nothing' which was never defined/);
  const altered = await run("ALTER SYSTEM 'ksql.streams.num.stream.threads'='2';");
  match(altered.message, /Cannot alter system configs/);
  equal((await run("RUN SCRIPT '/etc/passwd';")).error_code, 40001);
});
