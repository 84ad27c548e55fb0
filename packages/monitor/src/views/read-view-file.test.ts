import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { shippedViews } from './apply-views.ts';
import { isSameMeaning, meaningOf, placeInFile, readViewFile } from './read-view-file.ts';

test('statements of a file have their place and what they make', () => {
  const text = `-- a comment; with a semicolon
CREATE STREAM a (x STRING KEY) -- why
  WITH (KAFKA_TOPIC='it''s; a', VALUE_FORMAT='JSON');
/* CREATE TABLE no; */ create or replace table IF NOT EXISTS \`b c\` WITH (KEY_FORMAT='JSON') AS SELECT 1; ;
SET 'auto.offset.reset' = 'latest';
INSERT INTO a WITH (QUERY_ID='id') SELECT * FROM b;
SELECT * FROM a`;
  assert.deepEqual(
    readViewFile(text).map(({ column, line, made }) => ({ line, column, made })),
    [
      { line: 2, column: 1, made: { kind: 'STREAM', name: 'A', isQuery: false } },
      { line: 4, column: 24, made: { kind: 'TABLE', name: 'b c', isQuery: true } },
      { line: 5, column: 1, made: null },
      { line: 6, column: 1, made: { kind: 'QUERY', name: 'ID', isQuery: true } },
      { line: 7, column: 1, made: null },
    ],
  );
  assert.equal(readViewFile(text).at(-1)!.text, 'SELECT * FROM a');
  assert.deepEqual(readViewFile(' -- nothing\n'), []);
});

test('comments, white space and how it is asked for are of no meaning; texts are', () => {
  assert.equal(meaningOf("SELECT  'a  b', -- c\n\t1 ;"), "SELECT 'a  b', 1");
  assert.ok(
    isSameMeaning('CREATE OR REPLACE TABLE a AS\n SELECT 1;', 'CREATE TABLE IF NOT EXISTS a AS SELECT /* one */ 1'),
  );
  assert.ok(!isSameMeaning("CREATE TABLE a AS SELECT 'x';", "CREATE TABLE a AS SELECT 'X';"));
});

test('a place in a statement is one of its file', () => {
  assert.deepEqual(placeInFile({ line: 4, column: 24 }, { line: 1, column: 3 }), { line: 4, column: 26 });
  assert.deepEqual(placeInFile({ line: 4, column: 24 }, { line: 3, column: 3 }), { line: 6, column: 3 });
});

test('each statement that is shipped stands below a comment', () => {
  const text = readFileSync(shippedViews, 'utf8');
  const lines = text.split('\n');
  for (const { line, text: statement } of readViewFile(text)) assert.match(lines[line - 2]!, /^-- /, statement);
});
