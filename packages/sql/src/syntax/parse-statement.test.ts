import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { sqlTypes } from '../types/sql-type.ts';
import type { Query } from './ast/index.ts';
import { parseStatement } from './parse.ts';
import { withoutRanges } from './testing/without-ranges.ts';

const parsed = (text: string, options = {}) => withoutRanges(parseStatement(text, options)) as Record<string, unknown>;
const query = (text: string) => parseStatement(text) as Query;

test('each statement is of its kind', () => {
  const kinds: readonly [string, string][] = [
    ['SELECT * FROM s EMIT CHANGES;', 'query'],
    ["CREATE STREAM s (a INT KEY, b STRING) WITH (kafka_topic='t', value_format='JSON');", 'createSource'],
    ['CREATE SOURCE TABLE IF NOT EXISTS s (a INT PRIMARY KEY)', 'createSource'],
    ['CREATE OR REPLACE STREAM s AS SELECT * FROM t', 'createAsSelect'],
    ['INSERT INTO s SELECT * FROM t', 'insertInto'],
    ["INSERT INTO s WITH (QUERY_ID='q') SELECT * FROM t", 'insertInto'],
    ["INSERT INTO s (a, b) VALUES (1, 'x')", 'insertValues'],
    ['INSERT INTO s VALUES ()', 'insertValues'],
    ['DROP STREAM IF EXISTS s DELETE TOPIC', 'dropSource'],
    ['ALTER TABLE s ADD COLUMN a INT, ADD b STRING', 'alterSource'],
    ['CREATE TYPE IF NOT EXISTS addr AS STRUCT<a INT>', 'createType'],
    ['DROP TYPE IF EXISTS addr', 'dropType'],
    ['SHOW QUERIES EXTENDED', 'list'],
    ['LIST ALL TOPICS', 'list'],
    ['SHOW SOURCE CONNECTORS', 'list'],
    ['SHOW CONNECTOR PLUGINS', 'list'],
    ['EXPLAIN CTAS_X_1', 'explain'],
    ['EXPLAIN SELECT * FROM s', 'explain'],
    ['TERMINATE ALL', 'terminate'],
    ['PAUSE q', 'pause'],
    ['RESUME q', 'resume'],
    ['DESCRIBE s EXTENDED', 'describeSource'],
    ['DESCRIBE STREAMS EXTENDED', 'describeSources'],
    ['DESCRIBE TABLES', 'describeSources'],
    ['DESCRIBE FUNCTION abs', 'describeFunction'],
    ['DESCRIBE CONNECTOR c', 'describeConnector'],
    ["PRINT 'my-topic' FROM BEGINNING INTERVAL 2 LIMIT 3", 'printTopic'],
    ["SET 'a'='b'", 'setProperty'],
    ["UNSET 'a'", 'unsetProperty'],
    ["DEFINE v = 'x'", 'defineVariable'],
    ['UNDEFINE v', 'undefineVariable'],
    ["ALTER SYSTEM 'a'='b'", 'alterSystem'],
    ["CREATE SINK CONNECTOR c WITH ('connector.class'='X')", 'createConnector'],
    ['DROP CONNECTOR IF EXISTS c', 'dropConnector'],
    ['ASSERT NOT EXISTS TOPIC t WITH (PARTITIONS=1) TIMEOUT 3 SECONDS', 'assertTopic'],
    ["ASSERT SCHEMA SUBJECT 's-value' ID 3 TIMEOUT 1 MINUTE", 'assertSchema'],
    ['DELETE FROM t WHERE a = 1', 'deleteRows'],
    ["REWIND TABLE t TO TIMESTAMP '2026-01-01T00:00:00'", 'rewind'],
  ];
  for (const [text, kind] of kinds) equal(parseStatement(text).kind, kind, text);
});

test('test scripts have more statements, others refuse them', () => {
  const texts = [
    'ASSERT VALUES s (a) VALUES (1);',
    'ASSERT NULL VALUES s (a) KEY (1);',
    "ASSERT STREAM s (a INT) WITH (kafka_topic='t');",
    "RUN SCRIPT 'a.sql';",
  ];
  for (const text of texts) {
    parseStatement(text, { isTestScript: true });
    throws(() => parseStatement(text), { code: 'HW_SQL_SYNTAX' });
  }
  throws(() => parseStatement("RUN SCRIPT 'a.sql';"), { message: "line 1:1: Syntax Error\nUnknown statement 'RUN'" });
});

test('columns with their constraints, and properties by upper-case names', () => {
  deepEqual(
    parsed("CREATE STREAM s (a INT KEY, `b` STRING, h BYTES HEADER('k')) WITH (kafka_topic='t', Partitions=3)"),
    {
      kind: 'createSource',
      sourceKind: 'STREAM',
      name: 'S',
      isOrReplace: false,
      isIfNotExists: false,
      isSource: false,
      columns: [
        { name: 'A', type: sqlTypes.integer, constraint: { kind: 'key' } },
        { name: 'b', type: sqlTypes.string, constraint: { kind: 'value' } },
        { name: 'H', type: sqlTypes.bytes, constraint: { kind: 'header', key: 'k' } },
      ],
      properties: new Map([
        ['KAFKA_TOPIC', { kind: 'string', value: 't' }],
        ['PARTITIONS', { kind: 'integer', value: 3 }],
      ]),
    },
  );
});

