import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testCommand } from './test-command.ts';

const cwd = mkdtempSync(join(tmpdir(), 'sql-test-'));
after(() => rmSync(cwd, { recursive: true, force: true }));

const said: string[] = [];
const run = (...args: string[]) => {
  said.length = 0;
  return testCommand(args, { cwd, env: {}, say: (line) => said.push(line) });
};
const write = (path: string, content: unknown) => {
  mkdirSync(join(cwd, path, '..'), { recursive: true });
  writeFileSync(join(cwd, path), typeof content === 'string' ? content : JSON.stringify(content));
};

const boats =
  "CREATE STREAM boats (name STRING KEY, knots INT) WITH (kafka_topic='boats', value_format='JSON', partitions=1);";
const fast = "CREATE STREAM fast WITH (kafka_topic='fast') AS SELECT * FROM boats WHERE knots > 10;";
const boat = (topic: string, key: string, KNOTS: number) => ({ topic, key, value: { KNOTS }, timestamp: 5 });

test('the three files of a test, and what differs', async () => {
  write('three/good/statements.sql', `${boats}\n-- those that race\n${fast}`);
  write('three/good/input.json', { inputs: [boat('boats', 'a', 20), boat('boats', 'b', 5)] });
  write('three/good/output.json', { outputs: [boat('fast', 'a', 20)] });
  equal(await run('three'), 0);
  deepEqual(said.slice(0, 1), ['✔ good']);
  write('three/wrong/statements.sql', `${boats}\n${fast}`);
  write('three/wrong/input.json', { inputs: [boat('boats', 'a', 20), boat('boats', 'b', 50)] });
  write('three/wrong/output.json', { outputs: [boat('fast', 'a', 21)] });
  equal(await run('three'), 1);
  match(said.join('\n'), /✖ wrong\n {4}fast: 2 records, expected 1\n {4}fast\[0\] value .*21/);
  match(said.at(-1)!, /^1 passed, 1 failed in \d+ ms$/);
});

test('cases in a JSON file, with rejections', async () => {
  const tests = [
    { name: 'passes', statements: [boats, fast], inputs: [boat('boats', 'a', 20)], outputs: [boat('fast', 'a', 20)] },
    { name: 'is refused', statements: [fast], expectedException: { message: 'BOATS does not exist' } },
    { name: 'other words', statements: [fast], expectedException: { message: 'no such words' } },
  ];
  write('cases/boats.json', { tests });
  write('cases/package.json', { name: 'no test' });
  equal(await run('cases'), 1);
  deepEqual(said.filter((line) => !line.startsWith(' ')).slice(0, 3), [
    '✔ boats - passes',
    '✔ boats - is refused',
    '✖ boats - other words',
  ]);
});

test("functions of one's own, from a folder", async () => {
  const define = JSON.stringify(import.meta.resolve('@headwater/sql'));
  const parameters = "[{ name: 'a', type: 'STRING' }]";
  write(
    'functions/loud.ts',
    `import { defineFunction } from ${define};
export default defineFunction({ name: 'LOUD', parameters: ${parameters}, returns: 'STRING', evaluate: (a) => a + '!' });`,
  );
  write(
    'own/loud.sql',
    `--@test: loud\n${boats}\nCREATE STREAM loud AS SELECT name, LOUD(name) AS called FROM boats;\nINSERT INTO boats (name) VALUES ('a');\nASSERT VALUES loud (called) VALUES ('a!');\n`,
  );
  equal(await run('--functions', 'functions', 'own'), 0, said.join('\n'));
  equal(await run('own'), 1);
  write('functions/wrong.ts', 'export const nothing = 1;');
  await rejects(run('--functions', 'functions', 'own'), /wrong\.ts: it exports no function/);
  await rejects(run('--colour', 'own'), /headwater sql test \[--functions DIR\]/);
});

test('scripts with ASSERT', async () => {
  write(
    'scripts/boats.sql',
    `--@test: fast ones\n${boats}\n${fast}\nINSERT INTO boats (name, knots) VALUES ('a', 20);\nASSERT VALUES fast (name, knots) VALUES ('a', 20);\n`,
  );
  equal(await run('scripts/boats.sql'), 0);
  deepEqual(said[0], '✔ boats - fast ones');
});

test('mistakes in files are told by file, and an empty folder is no success', async () => {
  write('broken/a/statements.sql', 'CREATE STREAM;');
  write('broken/a/output.json', { outputs: [] });
  write('broken/b/statements.sql', boats);
  write('broken/b/output.json', '{');
  equal(await run('broken'), 1);
  match(said.join('\n'), /✖ broken\/a\n {4}line 1:14: Syntax Error[\s\S]*✖ broken\/b\n.*output\.json: /);
  write('empty/readme.txt', '');
  await rejects(run('empty'), { code: 'HW_CLI_USAGE' });
  await rejects(run('nowhere'), { code: 'HW_CLI_USAGE' });
  await rejects(run(), { code: 'HW_CLI_USAGE' });
});
