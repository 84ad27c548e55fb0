import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeUserScramCredentials (50), version 0 (KIP-554): https://kafka.apache.org/protocol#The_Messages_DescribeUserScramCredentials
 *
 * Difference from Kafka: users whose password is in the broker's configuration are told of, too.
 */
export const describeUserScramCredentials = defineHandler({
  apiKey: ApiKey.DescribeUserScramCredentials,
  minVersion: 0,
  maxVersion: 0,
  handle({ authorizer, scramCredentials }, { users }, { connection }) {
    if (!isAllowedOnCluster(authorizer, connection, AclOperation.DESCRIBE)) {
      const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      const errorMessage = 'Cluster authorization failed.';
      const results = (users ?? []).map(({ name }) => refused(name, errorCode, errorMessage));
      return { throttleTimeMs: 0, errorCode, errorMessage, results };
    }
    const asked = users === null || users.length === 0 ? scramCredentials.users() : users.map(({ name }) => name);
    const results = [...new Set(asked)].map((user) => {
      if (asked.indexOf(user) !== asked.lastIndexOf(user)) {
        const message = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
        return refused(user, ErrorCode.DUPLICATE_RESOURCE, message);
      }
      const credentialInfos = scramCredentials.describe(user);
      // An empty message, not none, as from Kafka.
      if (credentialInfos.length > 0) return { user, errorCode: 0, errorMessage: '', credentialInfos };
      const message = `Attempt to describe a user credential that does not exist: ${user}`;
      return refused(user, ErrorCode.RESOURCE_NOT_FOUND, message);
    });
    return { throttleTimeMs: 0, errorCode: 0, errorMessage: '', results };
  },
});

function refused(user: string, errorCode: number, errorMessage: string) {
  return { user, errorCode, errorMessage, credentialInfos: [] };
}