test('the settings of a connector keep their case', () => {
  const { properties } = parsed("CREATE SOURCE CONNECTOR c WITH ('tasks.max'='1', 'Name'='x')");
  deepEqual([...(properties as Map<string, unknown>).keys()], ['tasks.max', 'Name']);
});

test('all clauses of a query', () => {
  const tree = query(`SELECT a, b AS c, s.*, st->*, COUNT(*) n FROM src s
    WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 10 SECONDS, RETENTION 2 HOURS, GRACE PERIOD 5 SECONDS)
    WHERE a > 1 GROUP BY a, b PARTITION BY c HAVING COUNT(*) > 1 EMIT FINAL LIMIT 5;`);
  deepEqual(
    tree.select.map((item) => [item.kind, 'alias' in item ? item.alias : null]),
    [
      ['column', null],
      ['column', 'C'],
      ['all', null],
      ['allFields', null],
      ['column', 'N'],
    ],
  );
  deepEqual(withoutRanges(tree.from), { kind: 'source', name: 'SRC', alias: 'S' });
  deepEqual(tree.window, {
    kind: 'HOPPING',
    size: { amount: 1, unit: 'MINUTES', durationMs: 60_000 },
    advance: { amount: 10, unit: 'SECONDS', durationMs: 10_000 },
    retention: { amount: 2, unit: 'HOURS', durationMs: 7_200_000 },
    grace: { amount: 5, unit: 'SECONDS', durationMs: 5_000 },
  });
  equal(tree.groupBy!.length, 2);
  equal(tree.partitionBy!.length, 1);
  equal(tree.emit, 'FINAL');
  equal(tree.limit, 5);
});

test('GROUP BY with brackets around all, around one, and around none', () => {
  const counted = (by: string) => query(`SELECT a FROM s GROUP BY ${by}`).groupBy!.map(({ kind }) => kind);
  deepEqual(counted('()'), []);
  deepEqual(counted('(a, f(b, c))'), ['column', 'call']);
  deepEqual(counted('(a + b) * c, d'), ['arithmetic', 'column']);
  deepEqual(counted('(a)'), ['column']);
  throws(() => counted('a, (b, c)'), { message: /line 1:31: Syntax Error\nmissing '\)' at ','/ });
});

test('joins are left-deep, with the words that may be left out', () => {
  const tree = query(`SELECT * FROM a JOIN b WITHIN (1 HOUR, 2 DAYS) GRACE PERIOD 1 SECOND ON a.x = b.x
    LEFT OUTER JOIN c AS d ON a.x = d.x FULL JOIN e ON a.x = e.x RIGHT JOIN f ON a.x = f.x`);
  const types = [];
  let relation = tree.from;
  for (; relation.kind === 'join'; relation = relation.left) types.push(`${relation.type} ${relation.right.alias}`);
  deepEqual(types, ['RIGHT F', 'FULL E', 'LEFT D', 'INNER B']);
});

test('words that begin clauses are aliases elsewhere', () => {
  equal(query('SELECT * FROM s EMIT CHANGES').emit, 'CHANGES');
  deepEqual(withoutRanges(query('SELECT * FROM s emit').from), { kind: 'source', name: 'S', alias: 'EMIT' });
  deepEqual(withoutRanges(query('SELECT * FROM s partition JOIN t ON 1 = 1').from.kind), 'join');
  equal(query('SELECT order, offset, `from` FROM s').select.length, 3);
  equal(query('SELECT * FROM s ORDER BY a DESC NULLS LAST, b LIMIT 3').orderBy!.length, 2);
});

test('names of types are resolved by who knows them', () => {
  const resolveType = (name: string) => (name === 'ADDR' ? sqlTypes.date : null);
  deepEqual(parsed('CREATE STREAM s (a ADDR)', { resolveType })['columns'], [
    { name: 'A', type: sqlTypes.date, constraint: { kind: 'value' } },
  ]);
  throws(() => parseStatement('CREATE STREAM s (a STRNG)', { resolveType }), {
    code: 'HW_SQL_STATEMENT',
    message: 'line 1:20: Cannot resolve unknown type: STRNG',
    hint: 'Did you mean STRING?',
  });
});

test('ALTER adds a column of any name', () => {
  const added = (text: string) =>
    (parsed(`ALTER STREAM s ${text}`)['columns'] as { name: string }[]).map(({ name }) => name).join(' ');
  equal(added('ADD a INT'), 'A');
  equal(added('ADD COLUMN a INT, b STRING, ADD COLUMN c DECIMAL(2, 1)'), 'A B C');
  equal(added('ADD COLUMN INT'), 'COLUMN');
  equal(added('ADD COLUMN INT, COLUMN b ARRAY<INT>'), 'COLUMN B');
});

test('keys of streams and tables are named as they should', () => {
  throws(() => parseStatement('CREATE TABLE t (id INT KEY)'), {
    message: /Line: 1, Col: 17: Column `ID` is a 'KEY' column: please use 'PRIMARY KEY' for tables\./,
  });
  throws(() => parseStatement('CREATE STREAM t (id INT PRIMARY KEY)'), {
    message: /Line: 1, Col: 18: Column `ID` is a 'PRIMARY KEY' column: please use 'KEY' for streams\./,
  });
});

test('ORDER is a name like any other in the plain dialect', () => {
  const { from } = parseStatement('SELECT * FROM a ORDER;', { isPlain: true }) as Query;
  equal(from.kind === 'source' && from.alias, 'ORDER');
  throws(() => parseStatement('SELECT * FROM a ORDER BY b;', { isPlain: true }), /^SqlError: line 1:23: Syntax Error/);
});
