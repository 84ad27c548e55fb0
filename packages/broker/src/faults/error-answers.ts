import { type ApiKey, apis } from '@headwater/protocol';
import { listAnswer, topicsAnswer } from './error-places.ts';

/** Whether a partition (null: the topic as a whole) of a topic is meant; a name that is not a topic's is asked for as it is. */
export type IsMeant = (name: string, partition: number | null) => boolean;

export interface ErrorAnswer {
  /** Answer, or part of it, for what is meant; null when nothing is. */
  body: Record<string, unknown> | null;
  /** The request without what is meant; null when nothing is left to do. */
  rest: Record<string, unknown> | null;
  /** Puts the part above into the answer to the rest. */
  join(answer: Record<string, unknown>): Record<string, unknown>;
}

export interface ErrorToTell {
  code: number;
  message: string;
}

export type ErrorPlace = (
  body: Record<string, unknown>,
  error: ErrorToTell,
  isMeant: IsMeant,
  nameOf: (entry: Record<string, unknown>) => string,
) => ErrorAnswer;

const noOffsets = { baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 };
const noRecords = {
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  abortedTransactions: null,
  records: [],
};
const sameParts = topicsAnswer({ partitions: 'partitions', index: 'partitionIndex' });

/** Where answers tell an error of a topic, a partition or whatever else the request lists. By the key of the API. */
const places: Partial<Record<ApiKey, ErrorPlace>> = {
  0: topicsAnswer(
    { topics: 'topicData', partitions: 'partitionData', index: 'index' },
    {
      topics: 'responses',
      partitions: 'partitionResponses',
      index: 'index',
      message: 'errorMessage',
      fields: noOffsets,
    },
  ),
  1: topicsAnswer(
    { name: 'topic', partitions: 'partitions', index: 'partition' },
    {
      topics: 'responses',
      index: 'partitionIndex',
      fields: noRecords,
    },
  ),
  2: topicsAnswer({ partitions: 'partitions', index: 'partitionIndex' }, { fields: { timestamp: -1, offset: -1 } }),
  8: sameParts,
  15: listAnswer({ list: 'groups' }, { list: 'groups', key: 'groupId', message: 'errorMessage' }),
  19: listAnswer({ list: 'topics', key: 'name' }, { list: 'topics', key: 'name', message: 'errorMessage' }),
  21: topicsAnswer({ partitions: 'partitions', index: 'partitionIndex' }, { fields: { lowWatermark: -1 } }),
  23: topicsAnswer(
    { name: 'topic', partitions: 'partitions', index: 'partition' },
    {
      fields: { leaderEpoch: -1, endOffset: -1 },
    },
  ),
  28: sameParts,
  30: listAnswer({ list: 'creations' }, { list: 'results', message: 'errorMessage' }),
  31: listAnswer({ list: 'filters' }, { list: 'filterResults', message: 'errorMessage' }),
  32: listAnswer(
    { list: 'resources', key: 'resourceName' },
    { list: 'results', key: 'resourceName', message: 'errorMessage', copy: ['resourceType'] },
  ),
  33: listAnswer(
    { list: 'resources', key: 'resourceName' },
    { list: 'responses', key: 'resourceName', message: 'errorMessage', copy: ['resourceType'] },
  ),
  35: logDirsAnswer,
  37: listAnswer({ list: 'topics', key: 'name' }, { list: 'results', key: 'name', message: 'errorMessage' }),
  42: listAnswer({ list: 'groupsNames' }, { list: 'results', key: 'groupId' }),
  43: topicsAnswer(
    { topics: 'topicPartitions', name: 'topic', partitions: 'partitions' },
    { topics: 'replicaElectionResults', partitions: 'partitionResult', index: 'partitionId', message: 'errorMessage' },
  ),
  44: listAnswer(
    { list: 'resources', key: 'resourceName' },
    { list: 'responses', key: 'resourceName', message: 'errorMessage', copy: ['resourceType'] },
  ),
  47: sameParts,
  61: topicsAnswer({ partitions: 'partitionIndexes' }, { partitions: 'partitions', message: 'errorMessage' }),
  65: listAnswer({ list: 'transactionalIds' }, { list: 'transactionStates', key: 'transactionalId' }),
  69: listAnswer({ list: 'groupIds' }, { list: 'groups', key: 'groupId', message: 'errorMessage' }),
  77: listAnswer({ list: 'groupIds' }, { list: 'groups', key: 'groupId', message: 'errorMessage' }),
  // Their answers say an error in another place when they list nothing in the newer way.
  3: metadataAnswer,
  9: byField(
    'groups',
    listAnswer({ list: 'groups', key: 'groupId' }, { list: 'groups', key: 'groupId' }),
    topicsAnswer(
      { partitions: 'partitionIndexes' },
      { partitions: 'partitions', fields: { committedOffset: -1, metadata: '' } },
    ),
  ),
  10: byField(
    'coordinatorKeys',
    listAnswer(
      { list: 'coordinatorKeys' },
      {
        list: 'coordinators',
        key: 'key',
        message: 'errorMessage',
        fields: { nodeId: -1, host: '', port: -1 },
      },
    ),
    whole,
  ),
  20: byField(
    'topics',
    listAnswer(
      { list: 'topics', key: 'name' },
      { list: 'responses', key: 'name', message: 'errorMessage', copy: ['topicId'] },
    ),
    listAnswer({ list: 'topicNames' }, { list: 'responses', key: 'name' }),
  ),
  24: byField(
    'transactions',
    whole,
    topicsAnswer(
      { topics: 'v3AndBelowTopics', partitions: 'partitions' },
      {
        topics: 'resultsByTopicV3AndBelow',
        partitions: 'resultsByPartition',
        index: 'partitionIndex',
        error: 'partitionErrorCode',
      },
    ),
  ),
};

