import { ApiKey, ErrorCode, type WriteTxnMarkersRequest } from '@headwater/protocol';
import { BrokerError } from '../broker-error.ts';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { storageErrorCode } from '../storage-error-code.ts';
import { appendMarker } from '../transactions/open-transactions.ts';
import { defineHandler } from './handler.ts';

/*
 * WriteTxnMarkers (27), versions 1-2: https://kafka.apache.org/protocol#The_Messages_WriteTxnMarkers
 *
 * Kafka's coordinators send it to the brokers of the partitions; here that is a call. What remains is `kafka-transactions.sh abort`, which
 * ends a transaction that no coordinator knows any more. Version 2 says which protocol the transaction has (KIP-1228).
 */
export const writeTxnMarkers = defineHandler({
  apiKey: ApiKey.WriteTxnMarkers,
  minVersion: 1,
  maxVersion: 2,
  handle(context, body, { connection }) {
    if (body.markers.some(({ producerId }) => !Number.isSafeInteger(producerId))) {
      // Nobody got such an id here, and the answer could not repeat it.
      connection.destroy(
        new BrokerError('HW_BROKER_UNSUPPORTED_REQUEST', 'A producer id above 2^53 has no markers here.'),
      );
      return undefined;
    }
    const { authorizer } = context;
    const mayWrite =
      isAllowedOnCluster(authorizer, connection, AclOperation.ALTER) ||
      isAllowedOnCluster(authorizer, connection, AclOperation.CLUSTER_ACTION);
    const flushed: Promise<void>[] = [];
    const markers = body.markers.map((marker) => ({
      producerId: marker.producerId,
      topics: marker.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) =>
          mayWrite
            ? write(context, marker, name, partitionIndex, flushed)
            : { partitionIndex, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED },
        ),
      })),
    }));
    return flushed.length === 0 ? { markers } : Promise.all(flushed).then(() => ({ markers }));
  },
});

type Marker = WriteTxnMarkersRequest['markers'][number];

interface PartitionResult {
  partitionIndex: number;
  errorCode: number;
}

function write(
  { groups, logger, store }: BrokerContext,
  { coordinatorEpoch, producerEpoch, producerId, transactionResult, transactionVersion }: Marker,
  topic: string,
  partitionIndex: number,
  flushed: Promise<void>[],
): PartitionResult {
  const result: PartitionResult = { partitionIndex, errorCode: 0 };
  if (store.partition(topic, partitionIndex) === undefined) {
    result.errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return result;
  }
  const fail = (error: unknown): void => {
    logger.warn({ error, topic, partition: partitionIndex, producerId }, 'a transaction marker was not written');
    result.errorCode = storageErrorCode(error);
  };
  try {
    const isEpochBumped = transactionVersion >= 2;
    const marker = { producerId, producerEpoch, coordinatorEpoch, isCommit: transactionResult, isEpochBumped };
    const written = appendMarker(store, groups, topic, partitionIndex, marker);
    if (written !== null) flushed.push(written.catch(fail));
  } catch (error) {
    fail(error);
  }
  return result;
}
