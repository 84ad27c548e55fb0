/**
 * The tweet record through whole serializers, from value to bytes with the schema's id and back: ours beside Confluent's and KafkaJS's for
 * Node, and beside codecs used by hand, which write no id and look none up. All alternate in one process; the registry is our own.
 *
 * npm run bench -- serdes/serializers [--rounds 9] [--records 20000]
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';
import avsc from 'avsc';
import { nodeSerializersDir } from '../../../conformance/clients/install/schemas.ts';
import { createDeserializer, createRegistryClient, createSerializer, type SchemaDefinition } from '../index.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, records: { type: 'string', default: '20000' } },
});
const rounds = Number(flags.rounds);
const records = Number(flags.records);

/** Passes over all records: encoding keeps what it made for decoding. */
interface Contender {
  name: string;
  encode(): void | Promise<void>;
  decode(): void | Promise<void>;
}

interface Tweet {
  userId: number | bigint;
  id: number | bigint;
  text: string;
  createdAt: number | bigint;
}

const topic = 'tweets';
const words = 'a log that many read and few write keeps every event in order from the delta of the river'.split(' ');
const tweets: Tweet[] = Array.from({ length: 1000 }, (_, i) => ({
  userId: 7_000_000 + i * 31,
  id: 1_100_000_000_000_000 + i * 4_194_304,
  text: Array.from({ length: 4 + (i % 24) }, (_, word) => words[(i * 7 + word) % words.length]).join(' '),
  createdAt: 1_760_000_000_000 + i * 1733,
}));
const exact: Tweet[] = tweets.map((tweet) => ({ ...tweet, userId: BigInt(tweet.userId), id: BigInt(tweet.id) }));

