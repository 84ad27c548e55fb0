import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runScriptTest } from '../testing/run-script.ts';

const notes =
  "CREATE STREAM NOTES (ID INT KEY, TEXT STRING) WITH (KAFKA_TOPIC='notes', VALUE_FORMAT='JSON', PARTITIONS=1);";

async function failuresOf(text: string): Promise<readonly unknown[]> {
  const readScript = () => Promise.reject(new Error('there is no other script'));
  const script = { name: 'exploded keys', text: `${notes}\n${text}`, expectedMessage: null };
  return (await runScriptTest(script, { functions: builtInFunctions(), readScript })).failures;
}

test('the key may be worked out of what a table function makes, beside columns of the source', async () => {
  assert.deepEqual(
    await failuresOf(`
      CREATE STREAM WORDS WITH (KEY_FORMAT='JSON') AS
        SELECT UCASE(EXPLODE(SPLIT(TEXT, ' '))) AS WORD, ID, LEN(TEXT) AS N FROM NOTES WHERE ID > 0 PARTITION BY WORD, ID;
      INSERT INTO NOTES VALUES (0, 'no');
      INSERT INTO NOTES VALUES (7, 'a bc');
      ASSERT VALUES WORDS (WORD, ID, N) VALUES ('A', 7, 4);
      ASSERT VALUES WORDS (WORD, ID, N) VALUES ('BC', 7, 4);`),
    [],
  );
});

test('with * the columns of the source stay, and the key is what was made', async () => {
  assert.deepEqual(
    await failuresOf(`
      CREATE STREAM WORDS AS SELECT *, EXPLODE(SPLIT(TEXT, ' ')) AS WORD FROM NOTES PARTITION BY WORD;
      CREATE TABLE COUNTS AS SELECT WORD, COUNT(*) AS N FROM WORDS GROUP BY WORD;
      INSERT INTO NOTES VALUES (7, 'a a');
      ASSERT VALUES WORDS (WORD, ID, TEXT) VALUES ('a', 7, 'a a');
      ASSERT VALUES WORDS (WORD, ID, TEXT) VALUES ('a', 7, 'a a');
      ASSERT VALUES COUNTS (WORD, N) VALUES ('a', 1);
      ASSERT VALUES COUNTS (WORD, N) VALUES ('a', 2);`),
    [],
  );
});

test("ksqlDB's own dialect has columns of the source only", async () => {
  const [failure] = await failuresOf(`
    SET 'headwater.dialect'='ksqldb';
    CREATE STREAM WORDS AS SELECT ID, EXPLODE(SPLIT(TEXT, ' ')) AS WORD FROM NOTES PARTITION BY WORD;`);
  assert.match(JSON.stringify(failure), /beyond ksqlDB's dialect/);
});
