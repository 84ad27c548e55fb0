import type { Logger } from '@headwater/logger';
import type { Consumer, ConsumerOptions, GroupPartitionsAssigner } from '@platformatic/kafka';
import { atMost, unlessAborted } from './back-off.ts';
import { type KafkaConnection, loadClient } from './kafka.ts';
import type { Membership } from './names.ts';
import type { TopicReader } from './topic-reader.ts';

export interface GroupMemberOptions extends KafkaConnection, Membership {
  topic: string;
  signal: AbortSignal;
  /** How partitions are shared out; default round robin. */
  assignor?: { protocol: string; assign: GroupPartitionsAssigner; userData: () => Buffer };
}

/** The least that brokers allow by default: so long the partitions of a member that died wait for another. */
const sessionTimeoutMs = 6_000;
const closeTimeoutMs = 700;

/** Membership of a group, with a connection of its own, so that heartbeats never wait behind a long poll. */
export class GroupMember {
  readonly #topic: string;
  readonly #logger: Logger;
  readonly #consumer: Consumer;
  #partitions: number[] = [];
  #topicId: string | undefined;
  #change: number[] | undefined;
  #failure: Error | undefined;
  #changed = Promise.withResolvers<undefined>();

  private constructor(consumer: Consumer, topic: string, logger: Logger) {
    this.#topic = topic;
    this.#logger = logger;
    this.#consumer = consumer;
    this.#consumer.topics.track(topic);
    this.#consumer.on('consumer:group:join', () => {
      this.#change = this.#consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [];
      this.#changed.resolve(undefined);
    });
    const fail = (error: Error): void => {
      this.#failure ??= error;
      this.#changed.resolve(undefined);
    };
    this.#consumer.on('error', fail);
    // A member whose heartbeats stopped is out of the group, and the client may not come back by itself.
    this.#consumer.on('consumer:heartbeat:stalled', () => fail(new Error('the group coordinator does not answer')));
  }

  static async join({
    brokers,
    security,
    clientId,
    groupId,
    instanceId,
    topic,
    assignor,
    logger,
    signal,
  }: GroupMemberOptions): Promise<GroupMember> {
    const { Consumer } = await loadClient();
    const options: ConsumerOptions<Buffer, Buffer, Buffer, Buffer> = {
      clientId,
      groupId,
      bootstrapBrokers: [...brokers],
      ...security,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: 15_000,
      heartbeatInterval: 1_000,
      heartbeatStallTimeout: 2 * sessionTimeoutMs,
      retries: 3,
      retryDelay: (_client: unknown, _operation: string, attempt: number) => 100 * 2 ** attempt,
      timeout: 10_000,
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
      ...(assignor === undefined
        ? {}
        : {
            protocols: [{ name: assignor.protocol, version: 1 }],
            partitionAssigner: assignor.assign,
            protocolsMetadata: assignor.userData,
          }),
    };
    const member = new GroupMember(new Consumer(options), topic, logger);
    try {
      await unlessAborted(member.#consumer.joinGroup(), signal);
      return member;
    } catch (error) {
      await member.close();
      throw error;
    }
  }

  /** Membership is lost for good. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  get hasChanged(): boolean {
    return this.#change !== undefined || this.#failure !== undefined;
  }

  /** Resolves when there is a new assignment, or a failure. */
  changed(): Promise<undefined> {
    return this.#changed.promise;
  }

  /** The partitions of an assignment that was not taken yet. Throws when membership has failed. */
  takeChange(): number[] | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const change = this.#change;
    if (change === undefined) return undefined;
    this.#change = undefined;
    this.#changed = Promise.withResolvers();
    this.#partitions = change;
    return change;
  }

  /** When the work fails, the same assignment is given once more: what its owner made of it cannot be relied on. */
  async inDoubt<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#change ??= this.#partitions;
      throw error;
    }
  }

  /** What is known about the topic holds for the one with this id: a topic created anew under its name is another. */
  useTopic(topicId: string): void {
    if (this.#topicId !== undefined && this.#topicId !== topicId) this.#change ??= this.#partitions;
    this.#topicId = topicId;
  }

  /**
   * Where the group stands in the member's partitions; the beginning where it never was, or where the log does not go that far any
   * more (retention deleted what comes next, or the topic was created anew).
   */
  async committedOffsets(reader: TopicReader): Promise<Map<number, number>> {
    const partitions = this.#partitions;
    if (partitions.length === 0) return new Map();
    const [earliest, latest, committed] = await Promise.all([
      reader.earliestOffsets(),
      reader.latestOffsets(),
      this.#consumer.listCommittedOffsets({ topics: [{ topic: this.#topic, partitions }] }),
    ]);
    return new Map(
      partitions.map((partition) => {
        const offset = Number(committed.get(this.#topic)?.[partition] ?? -1n);
        const first = earliest.get(partition)!;
        if (offset >= first && offset <= latest.get(partition)!) return [partition, offset];
        if (offset >= 0) {
          const place = { topic: this.#topic, partition, offset, continuesAt: first };
          const lostRecords = Math.max(0, first - offset);
          this.#logger.warn(
            { ...place, lostRecords },
            'the log no longer holds this offset: goes on with its oldest record',
          );
        }
        return [partition, first];
      }),
    );
  }

  async commit(next: ReadonlyMap<number, number>, before: ReadonlyMap<number, number>): Promise<void> {
    const offsets = [...next]
      .filter(([partition, offset]) => offset !== before.get(partition))
      .map(([partition, offset]) => ({ topic: this.#topic, partition, offset: BigInt(offset), leaderEpoch: -1 }));
    await this.#consumer.commit({ offsets });
  }

  async close(): Promise<void> {
    await atMost(closeTimeoutMs, this.#consumer.close(true));
  }
}
