import { ApiKey, ErrorCode, type TxnOffsetCommitRequest } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { OffsetToCommit } from '../groups/coordinator.ts';
import { ensureOffsetsTopic } from '../groups/ensure-offsets-topic.ts';
import { offsetsTopic } from '../groups/offsets-log.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { TopicPartitions } from '../transactions/topic-partitions.ts';
import { verifyWrite, type WriteVerdict } from '../transactions/verify-write.ts';
import { defineHandler } from './handler.ts';

/*
 * TxnOffsetCommit (28), versions 0-5: https://kafka.apache.org/protocol#The_Messages_TxnOffsetCommit
 *
 * The offsets are written now and count when the transaction does. Version 2 adds the leader epoch; 3 is flexible and says which member
 * of the group commits (KIP-447); 4 knows TRANSACTION_ABORTABLE; 5 makes the group's offsets part of the transaction (KIP-890).
 */
export const txnOffsetCommit = defineHandler({
  apiKey: ApiKey.TxnOffsetCommit,
  minVersion: 0,
  maxVersion: 5,
  handle(context, body, request) {
    const all = (errorCode: number) => answer(body, () => errorCode);
    const { authorizer } = context;
    const { connection } = request;
    if (!authorizer.isAllowed(connection, AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, body.transactionalId)) {
      return all(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    if (!authorizer.isAllowed(connection, AclOperation.READ, ResourceType.GROUP, body.groupId)) {
      return all(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const { accepted, errors } = sort(context, body, request);
    if (accepted.length === 0) return answer(body, (topic, partition) => errors.get(`${topic}/${partition}`) ?? 0);
    try {
      ensureOffsetsTopic(context);
    } catch (error) {
      context.logger.error({ error }, 'the topic of committed offsets could not be made');
      return all(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    const commitVerified = (verdict: WriteVerdict) => {
      const codes = commit(context, body, request, accepted, verdict);
      accepted.forEach(({ topic, partition }, index) => {
        errors.set(`${topic}/${partition}`, codes[index]!);
      });
      return answer(body, (topic, partition) => errors.get(`${topic}/${partition}`) ?? 0);
    };
    const verdict = verify(context, body, request);
    const done = verdict instanceof Promise ? verdict.then(commitVerified) : commitVerified(verdict);
    const settled = context.offsetsLog.settled(body.groupId);
    return settled === null && !(done instanceof Promise) ? done : afterFlush(context, body, done);
  },
});

type Answer = ReturnType<typeof answer>;

async function afterFlush(
  { offsetsLog }: BrokerContext,
  body: TxnOffsetCommitRequest,
  done: Answer | Promise<Answer>,
): Promise<Answer> {
  const answered = await done;
  try {
    await offsetsLog.settled(body.groupId);
    return answered;
  } catch {
    return answer(body, () => ErrorCode.NOT_COORDINATOR);
  }
}

/** Partitions that there are and that the client may read, and the errors of the others. */
function sort({ authorizer, store }: BrokerContext, { topics }: TxnOffsetCommitRequest, { connection }: Request) {
  const accepted: OffsetToCommit[] = [];
  const errors = new Map<string, number>();
  for (const { name, partitions } of topics) {
    const mayRead = authorizer.isAllowed(connection, AclOperation.READ, ResourceType.TOPIC, name);
    const count = store.topic(name)?.partitions ?? 0;
    for (const { committedLeaderEpoch, committedMetadata, committedOffset, partitionIndex } of partitions) {
      if (!mayRead) errors.set(`${name}/${partitionIndex}`, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
      else if (partitionIndex < 0 || partitionIndex >= count) {
        errors.set(`${name}/${partitionIndex}`, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      } else {
        accepted.push({
          topic: name,
          partition: partitionIndex,
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch,
          metadata: committedMetadata ?? '',
        });
      }
    }
  }
  return { accepted, errors };
}

const verified: WriteVerdict = { errorCode: 0, notAdded: () => 0 };

function verify(
  { offsetsLog, store, transactions }: BrokerContext,
  { groupId, producerEpoch, producerId, transactionalId }: TxnOffsetCommitRequest,
  { apiVersion }: Request,
) {
  const partition = offsetsLog.partitionOf(groupId);
  if (store.partition(offsetsTopic, partition)?.hasOpenTransaction(producerId, producerEpoch)) return verified;
  return verifyWrite(transactions, {
    transactionalId,
    producerId,
    producerEpoch,
    partitions: TopicPartitions.of([offsetsTopic, partition]),
    isAdding: apiVersion >= 5,
    knowsAbortable: apiVersion >= 4,
  });
}

function commit(
  { groups, offsetsLog }: BrokerContext,
  body: TxnOffsetCommitRequest,
  { apiVersion }: Request,
  accepted: readonly OffsetToCommit[],
  { errorCode, notAdded }: WriteVerdict,
): number[] {
  const { generationId, groupId, groupInstanceId, memberId, producerEpoch, producerId } = body;
  const refused = errorCode === 0 ? notAdded(offsetsTopic, offsetsLog.partitionOf(groupId)) : errorCode;
  if (refused !== 0) return accepted.map(() => refused);
  const checked = groups.checkCommit(groupId, {
    memberId,
    groupInstanceId,
    generationId,
    apiVersion,
    isTransactional: true,
    partitions: () => [],
  });
  if (checked !== 0) return accepted.map(() => checked);
  return groups.commit(groupId, accepted, { producerId, producerEpoch });
}

function answer({ topics }: TxnOffsetCommitRequest, errorOf: (topic: string, partition: number) => number) {
  return {
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: errorOf(name, partitionIndex),
      })),
    })),
  };
}
