import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { offsetsTopic } from '../groups/offsets-log.ts';
import type { MutationQuota } from '../quotas/mutation-quota.ts';
import { checkTopicConfigs, type TopicInfo } from '../storage/index.ts';
import { storageErrorCode, storageErrorMessage } from '../storage-error-code.ts';
import { transactionTopic } from '../transactions/transaction-log.ts';

/** An admin request that is refused: the error of one topic or partition in the answer. */
export class Refusal extends Error {
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.errorCode = errorCode;
  }
}

export function errorOf(error: unknown): { errorCode: number; errorMessage: string | null } {
  if (error instanceof Refusal) return { errorCode: error.errorCode, errorMessage: error.message };
  return { errorCode: storageErrorCode(error), errorMessage: storageErrorMessage(error) };
}

export interface TopicRequest {
  name: string;
  /** -1: the broker's default. */
  partitions: number;
  /** -1: the broker's default. */
  replicationFactor: number;
  assignments: readonly { partitionIndex: number; brokerIds: readonly number[] }[];
  configs: Record<string, string | null>;
  /** What making it is taken from. */
  quota: MutationQuota | null;
}

export function isInternal(topic: string): boolean {
  return topic === offsetsTopic || topic === transactionTopic;
}

/** The text of why a name is not one for a topic, in Kafka's words; null when it is. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed';
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`;
  if (name.length > 249)
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length 249`;
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return null;
  return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
}

/**
 * Makes a topic, or only checks that it could be made.
 *
 * @throws Refusal, StorageError
 */
export function createTopic(context: BrokerContext, request: TopicRequest, isOnlyChecked: boolean): TopicInfo | null {
  const { store } = context;
  const { name } = request;
  const nameProblem = topicNameProblem(name);
  if (nameProblem !== null) throw new Refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem);
  if (store.topic(name) !== undefined) {
    throw new Refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  checkCollision(context, name);
  const partitions = partitionCount(context, request);
  checkTotalPartitions(context, partitions);
  const nulls = Object.entries(request.configs).filter(([, value]) => value === null);
  if (nulls.length > 0) {
    const names = nulls.map(([config]) => config).join(',');
    throw new Refusal(ErrorCode.INVALID_CONFIG, `Null value not supported for topic configs: ${names}`);
  }
  const configs = checkTopicConfigs(request.configs);
  request.quota?.take(partitions);
  return isOnlyChecked ? null : store.createTopic({ name, partitions, configs });
}

/** Metrics of both would have one name, as Kafka puts it. */
function checkCollision({ store }: BrokerContext, name: string): void {
  if (!/[._]/.test(name)) return;
  const metricName = name.replaceAll('.', '_');
  const other = store.topics().find((topic) => topic.name.replaceAll('.', '_') === metricName);
  if (other === undefined) return;
  const message = `Topic '${name}' collides with existing topic: ${other.name}`;
  throw new Refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, message);
}

function partitionCount(context: BrokerContext, request: TopicRequest): number {
  const { assignments, partitions, replicationFactor } = request;
  if (assignments.length > 0) {
    const given = partitions !== -1 ? 'numPartitions' : replicationFactor !== -1 ? 'replication factor' : null;
    if (given !== null) {
      const message = `A manual partition assignment was specified, but ${given} was not set to -1.`;
      throw new Refusal(ErrorCode.INVALID_REQUEST, message);
    }
    checkAssignments(context.brokerId, assignments);
    return assignments.length;
  }
  if (replicationFactor === 0 || replicationFactor < -1) {
    throw new Refusal(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    );
  }
  if (replicationFactor > 1)
    throw new Refusal(ErrorCode.INVALID_REPLICATION_FACTOR, tooManyReplicas(replicationFactor));
  if (partitions === 0 || partitions < -1) {
    throw new Refusal(ErrorCode.INVALID_PARTITIONS, 'Number of partitions was set to an invalid non-positive value.');
  }
  return partitions === -1 ? context.config.number('num.partitions') : partitions;
}

function tooManyReplicas(replicationFactor: number): string {
  return (
    `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} ` +
    'cannot be reached because only 1 broker(s) are registered.'
  );
}

function checkAssignments(brokerId: number, assignments: TopicRequest['assignments']): void {
  const indexes = assignments.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
  const twice = indexes.find((partitionIndex, index) => indexes[index - 1] === partitionIndex);
  if (twice !== undefined) {
    const message = `Found multiple manual partition assignments for partition ${twice}`;
    throw new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
  }
  if (indexes.some((partitionIndex, index) => partitionIndex !== index)) {
    const message = 'partitions should be a consecutive 0-based integer sequence';
    throw new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
  }
  for (const { brokerIds } of assignments) checkReplicas(brokerId, brokerIds);
}

export function checkReplicas(brokerId: number, brokerIds: readonly number[]): void {
  const problem = replicasProblem(brokerId, brokerIds);
  if (problem !== null) throw new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, problem);
}

/** Why a partition cannot be on these brokers, in Kafka's words; null when it can. */
export function replicasProblem(brokerId: number, brokerIds: readonly number[]): string | null {
  const says = 'The manual partition assignment includes';
  if (brokerIds.length === 0) return `${says} an empty replica list.`;
  const sorted = [...brokerIds].sort((a, b) => a - b);
  const twice = sorted.find((id, index) => sorted[index - 1] === id);
  const stranger = sorted.find((id) => id !== brokerId);
  if (twice !== undefined) return `${says} the broker ${twice} more than once.`;
  return stranger === undefined ? null : `${says} broker ${stranger}, but no such broker is registered.`;
}

export function checkTotalPartitions({ config, store }: BrokerContext, added: number): void {
  const maxPartitions = config.number('headwater.max.partitions');
  let total = added;
  for (const topic of store.topics()) total += topic.partitions;
  if (total <= maxPartitions) return;
  const message = `The broker would have ${total} partitions; headwater.max.partitions allows ${maxPartitions}.`;
  throw new Refusal(ErrorCode.POLICY_VIOLATION, message);
}

/** Makes topics that metadata was asked for; null when the broker may not, or the name is none. */
export function autoCreateTopic(context: BrokerContext, name: string, quota: MutationQuota | null): TopicInfo | null {
  if (!context.config.isOn('auto.create.topics.enable')) return null;
  const topic = createTopic(
    context,
    { name, partitions: -1, replicationFactor: -1, assignments: [], configs: {}, quota },
    false,
  );
  context.logger.info({ topic: name, partitions: topic?.partitions }, 'topic made by asking for it');
  return topic;
}

/** @throws Refusal, StorageError */
export function deleteTopic(context: BrokerContext, name: string, quota: MutationQuota | null): void {
  const { config, flow, groups, logger, store } = context;
  if (isInternal(name)) {
    throw new Refusal(ErrorCode.POLICY_VIOLATION, `${name} is the broker's own and cannot be deleted.`);
  }
  if (!config.isOn('delete.topic.enable')) {
    throw new Refusal(ErrorCode.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled (delete.topic.enable).');
  }
  quota?.take(store.topic(name)?.partitions ?? 0);
  store.deleteTopic(name).catch((error: unknown) => {
    logger.error({ error, topic: name }, 'files of a deleted topic could not be removed; the next start tries again');
  });
  groups.topicDeleted(name);
  flow.topicDeleted(name);
}
