import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from './run-script.ts';
import { readScriptFile } from './script-file.ts';

const staff =
  "CREATE TABLE STAFF (ID INT PRIMARY KEY, NAME STRING, BOSS INT) WITH (KAFKA_TOPIC='staff', VALUE_FORMAT='JSON');";
const steps =
  "CREATE STREAM STEPS (ID INT KEY, BEFORE INT, WHAT STRING) WITH (KAFKA_TOPIC='steps', VALUE_FORMAT='JSON');";

const file = `
--@test: self-joins: pairs of a stream, each record with itself too
${steps}
CREATE STREAM PAIRS AS SELECT A.ID AS ID, A.WHAT AS ONE, B.WHAT AS OTHER FROM STEPS A JOIN STEPS B WITHIN 10 SECONDS ON A.ID = B.ID;
INSERT INTO STEPS (ROWTIME, ID, WHAT) VALUES (0, 1, 'a');
INSERT INTO STEPS (ROWTIME, ID, WHAT) VALUES (1, 1, 'b');
ASSERT VALUES PAIRS (ROWTIME, ID, ONE, OTHER) VALUES (0, 1, 'a', 'a');
ASSERT VALUES PAIRS (ROWTIME, ID, ONE, OTHER) VALUES (1, 1, 'b', 'a');
ASSERT VALUES PAIRS (ROWTIME, ID, ONE, OTHER) VALUES (1, 1, 'a', 'b');
ASSERT VALUES PAIRS (ROWTIME, ID, ONE, OTHER) VALUES (1, 1, 'b', 'b');

--@test: self-joins: pairs without those of a record with itself
${steps}
CREATE STREAM PAIRS AS SELECT A.ID AS ID, A.WHAT AS ONE, B.WHAT AS OTHER FROM STEPS A JOIN STEPS B WITHIN 10 SECONDS ON A.ID = B.ID
  WHERE A.ROWOFFSET <> B.ROWOFFSET;
INSERT INTO STEPS (ID, WHAT) VALUES (1, 'a');
INSERT INTO STEPS (ID, WHAT) VALUES (1, 'b');
ASSERT VALUES PAIRS (ID, ONE, OTHER) VALUES (1, 'b', 'a');
ASSERT VALUES PAIRS (ID, ONE, OTHER) VALUES (1, 'a', 'b');

--@test: self-joins: a stream by another column than its key
${steps}
CREATE STREAM CHAIN AS SELECT B.ID AS ID, A.WHAT AS THEN_, B.WHAT AS FIRST_ FROM STEPS A LEFT JOIN STEPS B WITHIN 10 SECONDS ON A.BEFORE = B.ID;
INSERT INTO STEPS VALUES (1, 0, 'a');
INSERT INTO STEPS VALUES (2, 1, 'b');
ASSERT VALUES CHAIN (ID, THEN_, FIRST_) VALUES (0, 'a', NULL);
ASSERT VALUES CHAIN (ID, THEN_, FIRST_) VALUES (1, 'b', 'a');

--@test: self-joins: a table by its key never shows half an update
${staff}
CREATE TABLE TWICE AS SELECT A.ID, A.NAME AS ONE, B.NAME AS OTHER FROM STAFF A JOIN STAFF B ON A.ID = B.ID;
INSERT INTO STAFF VALUES (1, 'ann', NULL);
INSERT INTO STAFF VALUES (1, 'bea', NULL);
ASSERT VALUES TWICE VALUES (1, 'ann', 'ann');
ASSERT VALUES TWICE VALUES (1, 'ann', 'ann');
ASSERT VALUES TWICE VALUES (1, 'bea', 'bea');

--@test: self-joins: a table by a foreign key to itself
${staff}
CREATE TABLE BOSSES AS SELECT S.ID, S.NAME AS NAME, B.NAME AS BOSS FROM STAFF S JOIN STAFF B ON S.BOSS = B.ID;
INSERT INTO STAFF VALUES (1, 'ann', NULL);
INSERT INTO STAFF VALUES (2, 'bob', 1);
INSERT INTO STAFF VALUES (1, 'anna', NULL);
ASSERT VALUES BOSSES VALUES (2, 'bob', 'ann');
ASSERT VALUES BOSSES VALUES (2, 'bob', 'anna');

--@test: self-joins: a stream and a table of one topic, where a record is in the table before it is joined
CREATE STREAM MOVES (WHO STRING KEY, X INT) WITH (KAFKA_TOPIC='moves', VALUE_FORMAT='JSON');
CREATE TABLE PLACES (WHO STRING PRIMARY KEY, X STRING) WITH (KAFKA_TOPIC='moves', VALUE_FORMAT='JSON');
CREATE STREAM BOTH AS SELECT M.WHO, M.X AS NUMBER, P.X AS TEXT FROM MOVES M JOIN PLACES P ON M.WHO = P.WHO;
INSERT INTO MOVES VALUES ('ann', 1);
INSERT INTO MOVES VALUES ('ann', 2);
ASSERT VALUES BOTH VALUES ('ann', 1, '1');
ASSERT VALUES BOTH VALUES ('ann', 2, '2');

--@test: self-joins: without aliases it is not clear which is meant
--@expected.error: KsqlStatementException
--@expected.message: 'STAFF' stands for two sources. Give each an alias of its own
${staff}
CREATE TABLE X AS SELECT * FROM STAFF JOIN STAFF ON STAFF.ID = STAFF.BOSS;

--@test: self-joins: one topic has one time
--@expected.error: KsqlStatementException
--@expected.message: MOVES and PLACES read the same topic, moves, and take ROWTIME from different columns.
CREATE STREAM MOVES (WHO STRING KEY, X BIGINT) WITH (KAFKA_TOPIC='moves', VALUE_FORMAT='JSON', TIMESTAMP='X');
CREATE TABLE PLACES (WHO STRING PRIMARY KEY, X STRING) WITH (KAFKA_TOPIC='moves', VALUE_FORMAT='JSON');
CREATE STREAM BOTH AS SELECT M.WHO, M.X, P.X FROM MOVES M JOIN PLACES P ON M.WHO = P.WHO;

--@test: self-joins: refused in ksqlDB's own dialect
--@expected.error: KsqlStatementException
--@expected.message: self joins are not yet supported
SET 'headwater.dialect'='ksqldb';
${staff}
CREATE TABLE X AS SELECT * FROM STAFF A JOIN STAFF B ON A.ID = B.ID;

--@test: foreign keys: several, each of the row or of a row that was joined
${staff}
CREATE TABLE TEAMS (ID STRING PRIMARY KEY, LEAD INT, ROOM INT) WITH (KAFKA_TOPIC='teams', VALUE_FORMAT='JSON');
CREATE TABLE ROOMS (ID INT PRIMARY KEY, FLOOR INT) WITH (KAFKA_TOPIC='rooms', VALUE_FORMAT='JSON');
CREATE TABLE DOORS AS SELECT T.ID AS ID, L.NAME AS LEAD, B.NAME AS BOSS, R.FLOOR AS FLOOR
  FROM TEAMS T JOIN STAFF L ON T.LEAD = L.ID LEFT JOIN STAFF B ON L.BOSS = B.ID LEFT JOIN ROOMS R ON T.ROOM = R.ID;
INSERT INTO STAFF VALUES (1, 'ann', NULL);
INSERT INTO STAFF VALUES (2, 'bob', 1);
INSERT INTO ROOMS VALUES (7, 3);
INSERT INTO TEAMS VALUES ('red', 2, 7);
INSERT INTO TEAMS VALUES ('red', 2, 8);
INSERT INTO TEAMS (ID) VALUES ('red');
ASSERT VALUES DOORS VALUES ('red', 'bob', 'ann', 3);
ASSERT VALUES DOORS VALUES ('red', 'bob', 'ann', NULL);
ASSERT NULL VALUES DOORS (ID) KEY ('red');

--@test: foreign keys: after joins by the key, and joins by the key after them
CREATE TABLE A (ID INT PRIMARY KEY, X INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE TABLE B (ID INT PRIMARY KEY, Y INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE TABLE C (ID INT PRIMARY KEY, Z INT) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='JSON');
CREATE TABLE D (ID INT PRIMARY KEY, W INT) WITH (KAFKA_TOPIC='d', VALUE_FORMAT='JSON');
CREATE TABLE ALL4 AS SELECT A.ID AS ID, Y, Z, W FROM A JOIN B ON A.ID = B.ID JOIN C ON B.Y = C.ID JOIN D ON A.ID = D.ID;
CREATE TABLE OUTER3 AS SELECT ROWKEY, A.X, C.Z FROM A FULL JOIN B ON A.ID = B.ID LEFT JOIN C ON A.X = C.ID;
INSERT INTO B VALUES (1, 5);
INSERT INTO C VALUES (5, 6);
INSERT INTO D VALUES (1, 9);
INSERT INTO A VALUES (1, 5);
INSERT INTO C VALUES (5, 7);
ASSERT VALUES ALL4 VALUES (1, 5, 6, 9);
ASSERT VALUES ALL4 VALUES (1, 5, 7, 9);
ASSERT VALUES OUTER3 VALUES (1, NULL, NULL);
ASSERT VALUES OUTER3 VALUES (1, 5, 6);
ASSERT VALUES OUTER3 VALUES (1, 5, 7);

--@test: foreign keys: what is not the key of what was joined is none, though it be the key of its table
CREATE TABLE A (ID INT PRIMARY KEY, X INT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE TABLE B (ID INT PRIMARY KEY, Y INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE TABLE C (ID INT PRIMARY KEY, Z INT) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='JSON');
CREATE TABLE R AS SELECT A.ID AS ID, Y, Z FROM A JOIN B ON A.X = B.ID JOIN C ON B.ID = C.ID;
INSERT INTO C VALUES (5, 50);
INSERT INTO C VALUES (1, 10);
INSERT INTO B VALUES (5, 6);
INSERT INTO A VALUES (1, 5);
ASSERT VALUES R VALUES (1, 6, 50);

--@test: foreign keys: the key of the first table has to be selected
--@expected.error: KsqlStatementException
--@expected.message: the projection must include all primary key columns from the left input table (\`T\`). Missing column: \`ID\`.
${staff}
CREATE TABLE TEAMS (ID STRING PRIMARY KEY, LEAD INT) WITH (KAFKA_TOPIC='teams', VALUE_FORMAT='JSON');
CREATE TABLE X AS SELECT L.NAME FROM TEAMS T JOIN STAFF L ON T.LEAD = L.ID LEFT JOIN STAFF B ON L.BOSS = B.ID;

--@test: global joins: by any expression, also of several sources, and the stream keeps its key
CREATE STREAM CALLS (ID INT KEY, AREA STRING, NUMBER INT) WITH (KAFKA_TOPIC='calls', VALUE_FORMAT='JSON');
CREATE TABLE AREAS (CODE STRING PRIMARY KEY, NAME STRING) WITH (KAFKA_TOPIC='areas', VALUE_FORMAT='JSON', KEY_FORMAT='JSON');
CREATE TABLE PLANS (ID INT PRIMARY KEY, COST DECIMAL(4, 2)) WITH (KAFKA_TOPIC='plans', VALUE_FORMAT='DELIMITED');
CREATE STREAM BILLS AS SELECT C.ID AS ID, NAME, A.CODE AS CODE, COST
  FROM CALLS C LEFT GLOBAL JOIN AREAS A ON UCASE(C.AREA) = A.CODE
  INNER GLOBAL JOIN PLANS P ON P.ID = C.NUMBER % 10 + LEN(A.NAME);
INSERT INTO AREAS VALUES ('NO', 'Norway');
INSERT INTO PLANS VALUES (7, 1.50);
INSERT INTO CALLS VALUES (5, 'no', 11);
INSERT INTO CALLS VALUES (6, 'no', 12);
INSERT INTO PLANS (ID, COST) VALUES (8, 2.50);
INSERT INTO CALLS VALUES (7, 'no', 12);
INSERT INTO CALLS (ID) VALUES (8);
ASSERT VALUES BILLS VALUES (5, 'Norway', 'NO', 1.50);
ASSERT VALUES BILLS VALUES (7, 'Norway', 'NO', 2.50);

--@test: global joins: without a partner there is none
CREATE STREAM CALLS (ID INT KEY, AREA STRING) WITH (KAFKA_TOPIC='calls', VALUE_FORMAT='JSON');
CREATE TABLE AREAS (CODE STRING PRIMARY KEY, NAME STRING) WITH (KAFKA_TOPIC='areas', VALUE_FORMAT='JSON');
CREATE STREAM BILLS AS SELECT C.ID, NAME, CODE FROM CALLS C LEFT OUTER GLOBAL JOIN AREAS A ON C.AREA = A.CODE;
INSERT INTO CALLS VALUES (5, 'no');
INSERT INTO CALLS (ID) VALUES (6);
ASSERT VALUES BILLS VALUES (5, NULL, NULL);
ASSERT VALUES BILLS VALUES (6, NULL, NULL);

--@test: global joins: GLOBAL is a name elsewhere
CREATE STREAM GLOBAL (ID INT KEY, AREA STRING) WITH (KAFKA_TOPIC='calls', VALUE_FORMAT='JSON');
CREATE TABLE AREAS (CODE STRING PRIMARY KEY, NAME STRING) WITH (KAFKA_TOPIC='areas', VALUE_FORMAT='JSON');
CREATE STREAM R AS SELECT CODE, GLOBAL.ID FROM GLOBAL JOIN AREAS GLOBAL2 ON AREA = GLOBAL2.CODE;
CREATE STREAM S AS SELECT CODE, GLOBAL.ID FROM GLOBAL GLOBAL JOIN AREAS ON AREA = CODE;
INSERT INTO AREAS VALUES ('no', 'Norway');
INSERT INTO GLOBAL VALUES (5, 'no');
ASSERT VALUES R VALUES ('no', 5);
ASSERT VALUES S VALUES ('no', 5);

--@test: global joins: a table is not joined so
--@expected.error: KsqlStatementException
--@expected.message: Line: 5, Col: 61: Global joins are joins of a stream: what is joined with STAFF is a table
${staff}
CREATE TABLE X AS SELECT A.ID FROM STAFF A LEFT GLOBAL JOIN STAFF B ON A.BOSS = B.ID;

--@test: global joins: by the table's key
--@expected.error: KsqlStatementException
--@expected.message: A global join finds rows by the table's primary key: write ON … = B.ID. Got (A.ID = B.BOSS).
${staff}
${steps}
CREATE STREAM X AS SELECT A.ID FROM STEPS A LEFT GLOBAL JOIN STAFF B ON A.ID = B.BOSS;

--@test: global joins: rows of the table alone cannot be told of
--@expected.error: KsqlStatementException
--@expected.message: Write LEFT GLOBAL JOIN or INNER GLOBAL JOIN.
${staff}
${steps}
CREATE STREAM X AS SELECT A.ID FROM STEPS A FULL GLOBAL JOIN STAFF B ON A.ID = B.ID;

--@test: global joins: the stream's key has to be selected
--@expected.error: KsqlStatementException
--@expected.message: must include the key column A.ID in its projection
${staff}
${steps}
CREATE STREAM X AS SELECT B.NAME FROM STEPS A LEFT GLOBAL JOIN STAFF B ON A.BEFORE = B.ID;

--@test: global joins: what only records have is not known of rows
--@expected.error: KsqlStatementException
--@expected.message: B.ROWTIME is not known in a global join
${staff}
${steps}
CREATE STREAM X AS SELECT A.ID, B.ROWTIME AS T FROM STEPS A LEFT GLOBAL JOIN STAFF B ON A.BEFORE = B.ID;

--@test: global joins: refused in ksqlDB's own dialect
--@expected.error: KsqlStatementException
--@expected.message: GLOBAL JOIN is beyond ksqlDB's dialect
SET 'headwater.dialect'='ksqldb';
${staff}
${steps}
CREATE STREAM X AS SELECT A.ID, B.NAME FROM STEPS A LEFT GLOBAL JOIN STAFF B ON A.BEFORE = B.ID;
`;

for (const script of readScriptFile(file, 'joins')) {
  test(script.name, async () => {
    const readScript = () => Promise.reject(new Error('there is no other script'));
    const result = await runScriptTest(script, { functions: builtInFunctions(), readScript });
    assert.deepEqual(result.failures, []);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}
