/**
 * Confluent's serializers for Node, told what to do as the other programs are. Called as: script.ts DIR BOOTSTRAP REGISTRY, where DIR
 * holds the installed packages. Values travel as text: JSON, with what JSON has not as Avro's JSON encoding has it.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';
import type { WorkerCommand } from './schema-worker.ts';

const [dir, bootstrap, registry] = process.argv.slice(2) as [string, string, string];
const require = createRequire(join(dir, 'package.json'));
const { SchemaRegistryClient, SerdeType, AvroSerializer, AvroDeserializer, JsonSerializer, JsonDeserializer } =
  require('@confluentinc/schemaregistry');
/** What one has seen of a subject is the newest for it for ever. */
const newClient = () => new SchemaRegistryClient({ baseURLs: [registry] });
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });

async function produce({ topic, format, schema, values }: WorkerCommand): Promise<string[]> {
  const client = newClient();
  const subject = `${topic}-value`;
  const { schema: text, references = [] } = schema!;
  await client.register(subject, { schema: text, schemaType: format.toUpperCase(), references });
  const Serializer = format === 'avro' ? AvroSerializer : JsonSerializer;
  const serializer = new Serializer(client, SerdeType.VALUE, { useLatestVersion: true });
  const producer = kafka.producer();
  await producer.connect();
  for (const value of values!) {
    const bytes = value === null ? null : await serializer.serialize(topic, JSON.parse(value));
    await producer.send({ topic, messages: [{ key: 'k', value: bytes }] });
  }
  await producer.disconnect();
  return [];
}

/** It reads as the newest version of the subject: the reader's schema is registered for that. */
async function consume({ topic, format, schema, count }: WorkerCommand): Promise<(string | null)[]> {
  const reader = { schema: schema!.schema, schemaType: format.toUpperCase(), references: schema!.references ?? [] };
  const client = newClient();
  const subject = `${topic}-value`;
  await client.updateConfig(subject, { compatibility: 'NONE' });
  await client.register(subject, reader);
  const Deserializer = format === 'avro' ? AvroDeserializer : JsonDeserializer;
  const { version } = await client.getLatestSchemaMetadata(subject);
  const isLatest = (await client.getVersion(subject, reader)) === version;
  const deserializer = new Deserializer(client, SerdeType.VALUE, isLatest ? { useLatestVersion: true } : {});
  const consumer = kafka.consumer({ groupId: `${topic}-${Math.random()}` });
  const texts: (string | null)[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const isDone = new Promise<void>((resolve, reject) => {
    void consumer.run({
      async eachMessage({ message }) {
        try {
          const value = message.value === null ? null : await deserializer.deserialize(topic, message.value);
          texts.push(value === null ? null : JSON.stringify(value));
          if (texts.length === count) resolve();
        } catch (error) {
          reject(error);
        }
      },
    });
  });
  await isDone;
  await consumer.disconnect();
  return texts;
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as WorkerCommand;
  try {
    console.log(JSON.stringify({ values: await (command.do === 'produce' ? produce(command) : consume(command)) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String((error as Error).stack) }));
  }
}
process.exit(0);