const avroSchema = {
  type: 'record',
  name: 'TwitterAvroModel',
  namespace: 'io.headwater.tweets',
  fields: [
    { name: 'userId', type: 'long' },
    { name: 'id', type: 'long' },
    { name: 'text', type: 'string' },
    { name: 'createdAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};
const protoSchema = `syntax = "proto3";
package io.headwater.tweets;
message Tweet { int64 userId = 1; int64 id = 2; string text = 3; int64 createdAt = 4; }
`;

const broker = await startBroker();
const server = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
const registry = createRegistryClient({ url: server.url });
let sink: unknown;

async function ours(
  name: string,
  part: string,
  schema: SchemaDefinition,
  list: readonly Tweet[],
  int64: 'number' | 'bigint',
) {
  const serializer = createSerializer<Tweet>({ registry, schema });
  const deserializer = createDeserializer<Tweet>({ registry, int64 });
  const bytes: Uint8Array[] = [];
  await serializer.prepare(part);
  await deserializer.prepare([serializer.serialize(part, list[0])], part);
  const place = { topic: part, partition: 0, offset: 0 };
  return {
    name,
    encode: () => {
      for (let i = 0; i < list.length; i++) bytes[i] = serializer.serialize(part, list[i])!;
    },
    decode: () => {
      for (let i = 0; i < list.length; i++) {
        place.offset = i;
        sink = deserializer.deserialize(bytes[i], place);
      }
    },
  } satisfies Contender;
}

function byHand(name: string, type: avsc.Type, list: readonly Tweet[]): Contender {
  const bytes: Buffer[] = [];
  return {
    name,
    encode: () => {
      for (let i = 0; i < list.length; i++) bytes[i] = type.toBuffer(list[i]);
    },
    decode: () => {
      for (let i = 0; i < list.length; i++) sink = type.fromBuffer(bytes[i]!);
    },
  };
}

interface AsyncSerde {
  serialize(topic: string, value: unknown): Promise<Buffer>;
  deserialize(topic: string, bytes: Buffer): Promise<unknown>;
}

function confluent(name: string, serde: AsyncSerde, list: readonly Tweet[]): Contender {
  const bytes: Buffer[] = [];
  return {
    name,
    encode: async () => {
      for (let i = 0; i < list.length; i++) bytes[i] = await serde.serialize(topic, list[i]);
    },
    decode: async () => {
      for (let i = 0; i < list.length; i++) sink = await serde.deserialize(topic, bytes[i]!);
    },
  };
}

/** Rounds in turns; the first one warms up. */
async function race(bench: string, contenders: readonly Contender[]): Promise<void> {
  const passes = Math.max(1, Math.round(records / tweets.length));
  const nanoseconds = new Map(contenders.map(({ name }) => [name, { encode: [] as number[], decode: [] as number[] }]));
  for (let round = -1; round < rounds; round++) {
    for (const contender of contenders) {
      for (const step of ['encode', 'decode'] as const) {
        const startedMs = performance.now();
        for (let pass = 0; pass < passes; pass++) await contender[step]();
        const each = ((performance.now() - startedMs) * 1e6) / (passes * tweets.length);
        if (round >= 0) nanoseconds.get(contender.name)![step].push(each);
      }
    }
  }
  const both = (name: string): number => {
    const { encode, decode } = nanoseconds.get(name)!;
    return median(encode) + median(decode);
  };
  for (const { name } of contenders) {
    const { encode, decode } = nanoseconds.get(name)!;
    console.log(
      JSON.stringify({
        bench,
        contender: name,
        encodeNs: spread(encode),
        decodeNs: spread(decode),
        ofOurs: Number((both(name) / both(contenders[0]!.name)).toFixed(2)),
        rounds,
        recordsARound: passes * tweets.length,
        node: process.version,
        cpu: cpus()[0]?.model.trim(),
      }),
    );
  }
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!;
}

function spread(list: readonly number[]): { median: number; least: number; greatest: number } {
  return {
    median: Math.round(median(list)),
    least: Math.round(Math.min(...list)),
    greatest: Math.round(Math.max(...list)),
  };
}

const exactLong = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.allocUnsafe(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

const avro: Contender[] = [
  await ours('headwater, longs as numbers', 'avro', { schema: avroSchema }, tweets, 'number'),
  byHand('avsc by hand', avsc.Type.forSchema(avroSchema as never), tweets),
];
const avroExact: Contender[] = [
  await ours('headwater', 'avro-exact', { schema: avroSchema }, exact, 'bigint'),
  byHand(
    'avsc by hand, longs as BigInt',
    avsc.Type.forSchema(avroSchema as never, {
      typeHook: (given: unknown) =>
        given === 'long' || (given as { type?: unknown }).type === 'long' ? exactLong : undefined,
    }),
    exact.map((tweet) => ({ ...tweet, createdAt: BigInt(tweet.createdAt) })),
  ),
];
const protoDefinition: SchemaDefinition = { schemaType: 'PROTOBUF', schema: protoSchema };
const protobuf: Contender[] = [
  await ours('headwater, longs as numbers', 'protobuf', protoDefinition, tweets, 'number'),
  await ours('headwater', 'protobuf', protoDefinition, exact, 'bigint'),
];

const foreign = await nodeSerializersDir();
if (typeof foreign === 'string')
  console.log(JSON.stringify({ skipped: "Confluent's and KafkaJS's serializers", why: foreign }));
else {
  const require = createRequire(join(foreign.dir, 'package.json'));
  const { SchemaRegistryClient, SerdeType, AvroSerializer, AvroDeserializer } = require('@confluentinc/schemaregistry');
  const client = new SchemaRegistryClient({ baseURLs: [server.url] });
  await client.register(`${topic}-value`, { schema: JSON.stringify(avroSchema), schemaType: 'AVRO' });
  // By topic: its default asks a catalog for the name first.
  const subjectNameStrategyType = 'TOPIC';
  const serializer = new AvroSerializer(client, SerdeType.VALUE, { useLatestVersion: true, subjectNameStrategyType });
  const deserializer = new AvroDeserializer(client, SerdeType.VALUE, { subjectNameStrategyType });
  avro.push(
    confluent(
      '@confluentinc/schemaregistry',
      {
        serialize: (name, value) => serializer.serialize(name, value),
        deserialize: (name, bytes) => deserializer.deserialize(name, bytes),
      },
      tweets,
    ),
  );
  const { SchemaRegistry } = require('@kafkajs/confluent-schema-registry');
  const kafkajs = new SchemaRegistry({ host: server.url });
  const { id } = await registry.lookUp(`${topic}-value`, {
    schemaType: 'AVRO',
    schema: JSON.stringify(avroSchema),
    references: [],
  });
  avro.push(
    confluent(
      '@kafkajs/confluent-schema-registry',
      { serialize: (_name, value) => kafkajs.encode(id, value), deserialize: (_name, bytes) => kafkajs.decode(bytes) },
      tweets,
    ),
  );
  const protobufjs = createRequire(require.resolve('@kafkajs/confluent-schema-registry'))('protobufjs');
  const message = protobufjs.parse(protoSchema).root.lookupType('io.headwater.tweets.Tweet');
  const bytes: Uint8Array[] = [];
  protobuf.push({
    name: 'protobufjs by hand',
    encode: () => {
      for (let i = 0; i < tweets.length; i++) bytes[i] = message.encode(tweets[i]).finish();
    },
    decode: () => {
      for (let i = 0; i < tweets.length; i++) sink = message.toObject(message.decode(bytes[i]!), { longs: Number });
    },
  });
  const registered = await kafkajs.register({ type: 'PROTOBUF', schema: protoSchema }, { subject: 'kafkajs-protobuf' });
  protobuf.push(
    confluent(
      '@kafkajs/confluent-schema-registry',
      {
        serialize: (_name, value) => kafkajs.encode(registered.id, value),
        deserialize: (_name, encoded) => kafkajs.decode(encoded),
      },
      tweets,
    ),
  );
}

await race('serializers: avro', avro);
await race('serializers: avro, longs as bigint', avroExact);
await race('serializers: protobuf', protobuf);
if (sink === undefined) throw new Error('nothing was read');
registry.close();
await server.close();
await broker.close();
// Clients of others keep timers.
process.exit(0);
