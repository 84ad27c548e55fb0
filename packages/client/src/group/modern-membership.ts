import { randomBytes } from 'node:crypto';
import { ApiKey, type ConsumerGroupHeartbeatResponse, ErrorCode } from '@headwater/protocol';
import { backoffDelayMs } from '../backoff.ts';
import type { TopicPartition } from '../by-leader.ts';
import { brokerError, ClientError, isRetriable } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { askCoordinator } from './group-coordinator.ts';
import { keyOf, type Membership, type MembershipHost, without } from './membership.ts';

export interface ModernOptions {
  groupId: string;
  groupInstanceId?: string | undefined;
  rackId?: string | undefined;
  /** 'uniform' or 'range'; default: the broker's. */
  serverAssignor?: string | undefined;
  /** Topics by an expression that the broker evaluates (RE2). */
  topicRegex?: string | undefined;
  rebalanceTimeoutMs: number;
}

type Heartbeat = {
  topicPartitions: { topicId: string; partitions: number[] }[] | null;
};

/**
 * A consumer in a group of the new protocol (KIP-848): the broker assigns, the member tells by heartbeats what it holds,
 * gives up what it is told to, and takes on what others have given up.
 */
export class ModernMembership implements Membership {
  memberId = uuid();
  /** 0: joining. -1: not in the group. */
  epoch = -1;
  private readonly cluster: Cluster;
  private readonly options: ModernOptions;
  private readonly host: MembershipHost;
  private topics: readonly string[] = [];
  private target: ConsumerGroupHeartbeatResponse['assignment'] = null;
  private reconciling: Promise<void> | null = null;
  /** Not told to the broker yet. */
  private isSubscriptionNew = true;
  private isHoldingNew = false;
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private closing: Promise<void> | null = null;
  private isSuspended = false;
  private wake: (() => void) | null = null;
  private isDue = false;
  /** Names by id, of what has been assigned. */
  private readonly names = new Map<string, string>();
  private readonly ids = new Map<string, string>();

  constructor(cluster: Cluster, options: ModernOptions, host: MembershipHost) {
    this.cluster = cluster;
    this.options = options;
    this.host = host;
    const onClosed = () => this.stop(cluster.closed.reason);
    if (cluster.isClosed) onClosed();
    else cluster.closed.addEventListener('abort', onClosed, { once: true, signal: this.stopping.signal });
  }

  start(): void {
    if (!this.stopping.signal.aborted) this.running ??= this.run();
  }

  subscribe(topics: readonly string[]): void {
    if (topics.join() === this.topics.join()) return;
    this.topics = topics;
    this.isSubscriptionNew = true;
    this.beatNow();
  }

  /** The broker sees to that. */
  topicsChanged(): void {}

  suspend(reason: string): void {
    if (this.isSuspended) return;
    this.isSuspended = true;
    const error = new ClientError('HW_CLIENT_GROUP_FENCED', `left group ${this.options.groupId}: ${reason}`);
    void this.leave().catch(() => {});
    this.epoch = -1;
    void this.host.lose(error);
  }

  resume(): void {
    if (!this.isSuspended) return;
    this.isSuspended = false;
    this.beatNow();
  }

  private beatNow(): void {
    this.isDue = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    let failures = 0;
    let intervalMs = 0;
    while (!this.stopping.signal.aborted) {
      try {
        if (this.isSuspended) {
          await this.pause(Number.POSITIVE_INFINITY);
          continue;
        }
        if (this.epoch < 0) {
          this.epoch = 0;
          this.isSubscriptionNew = true;
        }
        const answer = await this.beat();
        failures = 0;
        intervalMs = answer.heartbeatIntervalMs;
        this.take(answer);
        await this.pause(intervalMs);
      } catch (error) {
        if (this.stopping.signal.aborted) break;
        try {
          await this.recover(error, failures++);
        } catch (fatal) {
          this.epoch = -1;
          this.stop(fatal);
          this.host.fail(fatal);
        }
      }
    }
  }

  private async recover(error: unknown, failures: number): Promise<void> {
    const kafkaCode = error instanceof ClientError ? error.kafkaCode : null;
    this.cluster.options.logger.debug(
      { groupId: this.options.groupId, error: String(error) },
      'group member: heartbeat failed',
    );
    if (kafkaCode === ErrorCode.FENCED_MEMBER_EPOCH || kafkaCode === ErrorCode.UNKNOWN_MEMBER_ID) {
      await this.reconciling;
      this.target = null;
      this.epoch = -1;
      await this.host.lose(error as ClientError);
      return;
    }
    if (!isRetriable(error)) {
      if (kafkaCode === ErrorCode.FENCED_INSTANCE_ID) await this.host.lose(error as ClientError);
      throw error;
    }
    // The broker may have seen it: say everything again.
    this.isSubscriptionNew = true;
    await this.pause(backoffDelayMs(failures), false);
  }

  private async beat(): Promise<ConsumerGroupHeartbeatResponse> {
    const { groupId, groupInstanceId = null, rackId = null, serverAssignor = null, topicRegex } = this.options;
    const isFull = this.isSubscriptionNew || this.epoch === 0;
    const holding = this.isHoldingNew || isFull ? this.holding() : null;
    this.isDue = false;
    this.isSubscriptionNew = false;
    this.isHoldingNew = false;
    const answer = await askCoordinator(
      this.cluster,
      this.cluster.pool,
      groupId,
      ApiKey.ConsumerGroupHeartbeat,
      (version) => ({
        groupId,
        memberId: this.memberId,
        memberEpoch: this.epoch,
        instanceId: groupInstanceId,
        rackId: isFull ? rackId : null,
        rebalanceTimeoutMs: isFull ? this.options.rebalanceTimeoutMs : -1,
        subscribedTopicNames: isFull ? this.topics : null,
        ...(version >= 1 ? { subscribedTopicRegex: isFull ? (topicRegex ?? null) : null } : {}),
        serverAssignor: isFull ? serverAssignor : null,
        topicPartitions: holding,
      }),
      ({ errorCode }) => errorCode,
      { signal: this.stopping.signal },
    );
    if (answer.errorCode !== ErrorCode.NONE) {
      throw brokerError(answer.errorCode, `heartbeat in group ${groupId}`, answer.errorMessage);
    }
    return answer;
  }

