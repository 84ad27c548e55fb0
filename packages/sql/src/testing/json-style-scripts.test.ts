import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from './run-script.ts';
import { readScriptFile } from './script-file.ts';

const orders =
  "create stream orders (id int key, orderTotal int, shippedTo struct<streetName string, zip int>, tags array<string>, more map<string, int>) with (kafka_topic='orders', value_format='JSON', partitions=1);";
const text = (topic: string) =>
  `CREATE STREAM TEXTS (ID INT KEY, TEXT STRING) WITH (KAFKA_TOPIC='${topic}', VALUE_FORMAT='KAFKA');`;

const file = `
--@test: nulls are left out of objects, and stay in arrays and maps
${orders}
CREATE STREAM SENT WITH (JSON_OMIT_NULLS=true) AS SELECT * FROM ORDERS;
${text('SENT')}
INSERT INTO ORDERS VALUES (1, NULL, STRUCT(STREETNAME := CAST(NULL AS STRING), ZIP := 5), ARRAY['a', NULL], MAP('k' := CAST(NULL AS INT)));
INSERT INTO ORDERS (ID) VALUES (2);
INSERT INTO ORDERS (ID, ORDERTOTAL) VALUES (3, 7);
ASSERT VALUES TEXTS VALUES (1, '{"SHIPPEDTO":{"ZIP":5},"TAGS":["a",null],"MORE":{"k":null}}');
ASSERT VALUES TEXTS VALUES (2, '{}');
ASSERT VALUES TEXTS VALUES (3, '{"ORDERTOTAL":7}');

--@test: names keep the case that they are written in, of the items, of the sources, and of fields
${orders}
create stream sent with (json_keep_case=true) as
  select id, orderTotal, shippedTo, orderTotal * 2 as doubleTotal, 1 as \`As is\`, ORDERTOTAL + 1 as PLUS from orders where ordertotal > 0;
${text('SENT')}
create stream back as select id, ordertotal, shippedto->streetname as s from sent;
create stream again as select *, doubletotal as DoubleTwice from sent;
CREATE STREAM TEXTS2 (ID INT KEY, TEXT STRING) WITH (KAFKA_TOPIC='AGAIN', VALUE_FORMAT='KAFKA');
INSERT INTO ORDERS (ID, ORDERTOTAL, SHIPPEDTO) VALUES (1, 5, STRUCT(STREETNAME := 'x', ZIP := 5));
ASSERT VALUES TEXTS VALUES (1, '{"orderTotal":5,"shippedTo":{"streetName":"x","zip":5},"doubleTotal":10,"As is":1,"PLUS":6}');
ASSERT VALUES BACK VALUES (1, 5, 'x');
ASSERT VALUES TEXTS2 VALUES (1, '{"orderTotal":5,"shippedTo":{"streetName":"x","zip":5},"doubleTotal":10,"As is":1,"PLUS":6,"DoubleTwice":10}');

--@test: names of joins begin with the alias as it is written, and inserted rows keep the case too
create stream orders (id int key, orderTotal int) with (kafka_topic='orders', value_format='JSON', json_keep_case=true, json_omit_nulls=true);
create table users (id int primary key, userName string) with (kafka_topic='users', value_format='JSON');
create stream both as select * from orders O join users usr on o.id = usr.id;
${text('BOTH')}
CREATE STREAM RAW (ID INT KEY, TEXT STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='KAFKA');
alter stream orders add column addedLater int;
INSERT INTO USERS VALUES (1, 'ann');
INSERT INTO ORDERS VALUES (1, 5, NULL);
INSERT INTO ORDERS VALUES (2, 5, 6);
ASSERT VALUES TEXTS VALUES (1, '{"O_orderTotal":5,"usr_id":1,"usr_userName":"ann"}');
ASSERT VALUES RAW VALUES (1, '{"orderTotal":5}');
ASSERT VALUES RAW VALUES (2, '{"orderTotal":5,"addedLater":6}');

--@test: false takes back what the source says
create stream orders (id int key, orderTotal int) with (kafka_topic='orders', value_format='JSON', json_keep_case=true, json_omit_nulls=true);
create stream loud with (json_keep_case=false, json_omit_nulls=false) as select * from orders;
${text('LOUD')}
INSERT INTO ORDERS (ID) VALUES (1);
ASSERT VALUES TEXTS VALUES (1, '{"ORDERTOTAL":null}');

--@test: two columns have two names
--@expected.error: KsqlStatementException
--@expected.message: JSON_KEEP_CASE: ORDERTOTAL and orderTotal would both be called "orderTotal".
create stream orders (id int key, orderTotal int, \`orderTotal\` int) with (kafka_topic='orders', value_format='JSON', json_keep_case=true);

--@test: only of JSON
--@expected.error: KsqlStatementException
--@expected.message: Property JSON_OMIT_NULLS can only be used with values in the JSON format
create stream orders (id int key, orderTotal int) with (kafka_topic='orders', value_format='AVRO', json_omit_nulls=true);

--@test: true or false
--@expected.error: KsqlStatementException
--@expected.message: Invalid value maybe for property JSON_KEEP_CASE: Expected value to be either true or false
create stream orders (id int key, orderTotal int) with (kafka_topic='orders', value_format='JSON', json_keep_case='maybe');

--@test: unknown in ksqlDB's own dialect
--@expected.error: KsqlStatementException
--@expected.message: Invalid config variable(s) in the WITH clause: JSON_OMIT_NULLS
SET 'headwater.dialect'='ksqldb';
create stream orders (id int key, orderTotal int) with (kafka_topic='orders', value_format='JSON', json_omit_nulls=true);
`;

for (const script of readScriptFile(file, 'json style')) {
  test(script.name, async () => {
    const readScript = () => Promise.reject(new Error('there is no other script'));
    const result = await runScriptTest(script, { functions: builtInFunctions(), readScript });
    assert.deepEqual(result.failures, []);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}
