import { ErrorCode } from '@headwater/protocol';
import type { LogStore, PartitionLog } from '../storage/index.ts';
import { checkLeaderEpoch } from '../topics/leader-epoch.ts';

/** What a fetch asks of a partition. */
export interface PartRequest {
  readonly partition: number;
  readonly fetchOffset: number;
  readonly partitionMaxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
}

/** A partition that is fetched: what is asked of it, and in a session what the client was told last. */
export class FetchPart {
  /** Empty when the client names topics by id, and none of this id was known yet. */
  topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly #isById: boolean;
  offset = 0;
  maxBytes = 0;
  currentLeaderEpoch = -1;
  lastFetchedEpoch = -1;
  /** Null when there is none: `find` says why. */
  log: PartitionLog | null = null;
  /** The log whose appends the session hears of. */
  watchedLog: PartitionLog | null = null;
  toldHighWatermark = -1;
  toldLogStartOffset = -1;

  constructor(topic: string, topicId: string, isById: boolean, asked: PartRequest) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = asked.partition;
    this.#isById = isById;
    this.ask(asked);
  }

  ask({ currentLeaderEpoch, fetchOffset, lastFetchedEpoch, partitionMaxBytes }: PartRequest): void {
    this.offset = fetchOffset;
    this.maxBytes = partitionMaxBytes;
    this.currentLeaderEpoch = currentLeaderEpoch;
    this.lastFetchedEpoch = lastFetchedEpoch;
  }

  /** Sees to it that `log` is the one in use, and gives the error to tell, 0 when there is none. */
  find(store: LogStore): number {
    if (this.log === null || this.log.isDeleted) {
      this.log = null;
      if (this.topic === '') this.topic = store.topicById(this.topicId)?.name ?? '';
      if (this.topic === '') return this.#isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const log = store.partition(this.topic, this.partition);
      if (log === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      // Deleted and made again under its name, while a session remembers the one before.
      if (this.#isById && log.topicId !== this.topicId) return ErrorCode.INCONSISTENT_TOPIC_ID;
      this.log = log;
    }
    return checkLeaderEpoch(this.log, this.currentLeaderEpoch);
  }
}

/** The name of a partition within a session. */
export function partKey(topic: string, partition: number): string {
  return `${topic}:${partition}`;
}
