import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as messages from '../src/messages/index.ts';
import type { FieldSchema, MessageSchema } from '../src/schema.ts';
import { type DocumentedField, definitionsDir, readDefinitions } from './definitions.ts';
import { lowerFirst } from './names.ts';
import { writeApi } from './write-api.ts';

const dir = definitionsDir();
const skip = dir === null ? "Kafka's message definitions are not here (HEADWATER_SHARED)" : false;

function withoutNames(fields: readonly DocumentedField[]): FieldSchema[] {
  return fields.map(({ structName: _name, fields: inner, ...field }) => ({
    ...field,
    ...(inner === undefined ? {} : { fields: withoutNames(inner) }),
  }));
}

test("the committed tables are what Kafka's definitions say", { skip }, () => {
  const tables = new Map<string, MessageSchema>();
  for (const api of Object.values(messages.apis)) {
    tables.set(api!.request.name, api!.request).set(api!.response.name, api!.response);
  }
  const definitions = readDefinitions(dir!);
  for (const { fields, ...definition } of definitions) {
    const own = (messages as unknown as Record<string, MessageSchema>)[lowerFirst(definition.name)];
    assert.deepEqual(tables.get(definition.name) ?? own, { ...definition, fields: withoutNames(fields) });
    tables.delete(definition.name);
  }
  assert.deepEqual([...tables.keys()], []);
});

test('the committed files name every struct and field that the generator does', { skip }, () => {
  // Not byte for byte: the formatter has been over the committed files.
  const words = (text: string) => text.match(/[\w'+.]+/g)!.join(' ');
  for (const { name, text } of writeApi(readDefinitions(dir!))) {
    assert.equal(words(readFileSync(join(import.meta.dirname, '../src/messages', name), 'utf8')), words(text), name);
  }
});
