import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { tweetSchema, tweetTextSchema, tweetWithLangSchema } from './tweet-schema.ts';

test('what the README registers to evolve the topic is the schema that the services know', () => {
  const request = readFileSync(new URL('../schemas/tweet-with-lang.json', import.meta.url), 'utf8');
  const { schema } = JSON.parse(request) as { schema: string };
  assert.deepEqual(JSON.parse(schema), tweetWithLangSchema);
});

test('the schemas are versions of one record, each with a default for what it adds', () => {
  const names = [tweetSchema, tweetWithLangSchema, tweetTextSchema].map(
    ({ namespace, name }) => `${namespace}.${name}`,
  );
  assert.equal(new Set(names).size, 1);
  const before = new Set<string>(tweetSchema.fields.map(({ name }) => name));
  for (const field of tweetWithLangSchema.fields) assert.ok(before.has(field.name) || 'default' in field, field.name);
});
