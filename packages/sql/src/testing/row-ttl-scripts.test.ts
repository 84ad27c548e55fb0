import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from './run-script.ts';
import { readScriptFile } from './script-file.ts';

const sightings =
  "CREATE STREAM SEEN (WHO STRING KEY, PLACE STRING) WITH (KAFKA_TOPIC='seen', VALUE_FORMAT='JSON', PARTITIONS=1);";
const people =
  "CREATE TABLE PEOPLE (WHO STRING PRIMARY KEY, PLACE STRING) WITH (KAFKA_TOPIC='people', VALUE_FORMAT='JSON', PARTITIONS=1);";

const file = `
--@test: groups are let go when nothing came for so long, and begin anew
${sightings}
CREATE TABLE COUNTS WITH (ROW_TTL='10 SECONDS') AS SELECT WHO, COUNT(*) AS N FROM SEEN GROUP BY WHO;
INSERT INTO SEEN (ROWTIME, WHO) VALUES (0, 'ann');
INSERT INTO SEEN (ROWTIME, WHO) VALUES (9000, 'ann');
INSERT INTO SEEN (ROWTIME, WHO) VALUES (18000, 'bob');
INSERT INTO SEEN (ROWTIME, WHO) VALUES (19500, 'bob');
INSERT INTO SEEN (ROWTIME, WHO) VALUES (20000, 'ann');
ASSERT VALUES COUNTS (ROWTIME, WHO, N) VALUES (0, 'ann', 1);
ASSERT VALUES COUNTS (ROWTIME, WHO, N) VALUES (9000, 'ann', 2);
ASSERT VALUES COUNTS (ROWTIME, WHO, N) VALUES (18000, 'bob', 1);
ASSERT NULL VALUES COUNTS (ROWTIME, WHO) KEY (19000, 'ann');
ASSERT VALUES COUNTS (ROWTIME, WHO, N) VALUES (19500, 'bob', 2);
ASSERT VALUES COUNTS (ROWTIME, WHO, N) VALUES (20000, 'ann', 1);

--@test: rows that are selected from a table are let go
${people}
CREATE TABLE PRESENT WITH (ROW_TTL='10 SECONDS') AS SELECT WHO, UCASE(PLACE) AS PLACE FROM PEOPLE WHERE PLACE <> 'x';
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (0, 'ann', 'a');
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (11000, 'bob', 'b');
ASSERT VALUES PRESENT VALUES ('ann', 'A');
ASSERT NULL VALUES PRESENT (WHO) KEY ('ann');
ASSERT VALUES PRESENT VALUES ('bob', 'B');

--@test: rows that come of a join are let go
${people}
CREATE TABLE AGES (WHO STRING PRIMARY KEY, AGE INT) WITH (KAFKA_TOPIC='ages', VALUE_FORMAT='JSON', PARTITIONS=1);
CREATE TABLE BOTH WITH (ROW_TTL='10 SECONDS') AS SELECT P.WHO AS WHO, PLACE, AGE FROM PEOPLE P JOIN AGES A ON P.WHO = A.WHO;
INSERT INTO AGES (ROWTIME, WHO, AGE) VALUES (0, 'ann', 7);
INSERT INTO AGES (ROWTIME, WHO, AGE) VALUES (0, 'bob', 8);
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (0, 'ann', 'a');
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (11000, 'bob', 'b');
ASSERT VALUES BOTH VALUES ('ann', 'a', 7);
ASSERT NULL VALUES BOTH (WHO) KEY ('ann');
ASSERT VALUES BOTH VALUES ('bob', 'b', 8);

--@test: groups of a table are let go
${people}
CREATE TABLE PLACES WITH (ROW_TTL='10 SECONDS') AS SELECT PLACE, COUNT(*) AS N FROM PEOPLE GROUP BY PLACE;
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (0, 'ann', 'a');
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (11000, 'bob', 'b');
ASSERT VALUES PLACES VALUES ('a', 1);
ASSERT NULL VALUES PLACES (PLACE) KEY ('a');
ASSERT VALUES PLACES VALUES ('b', 1);

--@test: a table of a topic says for all that read it
CREATE TABLE PEOPLE (WHO STRING PRIMARY KEY, PLACE STRING) WITH (KAFKA_TOPIC='people', VALUE_FORMAT='JSON', ROW_TTL='10 SECONDS');
CREATE TABLE COPIES AS SELECT * FROM PEOPLE;
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (0, 'ann', 'a');
INSERT INTO PEOPLE (ROWTIME, WHO, PLACE) VALUES (11000, 'bob', 'b');
ASSERT VALUES COPIES VALUES ('ann', 'a');
ASSERT NULL VALUES COPIES (WHO) KEY ('ann');

--@test: streams keep no rows
--@expected.error: KsqlStatementException
--@expected.message: Streams keep no rows; RETENTION_MS says how long their topic's records stay.
${sightings}
CREATE STREAM COPIES WITH (ROW_TTL='10 SECONDS') AS SELECT * FROM SEEN;

--@test: windows go by themselves
--@expected.error: KsqlStatementException
--@expected.message: Rows of windows go with their windows: write RETENTION into the WINDOW clause.
${sightings}
CREATE TABLE COUNTS WITH (ROW_TTL='10 SECONDS') AS SELECT WHO, COUNT(*) AS N FROM SEEN WINDOW TUMBLING (SIZE 1 DAY) GROUP BY WHO;

--@test: a time has a unit
--@expected.error: KsqlStatementException
--@expected.message: Error in WITH clause property 'ROW_TTL': '7' is no length of time
${sightings}
CREATE TABLE COUNTS WITH (ROW_TTL='7') AS SELECT WHO, COUNT(*) AS N FROM SEEN GROUP BY WHO;

--@test: unknown in ksqlDB's own dialect
--@expected.error: KsqlStatementException
--@expected.message: Invalid config variable(s) in the WITH clause: ROW_TTL
SET 'headwater.dialect'='ksqldb';
${sightings}
CREATE TABLE COUNTS WITH (ROW_TTL='7 DAYS') AS SELECT WHO, COUNT(*) AS N FROM SEEN GROUP BY WHO;
`;

for (const script of readScriptFile(file, 'row ttl')) {
  test(script.name, async () => {
    const readScript = () => Promise.reject(new Error('there is no other script'));
    const result = await runScriptTest(script, { functions: builtInFunctions(), readScript });
    assert.deepEqual(result.failures, []);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}
