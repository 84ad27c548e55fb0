/**
 * Records between our serializers and foreign ones. Called as: script.ts BOOTSTRAP PREFIX SCENARIO; SCHEMA_WORKER is the command of a
 * program with foreign serializers, HEADWATER_CLIENTS_REGISTRY the registry (without it, our own is started on the broker).
 */
import assert from 'node:assert/strict';
import { createClient } from '@headwater/client';
import { startRegistry } from '@headwater/registry';
import { createDeserializer, createRegistryClient, createSerializer, type SchemaType } from '@headwater/serdes';
import { type CaseSchema, type SchemaCase, schemaCases } from './schema-cases.ts';
import { valueOfText } from './schema-forms.ts';
import { SchemaWorker, type WorkerCommand } from './schema-worker.ts';
import { skip } from './skip.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const [command, ...args] = JSON.parse(process.env['SCHEMA_WORKER']!) as [string, ...string[]];
const givenRegistry = process.env['HEADWATER_CLIENTS_REGISTRY'] ?? '';
const own = givenRegistry === '' ? await startRegistry({ kafkaUrl: bootstrap, port: 0 }) : null;
const url = own?.url ?? givenRegistry;
const registry = createRegistryClient({ url, latestTtlMs: 0 });
const client = createClient({ bootstrap, clientId: prefix });
const running: { worker: SchemaWorker | null } = { worker: null };
let lastMain: string | undefined;
const cases = schemaCases(prefix);
let exchanged = 0;

async function foreign(request: WorkerCommand): Promise<(string | null)[]> {
  // Two versions of a Protobuf file do not get on in one program: protoc's classes are registered by name.
  const isOther = request.format === 'protobuf' && request.schema?.main !== lastMain;
  lastMain = request.schema?.main;
  if (running.worker === null || isOther) {
    running.worker?.stop();
    running.worker = new SchemaWorker(command, [...args, bootstrap, url]);
  }
  return running.worker.ask(request);
}

const typeOf = (format: SchemaCase['format']): SchemaType => format.toUpperCase() as SchemaType;

function definition({ format }: Pick<SchemaCase, 'format'>, { schema, references = [] }: CaseSchema) {
  return { schemaType: typeOf(format), schema, references };
}

async function produceOurs(
  each: SchemaCase,
  topic: string,
  schema: CaseSchema,
  texts: readonly (string | null)[],
  options: { idIn?: 'header' } = {},
): Promise<void> {
  const read = await valueOfText(each, schema, registry);
  const { message } = schema;
  const serializer = createSerializer({
    registry,
    schema: definition(each, schema),
    ...(message && { message }),
    ...options,
  });
  await serializer.prepare(topic);
  const header = serializer.header(topic);
  const headers = header === undefined ? {} : { headers: [header] };
  const records = texts.map((text) => ({
    key: 'k',
    value: serializer.serialize(topic, text === null ? null : read(text)),
    ...headers,
  }));
  await client.produce({ topic, records });
}

/** What our deserializer makes of a topic, as values. */
async function consumeOurs(
  each: SchemaCase,
  topic: string,
  reader: CaseSchema | null,
  count: number,
): Promise<unknown[]> {
  const deserializer = createDeserializer({ registry, ...(reader !== null && { reader: definition(each, reader) }) });
  const values: unknown[] = [];
  for await (const batch of client.tail({ topics: [topic], from: 'earliest', signal: AbortSignal.timeout(60_000) })) {
    const records = batch.records();
    await deserializer.prepare(records, topic);
    for (const { value, headers, offset } of records) {
      values.push(deserializer.deserialize(value, { topic, partition: 0, offset, headers }));
    }
    if (values.length >= count) break;
  }
  return values;
}

async function assertSame(
  each: SchemaCase,
  schema: CaseSchema,
  got: readonly unknown[],
  texts: readonly (string | null)[],
): Promise<void> {
  const read = await valueOfText(each, schema, registry);
  const wanted = texts.map((text) => (text === null ? null : read(text)));
  assert.deepEqual(got, wanted);
  exchanged += texts.length;
}

async function assertSameTexts(
  each: SchemaCase,
  schema: CaseSchema,
  got: readonly (string | null)[],
  texts: readonly (string | null)[],
): Promise<void> {
  const read = await valueOfText(each, schema, registry);
  await assertSame(
    each,
    schema,
    got.map((text) => (text === null ? null : read(text))),
    texts,
  );
}

async function registerReferenced({ referenced = {}, format }: SchemaCase): Promise<void> {
  for (const [subject, schema] of Object.entries(referenced)) {
    await registry.register(subject, { schemaType: typeOf(format), schema, references: [] });
  }
}

async function register(each: SchemaCase, topic: string, { schema, references = [] }: CaseSchema): Promise<void> {
  await registry.register(`${topic}-value`, { schemaType: typeOf(each.format), schema, references: [...references] });
}

