import type { Logger } from '@headwater/logger';
import type { Consumer, ConsumerOptions, GroupPartitionsAssigner } from '@platformatic/kafka';
import { atMost, BackOff, pause, unlessAborted } from './back-off.ts';
import { type KafkaConnection, loadClient } from './kafka.ts';
import type { Membership } from './names.ts';
import { type Fetched, type InRecord, TopicReader } from './topic-reader.ts';
import { reasonOf, TweetsError } from './tweets-error.ts';

export interface GroupReaderOptions extends KafkaConnection, Membership {
  topic: string;
  signal: AbortSignal;
  /** Batches begin at least this far apart, so that a busy topic comes in fewer, larger ones; a quiet one is read at once. */
  gatherMs: number;
  /** How partitions are shared out; default round robin. */
  assignor?: { protocol: string; assign: GroupPartitionsAssigner; userData: () => Buffer };
  /** Called before the first records of every assignment, also when it is empty, or the same again after a failure. */
  onAssigned?: (partitions: readonly number[], reader: TopicReader) => Promise<void>;
  /** Called when the group can no longer count on this member: its partitions may be another's by now. */
  onLost?: () => void;
  /** Offsets are committed when this resolves. When it rejects, the same records come again. */
  onRecords: (records: InRecord[]) => Promise<void>;
}

const maxWaitMs = 1_000;
/** A batch of so many says that there is more to catch up with than to wait for. */
const backlogRecords = 500;
const sessionTimeoutMs = 6_000;
/** A stop lets the batch at hand finish, if it does so soon. */
const closeGraceMs = 700;

/**
 * Reads a topic as a member of a consumer group until the signal is aborted: at least once, in order within a partition, one
 * batch at a time (the log waits for a slow reader, not a queue). Failures of the broker are waited out; a TweetsError is not.
 */
export async function readGroup(options: GroupReaderOptions): Promise<void> {
  const { logger, signal, groupId, topic } = options;
  const backOff = new BackOff({ maxMs: 2_000 });
  let member: GroupMember | undefined;
  while (!signal.aborted) {
    try {
      member ??= await GroupMember.join(options);
      await readUntilFailure(options, member, () => backOff.reset());
    } catch (error) {
      if (signal.aborted) break;
      const isFatal = error instanceof TweetsError;
      // A member that the broker may still know stays: a new one would have to wait for the end of the old one's session.
      if (isFatal || member?.hasFailed) {
        options.onLost?.();
        await member?.close();
        member = undefined;
      }
      if (isFatal) throw error;
      const retryInMs = backOff.next();
      logger.warn({ groupId, topic, retryInMs, reason: reasonOf(error) }, 'cannot read, tries again');
      await pause(retryInMs, signal);
    }
  }
  options.onLost?.();
  await member?.close();
}

async function readUntilFailure(
  options: GroupReaderOptions,
  member: GroupMember,
  onProgress: () => void,
): Promise<void> {
  const { signal, topic, logger } = options;
  const reader = await TopicReader.open(options, topic);
  try {
    member.useTopic(await reader.topicId());
    let positions: Map<number, number> | undefined;
    let gatherUntilMs = 0;
    while (!signal.aborted) {
      const change = member.takeChange();
      if (change !== undefined) {
        logger.info({ groupId: options.groupId, topic, partitions: change }, 'partitions assigned');
        await options.onAssigned?.(change, reader);
      }
      if (change !== undefined || positions === undefined) {
        positions = await member.committedOffsets(reader);
        onProgress();
      }
      if (positions.size === 0) {
        await unlessAborted(member.changed(), signal);
        continue;
      }
      await pause(gatherUntilMs - performance.now(), signal);
      const fetched = await unlessAborted(reader.fetch(positions, maxWaitMs), signal);
      const isBacklog = fetched !== undefined && fetched.records.length >= backlogRecords;
      gatherUntilMs = isBacklog ? 0 : performance.now() + options.gatherMs;
      if (fetched === undefined || member.hasChanged) continue;
      if (fetched.records.length > 0) {
        await unlessAborted(process(options, member, fetched, positions), signal, closeGraceMs);
        onProgress();
      }
      positions = fetched.next;
    }
  } finally {
    await reader.close();
  }
}

async function process(
  options: GroupReaderOptions,
  member: GroupMember,
  fetched: Fetched,
  before: ReadonlyMap<number, number>,
): Promise<void> {
  try {
    await options.onRecords(fetched.records);
  } catch (error) {
    member.renewAssignment();
    throw error;
  }
  // Partitions may have gone to another member meanwhile: then that one reads these records again.
  if (!member.hasChanged) await member.commit(fetched.next, before);
}

/** Membership of a group, with a connection of its own, so that heartbeats never wait behind a long poll. */
class GroupMember {
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
    clientId,
    groupId,
    instanceId,
    topic,
    assignor,
    logger,
    signal,
  }: GroupReaderOptions): Promise<GroupMember> {
    const { Consumer } = await loadClient();
    const options: ConsumerOptions<Buffer, Buffer, Buffer, Buffer> = {
      clientId,
      groupId,
      bootstrapBrokers: [...brokers],
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

  /** Gives the same assignment once more: what was made of it is in doubt. */
  renewAssignment(): void {
    this.#change ??= this.#partitions;
  }

  /** What is known about the topic holds for the one with this id: a topic created anew under its name is another. */
  useTopic(topicId: string): void {
    if (this.#topicId !== undefined && this.#topicId !== topicId) this.renewAssignment();
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
    await atMost(closeGraceMs, this.#consumer.close(true));
  }
}
