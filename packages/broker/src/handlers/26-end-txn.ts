import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import type { ProducerIdentity } from '../transactions/coordinator.ts';
import { errorInVersion } from '../transactions/error-in-version.ts';
import { defineHandler } from './handler.ts';

/*
 * EndTxn (26), versions 0-5: https://kafka.apache.org/protocol#The_Messages_EndTxn
 *
 * Answered when the decision is on record, as in Kafka; the markers follow. Version 2 knows PRODUCER_FENCED; 3 is flexible; 4 knows
 * TRANSACTION_ABORTABLE; 5 gives the producer its next epoch (KIP-890).
 */
export const endTxn = defineHandler({
  apiKey: ApiKey.EndTxn,
  minVersion: 0,
  maxVersion: 5,
  handle({ authorizer, transactions }, body, { apiVersion, connection }) {
    const { committed, producerEpoch, producerId, transactionalId } = body;
    if (!authorizer.isAllowed(connection, AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, transactionalId)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    }
    const clientVersion = apiVersion >= 5 ? 2 : 0;
    const ended = transactions.end(transactionalId, { producerId, producerEpoch, isCommit: committed, clientVersion });
    const answer = (identity: ProducerIdentity) => ({
      throttleTimeMs: 0,
      errorCode: errorInVersion(identity.errorCode, apiVersion),
      ...(apiVersion >= 5 ? { producerId: identity.producerId, producerEpoch: identity.producerEpoch } : {}),
    });
    return ended instanceof Promise ? ended.then(answer) : answer(ended);
  },
});
