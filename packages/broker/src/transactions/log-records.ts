import { decodeData, encodeData, type MessageSchema } from '@headwater/protocol';
import { noPartitions, TopicPartitions } from './topic-partitions.ts';
import { noEpoch, type TransactionRecord, type TransactionVersion, transactionStates } from './transaction-state.ts';

/*
 * Keys and values of `__transaction_state` in Kafka's own layout: a version as INT16, then the message in that version.
 *
 *     TransactionLogKey (0)   => transactionalId:STRING
 *     TransactionLogValue (1) => producerId:INT64 producerEpoch:INT16 transactionTimeoutMs:INT32 transactionStatus:INT8
 *                                [topic:STRING [partitionId:INT32]] lastUpdateTimestamp:INT64 startTimestamp:INT64
 *                                tagged: 0 previousProducerId:INT64, 1 nextProducerId:INT64, 2 clientTransactionVersion:INT16,
 *                                3 nextProducerEpoch:INT16 (KIP-939, not served)
 *
 * Written in version 1, as Kafka does from `transaction.version` 1 on; read in both.
 */
const keySchema: MessageSchema = {
  name: 'TransactionLogKey',
  kind: 'data',
  versions: '0',
  flexible: 'none',
  fields: [{ name: 'transactionalId', type: 'string', versions: '0' }],
};

const valueSchema: MessageSchema = {
  name: 'TransactionLogValue',
  kind: 'data',
  versions: '0-1',
  flexible: '1+',
  fields: [
    { name: 'producerId', type: 'int64', versions: '0+' },
    { name: 'previousProducerId', type: 'int64', versions: '1+', tagged: '1+', tag: 0, default: -1, ignorable: true },
    { name: 'nextProducerId', type: 'int64', versions: '1+', tagged: '1+', tag: 1, default: -1, ignorable: true },
    { name: 'producerEpoch', type: 'int16', versions: '0+' },
    { name: 'nextProducerEpoch', type: 'int16', versions: '1+', tagged: '1+', tag: 3, default: -1, ignorable: true },
    { name: 'transactionTimeoutMs', type: 'int32', versions: '0+' },
    { name: 'transactionStatus', type: 'int8', versions: '0+' },
    {
      name: 'transactionPartitions',
      type: 'struct',
      array: true,
      versions: '0+',
      nullable: '0+',
      fields: [
        { name: 'topic', type: 'string', versions: '0+' },
        { name: 'partitionIds', type: 'int32', array: true, versions: '0+' },
      ],
    },
    { name: 'transactionLastUpdateTimestampMs', type: 'int64', versions: '0+' },
    { name: 'transactionStartTimestampMs', type: 'int64', versions: '0+' },
    {
      name: 'clientTransactionVersion',
      type: 'int16',
      versions: '1+',
      tagged: '1+',
      tag: 2,
      default: 0,
      ignorable: true,
    },
  ],
};

interface Key {
  transactionalId: string;
}

interface Value {
  producerId: number;
  previousProducerId: number;
  nextProducerId: number;
  producerEpoch: number;
  transactionTimeoutMs: number;
  transactionStatus: number;
  transactionPartitions: { topic: string; partitionIds: number[] }[] | null;
  transactionLastUpdateTimestampMs: number;
  transactionStartTimestampMs: number;
  clientTransactionVersion: number;
}

const keyVersion = 0;
const valueVersion = 1;

export function encodeTransactionKey(transactionalId: string): Buffer {
  return withVersion(keyVersion, encodeData(keySchema, keyVersion, { transactionalId }));
}

export function encodeTransactionValue(record: TransactionRecord): Buffer {
  const value: Value = {
    producerId: record.producerId,
    previousProducerId: record.previousProducerId,
    nextProducerId: record.nextProducerId,
    producerEpoch: record.producerEpoch,
    transactionTimeoutMs: record.timeoutMs,
    transactionStatus: transactionStates.indexOf(record.state),
    transactionPartitions:
      record.state === 'Empty'
        ? null
        : Array.from(record.partitions.topics(), ([topic, partitions]) => ({ topic, partitionIds: [...partitions] })),
    transactionLastUpdateTimestampMs: record.lastUpdateMs,
    transactionStartTimestampMs: record.startMs,
    clientTransactionVersion: record.clientVersion,
  };
  return withVersion(valueVersion, encodeData(valueSchema, valueVersion, value));
}

/** The transactional.id; null for keys of a version that is not known. @throws ProtocolError */
export function decodeTransactionKey(bytes: Buffer): string | null {
  if (bytes.length < 2 || bytes.readInt16BE(0) !== keyVersion) return null;
  return (decodeData(keySchema, keyVersion, bytes.subarray(2)) as Key).transactionalId;
}

/** Null for a value of a version that is not known. @throws ProtocolError */
export function decodeTransactionValue(bytes: Buffer): TransactionRecord | null {
  const version = bytes.length < 2 ? -1 : bytes.readInt16BE(0);
  if (version !== 0 && version !== valueVersion) return null;
  const value = decodeData(valueSchema, version, bytes.subarray(2)) as Value;
  const state = transactionStates[value.transactionStatus];
  if (state === undefined) return null;
  return {
    state,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: noEpoch,
    timeoutMs: value.transactionTimeoutMs,
    partitions: partitionsOf(value),
    startMs: value.transactionStartTimestampMs,
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    clientVersion: Math.min(Math.max(value.clientTransactionVersion, 0), 2) as TransactionVersion,
  };
}

function partitionsOf({ transactionPartitions }: Value): TopicPartitions {
  if (transactionPartitions === null || transactionPartitions.length === 0) return noPartitions;
  const all = new TopicPartitions();
  for (const { topic, partitionIds } of transactionPartitions) for (const id of partitionIds) all.add(topic, id);
  return all;
}

function withVersion(version: number, bytes: Buffer): Buffer {
  const all = Buffer.allocUnsafeSlow(2 + bytes.length);
  all.writeInt16BE(version, 0);
  bytes.copy(all, 2);
  return all;
}
