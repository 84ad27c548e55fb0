import { ApiKey } from '@headwater/protocol';

type Entry = Record<string, unknown>;

/** What a request is about, whatever API it is of. */
export interface RequestSubjects {
  /** Null: all there are. */
  topics: { name: string; partitions: number[] | null }[] | null;
  groups: string[];
  transactionalIds: string[];
}

const topicLists = ['topics', 'topicData', 'v3AndBelowTopics', 'topicNames'];
const groupLists = ['groups', 'groupsNames', 'groupIds'];
const partitionLists = ['partitions', 'partitionData', 'partitionIndexes'];
const partitionNumbers = ['index', 'partition', 'partitionIndex'];

/** Reads it out of a decoded body by the names that the protocol's definitions use for these things. */
export function subjectsOf(
  apiKey: ApiKey,
  body: Entry,
  topicById: (topicId: string) => string | undefined,
): RequestSubjects {
  const subjects: RequestSubjects = { topics: [], groups: [], transactionalIds: [] };
  const addTopics = (from: Entry) => {
    for (const field of topicLists) {
      const list = from[field];
      if (list === null) subjects.topics = null;
      if (!Array.isArray(list)) continue;
      for (const topic of list) {
        const name = topicNameOf(topic, topicById);
        subjects.topics?.push({ name, partitions: partitionsOf(topic) });
      }
    }
  };
  addTopics(body);
  for (const resource of list(body['resources'])) {
    if ((resource as Entry)['resourceType'] === 2) {
      subjects.topics?.push({ name: (resource as Entry)['resourceName'] as string, partitions: null });
    }
  }
  addText(subjects.groups, body['groupId']);
  addText(subjects.transactionalIds, body['transactionalId']);
  addText(subjects.transactionalIds, body['v3AndBelowTransactionalId']);
  for (const id of list(body['transactionalIds'])) addText(subjects.transactionalIds, id);
  for (const transaction of list(body['transactions']) as Entry[]) {
    addText(subjects.transactionalIds, transaction['transactionalId']);
    addTopics(transaction);
  }
  for (const field of groupLists) {
    for (const group of list(body[field])) {
      addText(subjects.groups, typeof group === 'string' ? group : (group as Entry)['groupId']);
      if (typeof group === 'object') addTopics(group as Entry);
    }
  }
  if (apiKey === ApiKey.FindCoordinator) {
    const ids = body['keyType'] === 1 ? subjects.transactionalIds : subjects.groups;
    for (const key of [body['key'], ...list(body['coordinatorKeys'])]) addText(ids, key);
  }
  return subjects;
}

/** By its name where the version has it, else by its id. */
export function topicNameOf(topic: unknown, topicById: (topicId: string) => string | undefined): string {
  if (typeof topic === 'string') return topic;
  const { name, topic: alias, topicId } = topic as { name?: string | null; topic?: string; topicId?: string };
  return name || alias || (topicId === undefined ? '' : (topicById(topicId) ?? ''));
}

function partitionsOf(topic: unknown): number[] | null {
  if (typeof topic !== 'object' || topic === null) return null;
  for (const field of partitionLists) {
    const parts = (topic as Entry)[field];
    if (!Array.isArray(parts)) continue;
    return parts.map((part) => {
      if (typeof part === 'number') return part;
      const field = partitionNumbers.find((name) => (part as Entry)[name] !== undefined);
      return field === undefined ? -1 : ((part as Entry)[field] as number);
    });
  }
  return null;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function addText(to: string[], value: unknown): void {
  if (typeof value === 'string' && value !== '') to.push(value);
}
