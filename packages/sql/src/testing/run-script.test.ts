import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from './run-script.ts';
import { readScriptFile } from './script-file.ts';

const declared = "CREATE STREAM CLICKS (WHO STRING KEY, N INT) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');";

const file = `
--@test: rows go through all queries at once
${declared}
CREATE STREAM MANY AS SELECT WHO, N FROM CLICKS WHERE N > 1;
CREATE TABLE SUMS AS SELECT WHO, SUM(N) AS S FROM MANY GROUP BY WHO;
INSERT INTO CLICKS (ROWTIME, WHO, N) VALUES (5, 'ann', 2);
INSERT INTO CLICKS VALUES ('ann', 1);
INSERT INTO CLICKS VALUES ('ann', 3);
ASSERT VALUES SUMS (ROWTIME, WHO, S) VALUES (5, 'ann', 2);
ASSERT VALUES SUMS (WHO, S) VALUES ('ann', 5);
ASSERT STREAM MANY (WHO STRING KEY, N INT) WITH (KAFKA_TOPIC='MANY', VALUE_FORMAT='JSON');

--@test: a replaced query goes on with its counts
${declared}
CREATE TABLE SUMS AS SELECT WHO, COUNT(*) AS C FROM CLICKS GROUP BY WHO;
INSERT INTO CLICKS VALUES ('ann', 2);
CREATE OR REPLACE TABLE SUMS AS SELECT WHO, COUNT(*) AS C FROM CLICKS WHERE N > 5 GROUP BY WHO;
INSERT INTO CLICKS VALUES ('ann', 2);
INSERT INTO CLICKS VALUES ('ann', 7);
ASSERT VALUES SUMS VALUES ('ann', 1);
ASSERT VALUES SUMS VALUES ('ann', 2);

--@test: a table tells of rows that are gone
CREATE TABLE T (ID INT PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
CREATE TABLE U AS SELECT ID, V FROM T WHERE V > 0;
INSERT INTO T VALUES (1, 4);
INSERT INTO T VALUES (1, -4);
ASSERT VALUES U VALUES (1, 4);
ASSERT NULL VALUES U (ID) KEY (1);

--@test: columns cannot be taken away
--@expected.error: KsqlException
--@expected.message: The following columns are changed, missing or reordered: [\`N\` INTEGER]
${declared}
CREATE OR REPLACE STREAM CLICKS (WHO STRING KEY) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON');

--@test: a record that is another is told of
--@expected.error: AssertionError
--@expected.message: Record 0 of CLICKS: N is 2, not 3
${declared}
INSERT INTO CLICKS VALUES ('ann', 2);
ASSERT VALUES CLICKS VALUES ('ann', 3);
`;

for (const script of readScriptFile(file, 'scripts')) {
  test(script.name, async () => {
    const readScript = () => Promise.reject(new Error('there is no other script'));
    const result = await runScriptTest(script, { functions: builtInFunctions(), readScript });
    assert.deepEqual(result.failures, []);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}
