import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from './run-script.ts';
import { readScriptFile } from './script-file.ts';

const sources = `CREATE STREAM ORDERS (ID INT, TOTAL INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE STREAM RAW (TEXT STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='KAFKA');
CREATE STREAM DEAD (TEXT STRING, REASON BYTES HEADER('__streams.errors.message'), READ_OF BYTES HEADER('__streams.errors.topic'),
  PLACE BYTES HEADER('__streams.errors.offset'), BY_QUERY BYTES HEADER('__headwater.query')) WITH (KAFKA_TOPIC='dead', VALUE_FORMAT='KAFKA');
CREATE STREAM LETTERS WITH (VALUE_FORMAT='JSON') AS SELECT TEXT, LEN(REASON) > 5 AS IS_TOLD, FROM_BYTES(READ_OF, 'utf8') AS READ_OF,
  FROM_BYTES(PLACE, 'utf8') AS PLACE, FROM_BYTES(BY_QUERY, 'utf8') AS BY_QUERY FROM DEAD;`;
const records = `INSERT INTO ORDERS VALUES (1, 5);
INSERT INTO RAW VALUES ('no JSON');
INSERT INTO ORDERS VALUES (2, 6);`;

const file = `
--@test: records that cannot be read are letters of their own bytes, and the others go on
${sources}
CREATE STREAM PAID WITH (DEAD_LETTER_TOPIC='dead', VALUE_FORMAT='JSON') AS SELECT ID, TOTAL FROM ORDERS;
${records}
ASSERT VALUES PAID VALUES (1, 5);
ASSERT VALUES PAID VALUES (2, 6);
ASSERT VALUES LETTERS (TEXT, IS_TOLD, READ_OF, PLACE, BY_QUERY) VALUES ('no JSON', true, 'orders', '1', 'CSAS_PAID_1');

--@test: of tables and INSERT INTO too
${sources}
CREATE TABLE TOTALS WITH (DEAD_LETTER_TOPIC='dead', VALUE_FORMAT='JSON') AS SELECT ID, SUM(TOTAL) AS S FROM ORDERS GROUP BY ID;
CREATE STREAM PAID (ID INT, TOTAL INT) WITH (KAFKA_TOPIC='paid', VALUE_FORMAT='JSON');
INSERT INTO PAID WITH (DEAD_LETTER_TOPIC='dead') SELECT ID, TOTAL FROM ORDERS;
${records}
ASSERT VALUES TOTALS VALUES (1, 5);
ASSERT VALUES TOTALS VALUES (2, 6);
ASSERT VALUES PAID VALUES (1, 5);
ASSERT VALUES PAID VALUES (2, 6);
ASSERT VALUES LETTERS (TEXT, BY_QUERY) VALUES ('no JSON', 'CTAS_TOTALS_1');
ASSERT VALUES LETTERS (TEXT, BY_QUERY) VALUES ('no JSON', 'INSERTQUERY_2');

--@test: not where the query reads
--@expected.error: KsqlStatementException
--@expected.message: the query reads or writes this topic, and would meet its dead letters again.
${sources}
CREATE STREAM PAID WITH (DEAD_LETTER_TOPIC='orders') AS SELECT ID, TOTAL FROM ORDERS;

--@test: a name that a topic can have
--@expected.error: KsqlStatementException
--@expected.message: Invalid value dead letters for property DEAD_LETTER_TOPIC
${sources}
CREATE STREAM PAID WITH (DEAD_LETTER_TOPIC='dead letters') AS SELECT ID, TOTAL FROM ORDERS;

--@test: sources have none
--@expected.error: KsqlStatementException
--@expected.message: It is of a query, which works on the records: CREATE … AS SELECT, INSERT INTO
CREATE STREAM ORDERS (ID INT, TOTAL INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', DEAD_LETTER_TOPIC='dead');

--@test: unknown in ksqlDB's own dialect
--@expected.error: KsqlStatementException
--@expected.message: Invalid config variable(s) in the WITH clause: DEAD_LETTER_TOPIC
SET 'headwater.dialect'='ksqldb';
${sources}
CREATE STREAM PAID WITH (DEAD_LETTER_TOPIC='dead') AS SELECT ID, TOTAL FROM ORDERS;
`;

for (const script of readScriptFile(file, 'dead letters')) {
  test(script.name, async () => {
    const readScript = () => Promise.reject(new Error('there is no other script'));
    const result = await runScriptTest(script, { functions: builtInFunctions(), readScript });
    assert.deepEqual(result.failures, []);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}
