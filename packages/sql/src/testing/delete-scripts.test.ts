import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from './run-script.ts';
import { readScriptFile } from './script-file.ts';

const people =
  "CREATE TABLE PEOPLE (WHO STRING PRIMARY KEY, AGE INT) WITH (KAFKA_TOPIC='people', VALUE_FORMAT='JSON', PARTITIONS=1);";
const rows = `INSERT INTO PEOPLE VALUES ('ann', 10);
INSERT INTO PEOPLE VALUES ('bob', 20);
INSERT INTO PEOPLE VALUES ('cid', 30);
INSERT INTO PEOPLE VALUES ('bob', 40);`;

const file = `
--@test: keys that are named, as far as the condition holds, whether or not they are there
${people}
CREATE TABLE GROWN AS SELECT WHO, AGE FROM PEOPLE;
${rows}
DELETE FROM PEOPLE WHERE WHO IN ('ann', 'zoe') AND WHO <> 'zoe' OR WHO = 'cid';
ASSERT VALUES GROWN VALUES ('ann', 10);
ASSERT VALUES GROWN VALUES ('bob', 20);
ASSERT VALUES GROWN VALUES ('cid', 30);
ASSERT VALUES GROWN VALUES ('bob', 40);
ASSERT NULL VALUES GROWN (WHO) KEY ('ann');
ASSERT NULL VALUES GROWN (WHO) KEY ('cid');

--@test: rows as they are now
${people}
${rows}
CREATE STREAM LOG (WHO STRING KEY, AGE INT) WITH (KAFKA_TOPIC='people', VALUE_FORMAT='JSON');
DELETE FROM PEOPLE WHERE AGE < 25;
DELETE FROM PEOPLE WHERE AGE < 25 OR AGE >= 40;
ASSERT VALUES LOG VALUES ('ann', 10);
ASSERT VALUES LOG VALUES ('bob', 20);
ASSERT VALUES LOG VALUES ('cid', 30);
ASSERT VALUES LOG VALUES ('bob', 40);
ASSERT NULL VALUES LOG (WHO) KEY ('ann');
ASSERT NULL VALUES LOG (WHO) KEY ('bob');

--@test: keys of several columns, and all rows
CREATE TABLE T (A INT PRIMARY KEY, B STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='t', FORMAT='JSON', PARTITIONS=1);
INSERT INTO T VALUES (1, 'x', 1);
INSERT INTO T VALUES (1, 'y', 2);
DELETE FROM T WHERE A = 1 AND B = 'x';
DELETE FROM T WHERE true;
ASSERT VALUES T VALUES (1, 'x', 1);
ASSERT VALUES T VALUES (1, 'y', 2);
ASSERT NULL VALUES T (A, B) KEY (1, 'x');
ASSERT NULL VALUES T (A, B) KEY (1, 'y');

--@test: not of a stream
--@expected.error: KsqlStatementException
--@expected.message: Rows of streams cannot be deleted: S is a stream
CREATE STREAM S (A INT KEY, V INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', PARTITIONS=1);
DELETE FROM S WHERE A = 1;

--@test: not of results
--@expected.error: KsqlStatementException
--@expected.message: Rows of GROWN cannot be deleted: they are the results of CTAS_GROWN_0, of PEOPLE, which would write them again.
${people}
CREATE TABLE GROWN AS SELECT WHO, AGE FROM PEOPLE WHERE AGE > 18;
DELETE FROM GROWN WHERE WHO = 'ann';

--@test: not where nothing may be written
--@expected.error: KsqlStatementException
--@expected.message: it was made by CREATE SOURCE TABLE, and is read-only.
CREATE SOURCE TABLE PEOPLE (WHO STRING PRIMARY KEY, AGE INT) WITH (KAFKA_TOPIC='people', VALUE_FORMAT='JSON', PARTITIONS=1);
DELETE FROM PEOPLE WHERE WHO = 'ann';

--@test: columns are known
--@expected.error: KsqlStatementException
--@expected.message: WHERE column 'NAME' cannot be resolved.
${people}
DELETE FROM PEOPLE WHERE NAME = 'ann';

--@test: a condition is true or false
--@expected.error: KsqlStatementException
--@expected.message: Should evaluate to boolean but is (AGE + 1) (INTEGER) instead.
${people}
DELETE FROM PEOPLE WHERE AGE + 1;

--@test: unknown in ksqlDB's own dialect
--@expected.error: KsqlStatementException
--@expected.message: DELETE is beyond ksqlDB's dialect
SET 'headwater.dialect'='ksqldb';
${people}
DELETE FROM PEOPLE WHERE WHO = 'ann';
`;

for (const script of readScriptFile(file, 'delete')) {
  test(script.name, async () => {
    const readScript = () => Promise.reject(new Error('there is no other script'));
    const result = await runScriptTest(script, { functions: builtInFunctions(), readScript });
    assert.deepEqual(result.failures, []);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}
