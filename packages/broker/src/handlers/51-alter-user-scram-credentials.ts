import { type AlterUserScramCredentialsRequest, ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { credentialOfSalted, type ScramMechanism, scramMechanisms } from '../security/sasl/scram.ts';
import type { ScramCredentials } from '../security/sasl/scram-credentials.ts';
import { errorOf, Refusal } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/** As Kafka. */
const iterationsMax = 16_384;
const credentialsMax = 100_000;

/*
 * AlterUserScramCredentials (51), version 0 (KIP-554): https://kafka.apache.org/protocol#The_Messages_AlterUserScramCredentials
 *
 * Passwords come salted and hashed, and are kept as the two keys made of them. A user may be altered once in a request, whatever the
 * mechanisms. Differences from Kafka: a user whose password is in the broker's configuration cannot be deleted (RESOURCE_NOT_FOUND, with a
 * message that says so); at most 100,000 credentials are kept (POLICY_VIOLATION).
 */
export const alterUserScramCredentials = defineHandler({
  apiKey: ApiKey.AlterUserScramCredentials,
  minVersion: 0,
  maxVersion: 0,
  async handle(context, body, { connection }) {
    const users = [...new Set([...body.deletions, ...body.upsertions].map(({ name }) => name))];
    if (!isAllowedOnCluster(context.authorizer, connection, AclOperation.ALTER)) {
      const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      const errorMessage = 'Cluster authorization failed.';
      return { throttleTimeMs: 0, results: users.map((user) => ({ user, errorCode, errorMessage })) };
    }
    const results = users.map((user) => {
      try {
        alterUser(context, body, user);
        return { user, errorCode: 0, errorMessage: null };
      } catch (error) {
        return { user, ...errorOf(error) };
      }
    });
    await context.store.flushMetadata();
    return { throttleTimeMs: 0, results };
  },
});

/** All is checked first, deletions before the rest, as in Kafka. @throws Refusal, StorageError */
function alterUser({ scramCredentials }: BrokerContext, body: AlterUserScramCredentialsRequest, user: string): void {
  const deletions = body.deletions.filter(({ name }) => name === user);
  const upsertions = body.upsertions.filter(({ name }) => name === user);
  checkOnce(deletions);
  const deleted = deletions.map(({ mechanism }) => checkedDeletion(scramCredentials, user, mechanism));
  checkOnce([...deletions, ...upsertions]);
  for (const mechanism of deleted) scramCredentials.delete(mechanism, user);
  for (const { iterations, salt, saltedPassword, ...upsertion } of upsertions) {
    const mechanism = checkedMechanism(user, upsertion.mechanism);
    if (iterations < mechanism.minIterations)
      throw new Refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too few iterations');
    if (iterations > iterationsMax) throw new Refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too many iterations');
    if (!scramCredentials.isStored(mechanism, user) && scramCredentials.storedCount >= credentialsMax) {
      throw new Refusal(ErrorCode.POLICY_VIOLATION, `There are ${credentialsMax} credentials already.`);
    }
    // The request's bytes are views into its frame.
    scramCredentials.set(mechanism, user, credentialOfSalted(mechanism, saltedPassword, Buffer.from(salt), iterations));
  }
}

function checkOnce(changes: readonly unknown[]): void {
  if (changes.length <= 1) return;
  throw new Refusal(ErrorCode.DUPLICATE_RESOURCE, 'A user credential cannot be altered twice in the same request');
}

function checkedDeletion(scramCredentials: ScramCredentials, user: string, type: number): ScramMechanism {
  const mechanism = checkedMechanism(user, type);
  if (scramCredentials.isStored(mechanism, user)) return mechanism;
  const message = scramCredentials.isConfigured(user)
    ? `The password of ${user} is in the configuration of the broker: take it out there`
    : 'Attempt to delete a user credential that does not exist';
  throw new Refusal(ErrorCode.RESOURCE_NOT_FOUND, message);
}

function checkedMechanism(user: string, type: number): ScramMechanism {
  if (user === '') throw new Refusal(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty');
  const mechanism = scramMechanisms.find((known) => known.type === type);
  if (mechanism === undefined) throw new Refusal(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism');
  return mechanism;
}
