/** The same two jobs for each client: send records in calls of 500, at most 20 calls at once; read all in a group of one's own. */
import type { Consumer as ForeignConsumer } from '@platformatic/kafka';
import { createClient } from '../index.ts';

export interface Job {
  bootstrap: string;
  topic: string;
  records: number;
  bytes: number;
  /** Makes group ids unique. */
  label: string;
}

export interface BenchClient {
  produce(job: Job): Promise<void>;
  /** Reads from the start, and looks at the value of each record. */
  consume(job: Job): Promise<void>;
}

const PER_CALL = 500;
const CALLS = 20;

async function sendAll(records: number, send: () => Promise<unknown>): Promise<void> {
  let left = Math.ceil(records / PER_CALL);
  const worker = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: CALLS }, worker));
}

const valueOfSize = (bytes: number) => Buffer.alloc(bytes, 'x');

const headwater: BenchClient = {
  async produce({ bootstrap, topic, records, bytes }) {
    const client = createClient({ bootstrap, clientId: 'bench' });
    const producer = client.producer();
    const value = valueOfSize(bytes);
    await sendAll(records, () =>
      producer.send({ topic, records: Array.from({ length: PER_CALL }, () => ({ value })) }),
    );
    await client.close();
  },
  async consume({ bootstrap, topic, records, label }) {
    const client = createClient({ bootstrap, clientId: 'bench' });
    const consumer = client.consumer({ groupId: `hw-${label}`, topics: [topic], autoOffsetReset: 'earliest' });
    let seen = 0;
    let sizeBytes = 0;
    for await (const batch of consumer) {
      for (const record of batch.records()) {
        sizeBytes += record.value!.length;
        seen++;
      }
      if (seen >= records) break;
    }
    if (sizeBytes === 0) throw new Error('nothing was read');
    await client.close();
  },
};

/** The same without an object for a record: positions in the batch's bytes. */
const headwaterCursor: BenchClient = {
  produce: headwater.produce,
  async consume({ bootstrap, topic, records, label }) {
    const client = createClient({ bootstrap, clientId: 'bench' });
    const consumer = client.consumer({ groupId: `hwc-${label}`, topics: [topic], autoOffsetReset: 'earliest' });
    let seen = 0;
    let sizeBytes = 0;
    for await (const batch of consumer) {
      for (const cursor = batch.cursor(); cursor.next(); seen++) sizeBytes += cursor.valueLength;
      if (seen >= records) break;
    }
    if (sizeBytes === 0) throw new Error('nothing was read');
    await client.close();
  },
};

const kafkajs: BenchClient = {
  async produce({ bootstrap, topic, records, bytes }) {
    const { Kafka, logLevel } = await import('kafkajs');
    const producer = new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.ERROR }).producer();
    await producer.connect();
    const value = valueOfSize(bytes);
    await sendAll(records, () =>
      producer.send({ topic, acks: -1, messages: Array.from({ length: PER_CALL }, () => ({ value })) }),
    );
    await producer.disconnect();
  },
  async consume({ bootstrap, topic, records, label }) {
    const { Kafka, logLevel } = await import('kafkajs');
    const kafka = new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.ERROR });
    const consumer = kafka.consumer({ groupId: `kjs-${label}`, maxBytesPerPartition: 1024 * 1024 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    let seen = 0;
    let sizeBytes = 0;
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          eachBatchAutoResolve: true,
          eachBatch: async ({ batch }) => {
            for (const message of batch.messages) {
              sizeBytes += message.value!.length;
              seen++;
            }
            if (seen >= records) resolve();
          },
        })
        .catch(reject);
    });
    if (sizeBytes === 0) throw new Error('nothing was read');
    await consumer.disconnect();
  },
};

const platformatic: BenchClient = {
  async produce({ bootstrap, topic, records, bytes }) {
    const { Producer } = await import('@platformatic/kafka');
    const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [bootstrap] });
    const value = valueOfSize(bytes);
    await sendAll(records, () =>
      producer.send({ acks: -1, messages: Array.from({ length: PER_CALL }, () => ({ topic, value })) }),
    );
    await producer.close();
  },
  async consume({ bootstrap, topic, records, label }) {
    const { Consumer } = await import('@platformatic/kafka');
    const consumer: ForeignConsumer = new Consumer({
      clientId: 'bench',
      bootstrapBrokers: [bootstrap],
      groupId: `pl-${label}`,
      maxWaitTime: 500,
      maxBytes: 16 * 1024 * 1024,
    });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: true });
    let seen = 0;
    let sizeBytes = 0;
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject);
      stream.on('data', (message) => {
        sizeBytes += message.value!.length;
        if (++seen === records) resolve();
      });
    });
    if (sizeBytes === 0) throw new Error('nothing was read');
    await consumer.close(true);
  },
};

export const clients: Record<string, BenchClient> = {
  headwater,
  'headwater, cursor': headwaterCursor,
  kafkajs,
  '@platformatic/kafka': platformatic,
};
