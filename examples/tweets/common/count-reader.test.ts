import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistryClient, createSerializer } from '@headwater/serdes';
import { CountReader } from './count-reader.ts';
import { countSchema } from './count-schema.ts';

/** A registry of one schema. */
const fetchOne: typeof fetch = async (url) =>
  /\/ids\/7\b/.test(String(url))
    ? Response.json({ schema: JSON.stringify(countSchema) })
    : String(url).includes('/subjects/')
      ? Response.json({ id: 7 })
      : Response.json({ error_code: 40403, message: 'not found' }, { status: 404 });

test('a count is read in Avro and in JSON, what is none is not', async (t) => {
  const registry = createRegistryClient({ url: 'http://registry', fetch: fetchOne });
  t.after(() => registry.close());
  const serializer = createSerializer({ registry, schema: { schema: countSchema } });
  await serializer.prepare('counts');
  const reader = new CountReader(registry);
  const count = { word: 'größe', wordCount: 2 ** 40, createdAt: 1_800_000_000_000 };
  const avro = Buffer.from(serializer.serialize('counts', count)!);
  const unknown = Buffer.from(avro);
  unknown[4] = 8;
  const none = Buffer.from(serializer.serialize('counts', { word: null, wordCount: null, createdAt: null })!);
  await reader.prepare([avro, unknown, none, null]);
  assert.deepEqual(reader.read(avro), count);
  assert.deepEqual(reader.read(Buffer.from(JSON.stringify(count))), count);
  assert.equal(reader.countIn(avro), 2 ** 40);
  assert.equal(reader.countIn(Buffer.from('{"word":"größe","wordCount":12,"createdAt":1800000000000}')), 12);
  const others = ['', 'null', '7', '{', '{"wordCount":-1}', '{"wordCount":"7"}', '{"wordCount":1.5}'].map((text) =>
    Buffer.from(text),
  );
  for (const value of [...others, unknown, none, avro.subarray(0, 3), avro.subarray(0, 12)]) {
    assert.equal(reader.countIn(value), undefined, String(value));
  }
});
