import { ErrorCode, type FetchRequestInput, type FetchResponse } from '@headwater/protocol';
import type { PartitionState } from './partition-state.ts';

export interface Asked {
  state: PartitionState;
  offset: number;
  version: number;
  topicId: string;
}

const SESSION_ERRORS = new Set<number>([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
]);

const keyOf = (topic: string, partition: number) => `${topic}/${partition}`;

/**
 * What one broker knows of this consumer's wishes (KIP-227): after a first full request only what has changed is sent,
 * and only partitions with news are answered. A broker that has no room for a session is asked in full each time.
 */
export class FetchSession {
  private sessionId = 0;
  private epoch = 0;
  private hasIds = false;
  private asked = new Map<string, Asked>();
  /** By name or id of the topic, as the answer has it. */
  private names = new Map<string, string>();

  /** The part of the next request that says what is wanted; topics go by id or by name. */
  request(
    wanted: readonly PartitionState[],
    partitionMaxBytes: number,
    hasIds: boolean,
  ): Pick<FetchRequestInput, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'> {
    // A session is of one kind.
    if (hasIds !== this.hasIds) this.reset();
    this.hasIds = hasIds;
    const before = this.epoch === 0 ? new Map<string, Asked>() : this.asked;
    const now = new Map<string, Asked>();
    const topics = new Map<string, { topic: string; topicId: string; partitions: PartitionInput[] }>();
    for (const state of wanted) {
      const { topic, partition, fetchOffset: offset, version } = state;
      const topicId = hasIds ? state.topicId : '';
      const key = keyOf(topic, partition);
      const known = before.get(key);
      now.set(key, { state, offset, version, topicId });
      if (known !== undefined && known.offset === offset && known.topicId === topicId) continue;
      let group = topics.get(topic);
      if (group === undefined) {
        group = { topic, topicId, partitions: [] };
        topics.set(topic, group);
      }
      group.partitions.push({ partition, fetchOffset: offset, partitionMaxBytes });
    }
    const forgotten = new Map<string, { topic: string; topicId: string; partitions: number[] }>();
    for (const [key, { state, topicId }] of before) {
      const still = now.get(key);
      if (still !== undefined && still.topicId === topicId) continue;
      const group = forgotten.get(`${state.topic} ${topicId}`) ?? { topic: state.topic, topicId, partitions: [] };
      forgotten.set(`${state.topic} ${topicId}`, group);
      group.partitions.push(state.partition);
    }
    this.asked = now;
    this.names = new Map([...now.values()].map(({ state, topicId }) => [topicId || state.topic, state.topic]));
    return {
      sessionId: this.sessionId,
      sessionEpoch: this.epoch,
      topics: [...topics.values()].map((group) => named(group)),
      forgottenTopicsData: [...forgotten.values()].map((group) => named(group)),
    };
  }

  /** Takes note of an answer; false: the broker has lost the session, and is to be asked in full. */
  accept(answer: FetchResponse): boolean {
    if (SESSION_ERRORS.has(answer.errorCode)) {
      this.reset();
      if (answer.errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.sessionId = 0;
      return false;
    }
    if (answer.errorCode !== ErrorCode.NONE) {
      this.reset();
      return true;
    }
    if (this.epoch === 0) {
      this.sessionId = answer.sessionId;
      this.epoch = answer.sessionId === 0 ? 0 : 1;
    } else this.epoch = this.epoch === 0x7fff_ffff ? 1 : this.epoch + 1;
    return true;
  }

  /** What was asked for a partition of the answer. */
  askedFor(topic: string, topicId: string, partition: number): Asked | undefined {
    const name = this.names.get(topic === '' ? topicId : topic);
    return name === undefined ? undefined : this.asked.get(keyOf(name, partition));
  }

  /** After a lost answer nobody knows what the broker knows: the next request begins another session, and ends this. */
  reset(): void {
    this.epoch = 0;
  }
}

interface PartitionInput {
  partition: number;
  fetchOffset: number;
  partitionMaxBytes: number;
}

function named<T>({ topic, topicId, partitions }: { topic: string; topicId: string; partitions: T[] }) {
  return topicId === '' ? { topic, partitions } : { topicId, partitions };
}
