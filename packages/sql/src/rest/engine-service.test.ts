import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type StatementServer, startStatementServer } from './testing/statement-server.ts';

let server: StatementServer;

before(async () => {
  const settings = new Map([
    ['ksql.service.id', 'test_'],
    ['ksql.password', 'x'],
  ]);
  server = await startStatementServer({ settings, now: () => 7 });
  await run(`CREATE STREAM orders (id STRING KEY, amount DECIMAL(6, 2), tags ARRAY<STRING>, place STRUCT<city STRING>)
    WITH (kafka_topic='orders', value_format='JSON', partitions=2);`);
});
after(() => server.close());

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
function run(ksql: string, more: Record<string, unknown> = {}): Promise<any> {
  return server.run(ksql, more);
}

test('a statement is done, and its command is told of', async () => {
  const [entity] = await run('CREATE TABLE totals AS SELECT id, COUNT(*) AS n FROM orders GROUP BY id;');
  equal(entity.commandId, 'table/TOTALS/create');
  equal(entity.commandStatus.status, 'SUCCESS');
  equal(entity.commandStatus.queryId, 'CTAS_TOTALS_0');
  equal(server.queries.all.length, 1);
  const status = await (await fetch(`${server.url}/status/table/TOTALS/create`)).json();
  deepEqual(status, entity.commandStatus);
});

test('a script is done whole or not at all, and types are known to what follows', async () => {
  const error = await run(
    'CREATE STREAM copy1 AS SELECT * FROM orders; CREATE STREAM copy2 AS SELECT missing FROM copy1;',
  );
  equal(error['@type'], 'statement_error');
  match(error.message, /MISSING/);
  equal(
    server.topics.all.some(({ name }) => name === 'COPY1'),
    false,
  );
  const done = await run(
    "CREATE TYPE place AS STRUCT<x INT>; CREATE STREAM typed (p place) WITH (kafka_topic='typed', value_format='JSON', partitions=1); DROP STREAM typed; DROP TYPE place;",
  );
  equal(done.length, 4);
});

test('what there is is shown and described', async () => {
  const [streams, shown, types, functions] = await run('SHOW STREAMS; SHOW TOPICS; SHOW TYPES; SHOW FUNCTIONS;');
  deepEqual(streams.streams, [
    { type: 'STREAM', name: 'ORDERS', topic: 'orders', keyFormat: 'KAFKA', valueFormat: 'JSON', isWindowed: false },
  ]);
  deepEqual(shown.topics[0], { name: 'TOTALS', replicaInfo: [1, 1] });
  deepEqual(types.types, {});
  equal(
    functions.functions.some(({ name }: { name: string }) => name === 'COUNT'),
    true,
  );
  const [{ sourceDescription }] = await run('DESCRIBE orders EXTENDED;');
  deepEqual(sourceDescription.fields[0], {
    name: 'ID',
    schema: { type: 'STRING', fields: null, memberSchema: null },
    type: 'KEY',
  });
  deepEqual(sourceDescription.fields[1].schema.parameters, { precision: 6, scale: 2 });
  equal(sourceDescription.partitions, 2);
  equal(sourceDescription.readQueries[0].id, 'CTAS_TOTALS_0');
  match((await run('DESCRIBE nothing;')).message, /Could not find STREAM\/TABLE 'NOTHING' in the Metastore/);
  const [{ functions: variants }] = await run('DESCRIBE FUNCTION ucase;');
  equal(variants[0].arguments[0].type, 'STRING');
});

test('queries are shown and explained, running or not', async () => {
  const [{ queries: lines }] = await run('SHOW QUERIES;');
  deepEqual(lines[0].sinks, ['TOTALS']);
  const [{ queryDescription }] = await run('EXPLAIN CTAS_TOTALS_0;');
  match(queryDescription.topology, /Topologies:/);
  const [planned] = await run('EXPLAIN CREATE STREAM copy AS SELECT * FROM orders;');
  deepEqual(planned.queryDescription.sources, ['ORDERS']);
  equal(server.queries.all.length, 1);
});

test('settings are of the request; secrets are not told', async () => {
  const [properties, variables] = await run(
    "SET 'auto.offset.reset'='earliest'; DEFINE a='b'; SHOW PROPERTIES; SHOW VARIABLES;",
  );
  deepEqual(properties.overwrittenProperties, ['ksql.streams.auto.offset.reset']);
  equal(properties.properties.find(({ name }: { name: string }) => name === 'ksql.password').value, null);
  deepEqual(variables.variables, [{ name: 'a', value: 'b' }]);
  const [again] = await run('SHOW PROPERTIES;');
  deepEqual(again.overwrittenProperties, []);
  match(
    (await run('SHOW STREAMS;', { streamsProperties: { 'bootstrap.servers': 'evil:9092' } })).message,
    /Cannot override/,
  );
});

test('statements are kept with the values of their variables', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of SQL
  await run("DEFINE t='named'; CREATE STREAM ${t} (a INT) WITH (kafka_topic='n', format='JSON', partitions=1);");
  const [{ sourceDescription }] = await run('DESCRIBE named EXTENDED;');
  match(sourceDescription.statement, /^CREATE STREAM named /);
});

test('types are named, named again, and dropped', async () => {
  const message = async (sql: string) => {
    const [entity] = await run(sql);
    return entity.commandStatus.message;
  };
  equal(
    await message('CREATE TYPE spot AS STRUCT<x INT>;'),
    "Registered custom type with name 'SPOT' and SQL type STRUCT<`X` INTEGER>",
  );
  equal(
    await message('CREATE TYPE IF NOT EXISTS spot AS INT;'),
    'SPOT is already registered with type STRUCT<`X` INTEGER>',
  );
  match((await run('CREATE TYPE spot AS INT;')).message, /already registered with type: STRUCT<`X` INTEGER>/);
  equal(await message('DROP TYPE spot;'), "Dropped type 'SPOT'");
  equal(await message('DROP TYPE IF EXISTS spot;'), "Type 'SPOT' does not exist");
  match((await run('DROP TYPE spot;')).message, /Type SPOT does not exist\./);
});

test('rows are inserted one by one, and together', async () => {
  deepEqual(await run("INSERT INTO orders (id, amount) VALUES ('a', 1.50);"), []);
  const body = [
    '{"target":"orders"}',
    '{"id":"b","amount":12.5,"tags":["x",null],"place":{"city":"Bern"}}',
    '{"id":"c","nowhere":1}',
  ].join('\n');
  const answer = await (await fetch(`${server.url}/inserts-stream`, { method: 'POST', body })).text();
  const [first, second] = answer
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  deepEqual(first, { status: 'ok', seq: 0 });
  equal(second.error_code, 40001);
  deepEqual(
    server.topics.recordsOf('orders').map(({ key, value }) => `${key} ${value}`),
    ['a {"AMOUNT":1.50,"TAGS":null,"PLACE":null}', 'b {"AMOUNT":12.50,"TAGS":["x",null],"PLACE":{"CITY":"Bern"}}'],
  );
});