export function errorPlaceOf(apiKey: ApiKey): ErrorPlace | null {
  return places[apiKey] ?? (hasWhole(apiKey) ? whole : null);
}

export function hasErrorPlace(apiKey: ApiKey): boolean {
  return errorPlaceOf(apiKey) !== null;
}

function hasWhole(apiKey: ApiKey): boolean {
  return apis[apiKey]?.response.fields.some(({ name }) => name === 'errorCode') ?? false;
}

/** The answer as a whole is the error. */
function whole(_body: Record<string, unknown>, { code, message }: ErrorToTell): ErrorAnswer {
  const body = { errorCode: code, errorMessage: message };
  return { body, rest: null, join: () => body };
}

/** The oldest versions have an error of each directory only. */
function logDirsAnswer(_body: Record<string, unknown>, { code }: ErrorToTell): ErrorAnswer {
  const body = { errorCode: code, results: [{ errorCode: code, logDir: '', topics: [] }] };
  return { body, rest: null, join: () => body };
}

/** Which of two it is: the one of newer versions fills `field`. */
function byField(field: string, newer: ErrorPlace, older: ErrorPlace): ErrorPlace {
  return (body, ...rest) => {
    const listed = body[field];
    const isNewer = Array.isArray(listed) && listed.length > 0;
    return (isNewer ? newer : older)(body, ...rest);
  };
}

/** Topics are described and the error is set then: a client needs the brokers in any case. */
function metadataAnswer(body: Record<string, unknown>, { code }: ErrorToTell, isMeant: IsMeant): ErrorAnswer {
  type Topic = { name: string; partitions?: { partitionIndex: number }[] };
  const mark = (topic: Topic) => {
    if (isMeant(topic.name, null)) return { ...topic, errorCode: code, partitions: [] };
    const partitions = topic.partitions?.map((part) =>
      isMeant(topic.name, part.partitionIndex) ? { ...part, errorCode: code, leaderId: -1 } : part,
    );
    return { ...topic, partitions };
  };
  return {
    body: {},
    rest: body,
    join: (answer) => ({ ...answer, topics: (answer['topics'] as Topic[]).map(mark) }),
  };
}
