import { ApiKey, type CreatePartitionsRequest, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { MutationQuota } from '../quotas/mutation-quota.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { duplicateTopic, withoutDuplicates } from '../topics/duplicate-topics.ts';
import { checkReplicas, checkTotalPartitions, errorOf, isInternal, Refusal } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * CreatePartitions (37), versions 0-3: https://kafka.apache.org/protocol#The_Messages_CreatePartitions
 *
 * Differences from Kafka: refused with POLICY_VIOLATION for __consumer_offsets, whose groups would then be looked for in another
 * partition. Version 2 is flexible.
 */
export const createPartitions = defineHandler({
  apiKey: ApiKey.CreatePartitions,
  minVersion: 0,
  maxVersion: 3,
  handle(context, body, request) {
    const { single, twice } = withoutDuplicates(body.topics);
    const quota = request.quota?.mutation(strictSince) ?? null;
    const results = single.map((topic) => {
      const { name } = topic;
      try {
        if (!context.authorizer.isAllowed(request.connection, AclOperation.ALTER, ResourceType.TOPIC, name)) {
          return { name, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: null };
        }
        raise(context, topic, body.validateOnly, quota);
        return { name, errorCode: 0, errorMessage: null };
      } catch (error) {
        return { name, ...errorOf(error) };
      }
    });
    results.push(...twice.map((name) => ({ name, ...duplicateTopic })));
    return context.store.flushMetadata().then(() => ({ throttleTimeMs: 0, results }));
  },
});

/** The version from which on clients know THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 3;

function raise(
  context: BrokerContext,
  request: CreatePartitionsRequest['topics'][number],
  validateOnly: boolean,
  quota: MutationQuota | null,
): void {
  const { brokerId, logger, store } = context;
  const { name, count, assignments } = request;
  const topic = store.topic(name);
  if (topic === undefined) throw new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${name}.`);
  if (isInternal(name)) throw new Refusal(ErrorCode.POLICY_VIOLATION, `The partitions of ${name} cannot be changed.`);
  const added = count - topic.partitions;
  if (added === 0) throw new Refusal(ErrorCode.INVALID_PARTITIONS, `Topic already has ${count} partition(s).`);
  if (added < 0) {
    const message = `The topic ${name} currently has ${topic.partitions} partition(s); ${count} would not be an increase.`;
    throw new Refusal(ErrorCode.INVALID_PARTITIONS, message);
  }
  if (assignments !== null) {
    if (assignments.length !== added) {
      const message = `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`;
      throw new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
    }
    for (const { brokerIds } of assignments) checkReplicas(brokerId, brokerIds);
  }
  checkTotalPartitions(context, added);
  quota?.take(added);
  if (validateOnly) return;
  store.addPartitions(name, count);
  logger.info({ topic: name, partitions: count }, 'partitions added');
}