  private holding(): Heartbeat['topicPartitions'] {
    if (this.epoch === 0) return [];
    const byTopic = new Map<string, number[]>();
    for (const { topic, partition } of this.host.owned()) {
      const id = this.ids.get(topic);
      if (id === undefined) continue;
      const partitions = byTopic.get(id);
      if (partitions === undefined) byTopic.set(id, [partition]);
      else partitions.push(partition);
    }
    return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }));
  }

  private take(answer: ConsumerGroupHeartbeatResponse): void {
    // A suspension in the meantime has left already.
    if (this.isSuspended) return;
    if (answer.memberId !== null && answer.memberId !== '') this.memberId = answer.memberId;
    this.epoch = answer.memberEpoch;
    if (answer.assignment === null) return;
    this.target = answer.assignment;
    this.reconciling ??= this.reconcile().finally(() => {
      this.reconciling = null;
      this.isHoldingNew = true;
      this.beatNow();
    });
  }

  /** Gives up what the latest target lacks, then takes on what it has more; heartbeats go on meanwhile. */
  private async reconcile(): Promise<void> {
    while (this.target !== null && !this.stopping.signal.aborted) {
      const { target } = this;
      try {
        const wanted = await this.named(target);
        const owned = this.host.owned();
        const given = without(owned, wanted);
        if (given.length > 0) await this.host.revoke(given);
        if (this.epoch < 0 || this.target === null) return;
        await this.host.assign(without(wanted, this.host.owned()));
        // A topic that is not known yet is looked for again.
        if (wanted.length < countOf(target)) {
          await this.pauseOf(500);
          continue;
        }
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        if (!isRetriable(error)) return this.host.fail(error);
        await this.pauseOf(200);
        continue;
      }
      if (this.target === target) this.target = null;
    }
  }

  private async named(target: NonNullable<ConsumerGroupHeartbeatResponse['assignment']>): Promise<TopicPartition[]> {
    const isKnown = target.topicPartitions.every(({ topicId }) => this.names.has(topicId));
    if (!isKnown) {
      const { topics } = await this.cluster.refresh(this.options.topicRegex === undefined ? this.topics : null);
      for (const { name, topicId, errorCode } of topics) {
        if (errorCode !== ErrorCode.NONE) continue;
        this.names.set(topicId, name);
        this.ids.set(name, topicId);
      }
    }
    const found: TopicPartition[] = [];
    for (const { topicId, partitions } of target.topicPartitions) {
      const topic = this.names.get(topicId);
      if (topic === undefined) continue;
      for (const partition of partitions) found.push({ topic, partition });
    }
    return [...new Map(found.map((item) => [keyOf(item), item])).values()];
  }

  private pauseOf(ms: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, ms).unref();
    });
  }

  /** Waits until the next heartbeat is due, or asked for. */
  private pause(ms: number, mayBeCut = true): Promise<void> {
    if ((this.isDue && mayBeCut) || this.stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        if (timer !== null) clearTimeout(timer);
        this.wake = null;
        resolve();
      };
      const timer = Number.isFinite(ms) ? setTimeout(done, ms) : null;
      this.wake = () => {
        if (mayBeCut || this.stopping.signal.aborted) done();
      };
    });
  }

  private async leave(isForGood = this.options.groupInstanceId === undefined, signal?: AbortSignal): Promise<void> {
    if (this.epoch < 0) return;
    const { groupId, groupInstanceId = null } = this.options;
    await askCoordinator(
      this.cluster,
      this.cluster.pool,
      groupId,
      ApiKey.ConsumerGroupHeartbeat,
      // -1: gone. -2: a static member that will be back.
      { groupId, memberId: this.memberId, memberEpoch: isForGood ? -1 : -2, instanceId: groupInstanceId },
      ({ errorCode }) => errorCode,
      { signal },
    );
  }

  private stop(reason: unknown): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort(reason);
    this.wake?.();
  }

  close(options: { leave?: boolean | undefined; timeoutMs?: number }): Promise<void> {
    this.closing ??= this.shutDown(options);
    return this.closing;
  }

  private async shutDown({
    leave,
    timeoutMs = 5000,
  }: {
    leave?: boolean | undefined;
    timeoutMs?: number;
  }): Promise<void> {
    this.stop(new ClientError('HW_CLIENT_CLOSED', `the member of group ${this.options.groupId} is closed`));
    await this.running;
    if (!this.cluster.isClosed) await this.leave(leave, AbortSignal.timeout(timeoutMs)).catch(() => {});
    this.epoch = -1;
  }
}

/** As Java's client makes member ids: a random uuid in base64url. */
function uuid(): string {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  // One that starts with a dash would look like an option to command-line tools.
  const text = bytes.toString('base64url');
  return text.startsWith('-') ? uuid() : text;
}

function countOf(target: NonNullable<ConsumerGroupHeartbeatResponse['assignment']>): number {
  return target.topicPartitions.reduce((sum, { partitions }) => sum + partitions.length, 0);
}
