import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * UnregisterBroker (64), version 0: https://kafka.apache.org/protocol#The_Messages_UnregisterBroker
 *
 * Differences from Kafka: this broker is the only one and cannot be removed from its cluster: INVALID_REQUEST. Any other is not registered.
 */
export const unregisterBroker = defineHandler({
  apiKey: ApiKey.UnregisterBroker,
  minVersion: 0,
  maxVersion: 0,
  handle({ authorizer, brokerId }, body, { connection }) {
    const refused = (errorCode: number, errorMessage: string) => ({ throttleTimeMs: 0, errorCode, errorMessage });
    if (!isAllowedOnCluster(authorizer, connection, AclOperation.ALTER)) {
      return refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.');
    }
    if (body.brokerId === brokerId) {
      return refused(ErrorCode.INVALID_REQUEST, `Broker ${brokerId} is the only one of its cluster: stop it instead.`);
    }
    const message = `Broker ID ${body.brokerId} is not currently registered`;
    return refused(ErrorCode.BROKER_ID_NOT_REGISTERED, message);
  },
});
