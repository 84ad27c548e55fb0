import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, isAllowedOnCluster, ResourceType } from '../security/authorizer.ts';
import { storageErrorCode } from '../storage-error-code.ts';
import type { ProducerIdentity } from '../transactions/coordinator.ts';
import { defineHandler } from './handler.ts';

/*
 * InitProducerId (22), versions 0-5: https://kafka.apache.org/protocol#The_Messages_InitProducerId
 *
 * Without a transactional.id every call gets a new producer id, also one that brings an id and epoch. Version 2 is flexible; 3 brings the
 * id and epoch (KIP-360); 4 knows PRODUCER_FENCED; 6 (two-phase commit, KIP-939) is not stable in Kafka either.
 */
export const initProducerId = defineHandler({
  apiKey: ApiKey.InitProducerId,
  minVersion: 0,
  maxVersion: 5,
  handle(context, body, request) {
    const { transactionalId } = body;
    if (transactionalId === null) return newProducer(context, request);
    const { authorizer, transactions } = context;
    const { WRITE } = AclOperation;
    if (!authorizer.isAllowed(request.connection, WRITE, ResourceType.TRANSACTIONAL_ID, transactionalId)) {
      return failed(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    const { producerEpoch, producerId } = body;
    if ((producerId === -1) !== (producerEpoch === -1)) return failed(ErrorCode.INVALID_REQUEST);
    const expected = producerId === -1 ? null : { producerId, producerEpoch };
    const answer = transactions.initProducerId(transactionalId, body.transactionTimeoutMs, expected);
    const inVersion = (identity: ProducerIdentity): ProducerIdentity => {
      const isNewError = identity.errorCode === ErrorCode.PRODUCER_FENCED && request.apiVersion < 4;
      return isNewError ? failed(ErrorCode.INVALID_PRODUCER_EPOCH) : identity;
    };
    return answer instanceof Promise ? answer.then(inVersion) : inVersion(answer);
  },
});

function newProducer({ authorizer, logger, store }: BrokerContext, { connection }: Request): ProducerIdentity {
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
}

function failed(errorCode: number): ProducerIdentity {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}