/** Both directions with one schema, then with two. */
async function exchange(each: SchemaCase): Promise<void> {
  const { format, schema, evolved, isForeignAsWritten = false } = each;
  await registerReferenced(each);
  const values = [...each.values, null];
  const evolvedValues = [...each.evolvedValues, null];
  const [ours, theirs] = [`${prefix}-ours`, `${prefix}-theirs`];

  await produceOurs(each, ours, schema, values);
  const seen = await foreign({ do: 'consume', topic: ours, format, count: values.length, schema });
  await assertSameTexts(each, schema, seen, values);

  await register(each, theirs, schema);
  await foreign({ do: 'produce', topic: theirs, format, schema, values });
  await assertSame(each, schema, await consumeOurs(each, theirs, null, values.length), values);

  // The subject moves on: old records are read by new readers, then new ones by old readers.
  await assertSame(each, evolved, await consumeOurs(each, theirs, evolved, values.length), evolvedValues);
  await register(each, ours, evolved);
  const evolvedSeen = await foreign({ do: 'consume', topic: ours, format, count: values.length, schema: evolved });
  if (isForeignAsWritten) await assertSameTexts(each, schema, evolvedSeen, values);
  else await assertSameTexts(each, evolved, evolvedSeen, evolvedValues);

  const { newerValues, newerAsOld } = each;
  const [oursNew, theirsNew] = [`${prefix}-ours-new`, `${prefix}-theirs-new`];
  await produceOurs(each, oursNew, evolved, newerValues);
  await register(each, theirsNew, evolved);
  await foreign({ do: 'produce', topic: theirsNew, format, schema: evolved, values: newerValues });
  await assertSame(each, evolved, await consumeOurs(each, theirsNew, null, newerValues.length), newerValues);
  if (newerAsOld.length > 0) {
    await assertSame(each, schema, await consumeOurs(each, theirsNew, schema, newerAsOld.length), newerAsOld);
    const count = newerAsOld.length;
    const olderSeen = await foreign({ do: 'consume', topic: oursNew, format, count, schema });
    if (isForeignAsWritten) await assertSameTexts(each, evolved, olderSeen, newerValues);
    else await assertSameTexts(each, schema, olderSeen, newerAsOld);
  }
}

/** Confluent's serializers ask for Protobuf as a descriptor; a registry that answers with the text all the same is of no use to them. */
async function checkSerialized(): Promise<void> {
  const { id } = await registry.register(`${prefix}-serialized-value`, {
    schemaType: 'PROTOBUF',
    schema: 'syntax = "proto3"; message Serialized { int32 a = 1; }',
    references: [],
  });
  const answer = await fetch(`${url}/schemas/ids/${id}?format=serialized`);
  const { schema } = (await answer.json()) as { schema: string };
  if (schema.includes('message')) skip('this registry does not serve format=serialized');
}

/** The guid of the schema in a header, both ways. */
async function headers(): Promise<void> {
  const each = cases.avro;
  await registerReferenced(each);
  const { schema, values } = each;
  const { guid } = await registry.register(`${prefix}-guid-value`, {
    schemaType: 'AVRO',
    schema: '"string"',
    references: [],
  });
  if (guid === undefined) skip('this registry tells no guids');
  await produceOurs(each, `${prefix}-ours`, schema, values, { idIn: 'header' });
  const seen = await foreign({ do: 'consume', topic: `${prefix}-ours`, format: 'avro', count: values.length, schema });
  await assertSameTexts(each, schema, seen, values);
  await foreign({ do: 'produce', topic: `${prefix}-theirs`, format: 'avro', schema, values, idIn: 'header' });
  await assertSame(each, schema, await consumeOurs(each, `${prefix}-theirs`, null, values.length), values);
}

/** Schemas that are no records. */
async function plain(): Promise<void> {
  for (const [type, values] of [
    ['string', ['"ä€😀"', '""']],
    ['long', ['-9223372036854775808', '9223372036854775807']],
    ['boolean', ['true', 'false']],
    ['double', ['0.1', '-1.7976931348623157e+308']],
  ] as const) {
    // As an object: Confluent's for Python takes no other.
    const schema = { schema: JSON.stringify({ type }) };
    const each: SchemaCase = { ...cases.avro, schema };
    const [ours, theirs] = [`${prefix}-${type}-ours`, `${prefix}-${type}-theirs`];
    await produceOurs(each, ours, schema, values);
    await assertSameTexts(
      each,
      schema,
      await foreign({ do: 'consume', topic: ours, format: 'avro', count: 2, schema }),
      values,
    );
    await register(each, theirs, schema);
    await foreign({ do: 'produce', topic: theirs, format: 'avro', schema, values });
    await assertSame(each, schema, await consumeOurs(each, theirs, null, 2), values);
  }
}

const scenarios: Record<string, () => Promise<void>> = {
  avro: () => exchange(cases.avro),
  'avro-small': () => exchange(cases.small),
  'json-schema': () => exchange(cases.json),
  'json-schema-whole': () => exchange(cases.whole),
  protobuf: async () => {
    await checkSerialized();
    await exchange(cases.protobuf);
  },
  'protobuf-untimed': () => exchange(cases.untimed),
  'avro-headers': headers,
  'avro-plain': plain,
};

try {
  await scenarios[scenario]!();
  console.log(`# ${exchanged} records compared, ${own === null ? 'given registry' : 'own registry'}`);
} finally {
  running.worker?.stop();
  registry.close();
  await client.close();
  await own?.close();
}
