import { ApiKey, ErrorCode, type MetadataRequest, type MetadataResponseInput, zeroUuid } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { ensureOffsetsTopic } from '../groups/ensure-offsets-topic.ts';
import { offsetsTopic } from '../groups/offsets-log.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, isAllowedOnCluster, ResourceType } from '../security/authorizer.ts';
import type { TopicInfo } from '../storage/index.ts';
import {
  authorizedOperations,
  clusterAuthorizedOperations,
  operationsNotRequested,
} from '../topics/authorized-operations.ts';
import { autoCreateTopic, errorOf, isInternal, topicNameProblem } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * Metadata (3), versions 0-13: https://kafka.apache.org/protocol#The_Messages_Metadata
 *
 * Differences from Kafka:
 * - One broker, which is also the controller. Its address is the one that this client dialled, unless advertised.listeners is set.
 * - A topic that is made by asking for it is in this answer already; Kafka says LEADER_NOT_AVAILABLE first.
 *
 * A topic that may not be described is as if it were not there: not listed, and TOPIC_AUTHORIZATION_FAILED when asked for.
 *
 * Version 0: an empty list means all topics; from 1 on null does. 4 adds allowAutoTopicCreation; 9 is flexible; 10 adds topic ids,
 * which may be asked for from 12 on.
 */
export const metadata = defineHandler({
  apiKey: ApiKey.Metadata,
  minVersion: 0,
  maxVersion: 13,
  handle(context, body, request) {
    if (asksByIdTooEarly(body, request.apiVersion)) return refused(body);
    const { authorizer, brokerId, clusterId, config, store } = context;
    const { connection } = request;
    const operations = (name: string) =>
      body.includeTopicAuthorizedOperations
        ? authorizedOperations(context, connection, ResourceType.TOPIC, name)
        : operationsNotRequested;
    const may = (operation: AclOperation, name: string, isAsked = true) =>
      authorizer.isAllowed(connection, operation, ResourceType.TOPIC, name, isAsked);
    const mayCreateTopic = (name: string) =>
      isAllowedOnCluster(authorizer, connection, AclOperation.CREATE, false) || may(AclOperation.CREATE, name);
    const maySee = (name: string) => may(AclOperation.DESCRIBE, name, !isAll);
    const isAll = body.topics === null || (request.apiVersion === 0 && body.topics.length === 0);
    const mayCreate = request.apiVersion < 4 || body.allowAutoTopicCreation;
    let hasCreated = false;
    const topics = isAll
      ? store
          .topics()
          .filter(({ name }) => maySee(name))
          .map((topic) => describe(topic, brokerId, operations(topic.name)))
      : wantedTopics(body, request.apiVersion).map(({ name, topicId }) => {
          const isById = topicId !== zeroUuid && request.apiVersion >= 12;
          const known = isById ? store.topicById(topicId) : store.topic(name ?? '');
          if (isById && known === undefined) return missing(null, topicId, ErrorCode.UNKNOWN_TOPIC_ID);
          const wanted = known?.name ?? name ?? '';
          if (!maySee(wanted)) {
            return missing(isById ? null : name, isById ? topicId : zeroUuid, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
          }
          if (known !== undefined) return describe(known, brokerId, operations(wanted));
          const isCreating = mayCreate && config.isOn('auto.create.topics.enable');
          if (isCreating && !mayCreateTopic(wanted)) {
            return missing(name, zeroUuid, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
          }
          const made = isCreating ? create(context, request, wanted) : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
          if (typeof made === 'number') return missing(name, topicId, nameError(wanted, made), operations(wanted));
          hasCreated = true;
          return describe(made, brokerId, operations(wanted));
        });
    const endpoint = context.endpointFor(connection);
    const response: MetadataResponseInput = {
      brokers: [{ nodeId: brokerId, ...endpoint, rack: config.text('broker.rack') || null }],
      clusterId,
      controllerId: brokerId,
      topics,
      clusterAuthorizedOperations: body.includeClusterAuthorizedOperations
        ? clusterAuthorizedOperations(context, connection)
        : operationsNotRequested,
    };
    return hasCreated ? store.flushMetadata().then(() => response) : response;
  },
});

/** Versions 10 and 11 have room for an id, and for no name, in a request already, but no answer to it. */
function asksByIdTooEarly({ topics }: MetadataRequest, version: number): boolean {
  if (version !== 10 && version !== 11) return false;
  return topics?.some(({ name, topicId }) => name === null || topicId !== zeroUuid) ?? false;
}

function refused({ topics }: MetadataRequest): MetadataResponseInput {
  const { INVALID_REQUEST } = ErrorCode;
  return {
    brokers: [],
    clusterId: null,
    controllerId: -1,
    topics: (topics ?? []).map(({ name, topicId }) => missing(name ?? '', topicId, INVALID_REQUEST)),
    clusterAuthorizedOperations: operationsNotRequested,
  };
}

type TopicAnswer = MetadataResponseInput['topics'][number];

/** Who asks for one topic by its id gets answers for ids only, as from Kafka. */
function wantedTopics({ topics }: MetadataRequest, version: number): NonNullable<MetadataRequest['topics']> {
  const byId = version >= 12 ? topics!.filter(({ topicId }) => topicId !== zeroUuid) : [];
  return byId.length > 0 ? byId : topics!;
}

function describe(topic: TopicInfo, brokerId: number, topicAuthorizedOperations: number): TopicAnswer {
  const { name, topicId } = topic;
  const nodes = [brokerId];
  const partitions = Array.from({ length: topic.partitions }, (_, partitionIndex) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: brokerId,
    leaderEpoch: 0,
    replicaNodes: nodes,
    isrNodes: nodes,
    offlineReplicas: [],
  }));
  return { errorCode: 0, name, topicId, isInternal: isInternal(name), partitions, topicAuthorizedOperations };
}

function missing(
  name: string | null,
  topicId: string,
  errorCode: number,
  topicAuthorizedOperations = operationsNotRequested,
): TopicAnswer {
  return { errorCode, name, topicId, isInternal: false, partitions: [], topicAuthorizedOperations };
}

function create(context: BrokerContext, request: Request, name: string): TopicInfo | number {
  try {
    if (name === offsetsTopic) return ensureOffsetsTopic(context);
    // Clients do not know to wait for their quota here: to them it is not there yet.
    return autoCreateTopic(context, name, request.quota?.asideMutation ?? null) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  } catch (error) {
    const { errorCode, errorMessage } = errorOf(error);
    context.logger.warn(
      { topic: name, reason: errorMessage ?? String(error) },
      'a topic could not be made by asking for it',
    );
    return errorCode === ErrorCode.THROTTLING_QUOTA_EXCEEDED ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : errorCode;
  }
}

/** A name that can never be one is told as such, made or not. */
function nameError(name: string, errorCode: number): number {
  return topicNameProblem(name) === null ? errorCode : ErrorCode.INVALID_TOPIC_EXCEPTION;
}
