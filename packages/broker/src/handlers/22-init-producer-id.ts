import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, isAllowedOnCluster, ResourceType } from '../security/authorizer.ts';
import { storageErrorCode } from '../storage-error-code.ts';
import { defineHandler } from './handler.ts';

/*
 * InitProducerId (22), versions 0-5: https://kafka.apache.org/protocol#The_Messages_InitProducerId
 *
 * Differences from Kafka: a transactional.id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED: transactions are not served yet,
 * and this is the error which every client takes as final. An idempotent producer that comes back with its id and epoch gets a new
 * id, as from Kafka. Version 2 is flexible; 3 brings the id and epoch; 6 is not stable in Kafka either.
 */
export const initProducerId = defineHandler({
  apiKey: ApiKey.InitProducerId,
  minVersion: 0,
  maxVersion: 5,
  handle({ authorizer, logger, store }, body, request) {
    const { connection } = request;
    if (body.transactionalId !== null) return failed(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    const mayProduce =
      isAllowedOnCluster(authorizer, connection, AclOperation.IDEMPOTENT_WRITE, false) ||
      authorizer.isAllowedForSome(connection, AclOperation.WRITE, ResourceType.TOPIC);
    if (!mayProduce) return failed(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    try {
      return { errorCode: 0, producerId: store.nextProducerId(), producerEpoch: 0 };
    } catch (error) {
      logger.error({ error }, 'no producer id could be given out');
      const errorCode = storageErrorCode(error);
      return failed(errorCode === ErrorCode.KAFKA_STORAGE_ERROR ? ErrorCode.COORDINATOR_NOT_AVAILABLE : errorCode);
    }
  },
});

function failed(errorCode: number) {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}
