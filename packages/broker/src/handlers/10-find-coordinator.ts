import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { ensureOffsetsTopic } from '../groups/ensure-offsets-topic.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { storageErrorMessage } from '../storage-error-code.ts';
import { defineHandler } from './handler.ts';

/*
 * FindCoordinator (10), versions 0-6: https://kafka.apache.org/protocol#The_Messages_FindCoordinator
 *
 * Differences from Kafka: share groups are not served yet. Key type 2 is refused with INVALID_REQUEST and a message: an error that
 * clients give to their user at once, while they would ask again without end after COORDINATOR_NOT_AVAILABLE.
 *
 * Version 1 adds keyType; 3 is flexible; 4 asks for several keys; 6 adds share groups.
 */
export const findCoordinator = defineHandler({
  apiKey: ApiKey.FindCoordinator,
  minVersion: 0,
  maxVersion: 6,
  handle(context, body, request) {
    if (request.apiVersion >= 4) {
      return {
        coordinators: body.coordinatorKeys.map((key) => ({ key, ...find(context, request, key, body.keyType) })),
      };
    }
    return find(context, request, body.key, body.keyType);
  },
});

const groupKey = 0;
const transactionKey = 1;

function find(context: BrokerContext, request: Request, key: string, keyType: number) {
  if (keyType === transactionKey) return findForTransaction(context, request, key);
  if (keyType !== groupKey)
    return nobody(ErrorCode.INVALID_REQUEST, `This broker has no coordinators of type ${keyType}.`);
  if (!context.authorizer.isAllowed(request.connection, AclOperation.DESCRIBE, ResourceType.GROUP, key)) {
    return nobody(ErrorCode.GROUP_AUTHORIZATION_FAILED, null);
  }
  if (key === '') return nobody(ErrorCode.INVALID_GROUP_ID, 'A group needs a name.');
  try {
    ensureOffsetsTopic(context);
  } catch (error) {
    context.logger.error({ error }, 'the topic of committed offsets could not be made');
    return nobody(ErrorCode.COORDINATOR_NOT_AVAILABLE, storageErrorMessage(error));
  }
  return ourselves(context, request);
}

function findForTransaction(context: BrokerContext, request: Request, key: string) {
  const { authorizer, logger, transactionLog } = context;
  if (!authorizer.isAllowed(request.connection, AclOperation.DESCRIBE, ResourceType.TRANSACTIONAL_ID, key)) {
    return nobody(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, null);
  }
  try {
    transactionLog.ensureTopic();
  } catch (error) {
    logger.error({ error }, 'the topic of transactions could not be made');
    return nobody(ErrorCode.COORDINATOR_NOT_AVAILABLE, storageErrorMessage(error));
  }
  return ourselves(context, request);
}

function ourselves(context: BrokerContext, request: Request) {
  return { errorCode: 0, errorMessage: null, nodeId: context.brokerId, ...context.endpointFor(request.connection) };
}

function nobody(errorCode: number, errorMessage: string | null) {
  return { errorCode, errorMessage, nodeId: -1, host: '', port: -1 };
}
