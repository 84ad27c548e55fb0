import { zeroUuid } from '@headwater/protocol';
import type { ErrorAnswer, ErrorPlace, ErrorToTell } from './error-answers.ts';

type Entry = Record<string, unknown>;

export interface TopicsInRequest {
  /** Field with the topics; default `topics`. */
  topics?: string;
  /** Field with a topic's name; default `name`. */
  name?: string;
  /** Field with a topic's partitions. */
  partitions: string;
  /** Field with a partition's number; absent when the partitions are numbers. */
  index?: string;
}

export interface TopicsInAnswer extends Partial<TopicsInRequest> {
  error?: string;
  message?: string;
  /** What an answer with an error has beside it. */
  fields?: Entry;
}

/** Of requests that list partitions by topic, as their answers do. */
export function topicsAnswer(request: TopicsInRequest, answer: TopicsInAnswer = {}): ErrorPlace {
  const { topics: topicsField = 'topics', name = 'name', partitions: partsField, index } = request;
  const answerTopics = answer.topics ?? topicsField;
  const answerName = answer.name ?? name;
  const answerParts = answer.partitions ?? partsField;
  const answerIndex = answer.index ?? index ?? 'partitionIndex';
  return (body, error, isMeant, nameOf) => {
    const failed: Entry[] = [];
    const left: Entry[] = [];
    for (const topic of (body[topicsField] as Entry[] | null) ?? []) {
      const topicName = nameOf(topic);
      const parts = topic[partsField] as unknown[];
      const numberOf = (part: unknown) => (index === undefined ? part : (part as Entry)[index]) as number;
      const meant = parts.filter((part) => isMeant(topicName, numberOf(part)));
      const others = parts.filter((part) => !isMeant(topicName, numberOf(part)));
      if (others.length > 0) left.push({ ...topic, [partsField]: others });
      if (meant.length === 0) continue;
      const told = meant.map((part) => ({
        ...errorFields(error, answer),
        ...answer.fields,
        [answerIndex]: numberOf(part),
      }));
      failed.push({ [answerName]: topic[name] ?? '', ...idOf(topic), [answerParts]: told });
    }
    return {
      body: failed.length === 0 ? null : { [answerTopics]: failed },
      rest: left.length === 0 ? null : { ...body, [topicsField]: left },
      join: (answered) => ({ ...answered, [answerTopics]: joinTopics(answered[answerTopics] as Entry[]) }),
    };

    function isSame(one: Entry, other: Entry): boolean {
      const byId = other['topicId'] !== undefined && other['topicId'] !== zeroUuid;
      return byId ? one['topicId'] === other['topicId'] : one[answerName] === other[answerName];
    }

    /** A topic that is in both is in the answer once, with the partitions of both. */
    function joinTopics(answered: Entry[]): Entry[] {
      const joined = [...answered];
      for (const topic of failed) {
        const at = joined.findIndex((each) => isSame(each, topic));
        if (at < 0) joined.push(topic);
        else
          joined[at] = {
            ...joined[at],
            [answerParts]: [...(joined[at]![answerParts] as unknown[]), ...(topic[answerParts] as unknown[])],
          };
      }
      return joined;
    }
  };
}

export interface ListInRequest {
  list: string;
  /** Field with an element's name; absent when the elements are names, or have none. */
  key?: string;
}

export interface ListInAnswer {
  list: string;
  key?: string;
  message?: string;
  /** Fields that an element of the answer has from that of the request. */
  copy?: string[];
  fields?: Entry;
}

/** Of requests that list things, as their answers do. */
export function listAnswer(request: ListInRequest, answer: ListInAnswer): ErrorPlace {
  return (body, error, isMeant, nameOf): ErrorAnswer => {
    const elements = (body[request.list] as unknown[] | null) ?? [];
    const name = (element: unknown) => {
      if (typeof element === 'string') return element;
      return request.key === undefined ? '' : nameOf(element as Entry) || ((element as Entry)[request.key] as string);
    };
    const failed = elements
      .filter((element) => isMeant(name(element), null))
      .map((element): Entry => {
        const copied = (answer.copy ?? []).map((field) => [field, (element as Entry)[field]]);
        const key = answer.key === undefined ? {} : { [answer.key]: name(element) };
        return { ...errorFields(error, answer), ...answer.fields, ...Object.fromEntries(copied), ...key };
      });
    const left = elements.filter((element) => !isMeant(name(element), null));
    return {
      body: failed.length === 0 ? null : { [answer.list]: failed },
      rest: left.length === 0 ? null : { ...body, [request.list]: left },
      join: (answered) => ({ ...answered, [answer.list]: [...(answered[answer.list] as Entry[]), ...failed] }),
    };
  };
}

function errorFields({ code, message }: ErrorToTell, answer: { error?: string; message?: string }): Entry {
  const told = answer.message === undefined ? {} : { [answer.message]: message };
  return { [answer.error ?? 'errorCode']: code, ...told };
}

/** From the version on that names topics by id. */
function idOf({ topicId }: Entry): Entry {
  return topicId === undefined ? {} : { topicId };
}
