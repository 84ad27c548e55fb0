import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMemoryRegistry } from '../testing/memory-registry.ts';
import { type StatementServer, startStatementServer } from './testing/statement-server.ts';

const registry = createMemoryRegistry();
let server: StatementServer;

before(async () => {
  server = await startStatementServer({ registry: registry.client });
  const done =
    await run(`CREATE STREAM visits (who INT KEY, page STRING, n INT) WITH (kafka_topic='v', format='JSON', partitions=1);
    CREATE STREAM orders (id INT KEY, page STRING) WITH (kafka_topic='o', format='JSON', partitions=1);
    CREATE TABLE members (id INT PRIMARY KEY, name STRING) WITH (kafka_topic='m', format='JSON', partitions=1);`);
  equal(done.length, 3);
});
after(async () => {
  await server.close();
  registry.client.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
function run(ksql: string): Promise<any> {
  return server.run(ksql);
}

/** What ksqlDB's words are followed by, and the place in the statement. */
const rejections: readonly (readonly [statement: string, words: RegExp, at: string])[] = [
  [
    'CREATE STREAM j AS SELECT v.who, name FROM visits v JOIN members m ON v.page = m.name;',
    /join on the table's primary key[^\n]*\nThe key of MEMBERS is ID: write ON … = M\.ID, or .* GROUP BY NAME/,
    'v.page = m.name',
  ],
  [
    'CREATE STREAM j AS SELECT v.who, name FROM visits v JOIN members m ON v.page = m.id;',
    /types don't match[^\n]*\nWrite CAST\(V\.PAGE AS INTEGER\) = M\.ID/,
    'v.page = m.id',
  ],
  [
    'CREATE STREAM j AS SELECT v.who, o.page FROM visits v\n  JOIN orders o ON v.who = o.id;',
    /must have a WITHIN clause[^\n]*\nAll rows of both streams would have to be kept for ever\. Write .* WITHIN 1 HOUR/,
    'orders o ON',
  ],
  [
    'CREATE STREAM j AS SELECT v.who, name FROM visits v JOIN members m ON v.who = m.id AND v.page = m.name;',
    /multiple conditions[^\n]*\nJoin on one, and write the other into WHERE: … ON \(V\.WHO = M\.ID\) WHERE/,
    'v.who = m.id',
  ],
  [
    'CREATE STREAM j AS SELECT who, pages FROM visits;',
    /'PAGES' cannot be resolved\.\nDid you mean PAGE\?/,
    'pages FROM',
  ],
];

for (const [statement, words, at] of rejections) {
  test(`where, and what to write instead: ${at}`, async () => {
    const { message, position } = await run(statement);
    match(message, words);
    const before = statement.slice(0, statement.indexOf(at)).split('\n');
    deepEqual(position, { line: before.length, column: before.at(-1)!.length + 1 });
  });
}

test('columns that no record of a topic could have are refused with the statement', async () => {
  const schema = '{"type":"record","name":"R","fields":[{"name":"TOTAL","type":"string"},{"name":"N","type":"int"}]}';
  registry.register('bills-value', { schemaType: 'AVRO', schema, references: [] });
  const bills = (columns: string) =>
    `CREATE STREAM bills (${columns}) WITH (kafka_topic='bills', key_format='KAFKA', value_format='AVRO', partitions=1);`;
  match(
    (await run(bills('total DOUBLE'))).message,
    /The column TOTAL cannot be DOUBLE: the schema of subject bills-value says STRING[^\n]*\nWrite TOTAL STRING/,
  );
  match((await run(bills('n ARRAY<INT>'))).message, /The column N cannot be ARRAY<INTEGER>/);
  const [created] = await run(bills('total STRING, n BIGINT, more STRING'));
  equal(created.commandStatus.status, 'SUCCESS');
});

test('a script that is only tried leaves nothing in the registry, and knows what it would have', async () => {
  const error =
    await run(`CREATE STREAM a (x INT) WITH (kafka_topic='a', key_format='KAFKA', value_format='AVRO', partitions=1);
    CREATE STREAM b WITH (kafka_topic='a', key_format='KAFKA', value_format='AVRO');
    CREATE STREAM c AS SELECT y FROM b;`);
  match(error.message, /'Y' cannot be resolved/);
  equal(registry.latest('a-value'), undefined);
  const [explained] = await run("EXPLAIN CREATE STREAM c WITH (value_format='AVRO') AS SELECT * FROM visits;");
  equal(explained['@type'], 'queryDescription');
  equal(registry.latest('C-value'), undefined);
});
