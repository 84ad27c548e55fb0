import { silentLogger } from '@headwater/logger';
import { ManualClock } from '../../clock/manual-clock.ts';
import { BrokerConfig, type ConfigInput } from '../../config/broker-config.ts';
import { TestStore } from '../../storage/testing/test-store.ts';
import type { JoinResult, SyncResult } from '../classic/classic-member.ts';
import type { JoinRequest } from '../classic/classic-requests.ts';
import { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { HeartbeatAnswer, HeartbeatRequest } from '../consumer/heartbeat-request.ts';
import { consumerSettings } from '../consumer-settings.ts';
import { GroupCoordinator } from '../coordinator.ts';
import { GroupRefusal } from '../group-refusal.ts';
import { groupSettings } from '../group-settings.ts';
import { OffsetsLog } from '../offsets-log.ts';

const refused: HeartbeatAnswer = { memberId: '', memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };

/** A coordinator on a disk in memory and with a clock that the test moves; one group, `g`, unless another is named. */
export class TestCoordinator {
  readonly clock = new ManualClock();
  readonly disk: TestStore;
  readonly config: BrokerConfig;
  coordinator!: GroupCoordinator;

  private constructor(disk: TestStore, config: ConfigInput) {
    this.disk = disk;
    this.config = new BrokerConfig(config);
  }

  static async open(config: ConfigInput = {}): Promise<TestCoordinator> {
    const opened = new TestCoordinator(await TestStore.open(), config);
    await opened.#start();
    return opened;
  }

  async #start(): Promise<void> {
    const { clock, config } = this;
    const { store } = this.disk;
    const log = new OffsetsLog({ store, clock, logger: silentLogger, partitions: 1, topicConfigs: {} });
    this.coordinator = new GroupCoordinator({
      clock,
      logger: silentLogger,
      log,
      topics: store,
      config: groupSettings(config),
      consumerSettings: consumerSettings(config, () => undefined),
    });
    await this.coordinator.start();
  }

  /** As after kill -9. */
  async kill(): Promise<void> {
    this.coordinator.close();
    await this.disk.kill();
    await this.#start();
  }

  topic(name: string, partitions: number): string {
    return this.disk.store.createTopic({ name, partitions }).topicId;
  }

  group(groupId = 'g'): ConsumerGroup {
    const group = this.coordinator.find(groupId)?.group;
    if (!(group instanceof ConsumerGroup)) throw new Error(`${groupId} is ${group?.kind ?? 'not there'}`);
    return group;
  }

  beat(memberId: string, memberEpoch: number, more: Partial<HeartbeatRequest> = {}) {
    const request: HeartbeatRequest = {
      groupId: 'g',
      memberId,
      memberEpoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      owned: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      apiVersion: 1,
      mayDescribe: () => true,
      ...more,
    };
    try {
      return { errorCode: 0, ...this.coordinator.consumers.heartbeat(request) };
    } catch (error) {
      if (error instanceof GroupRefusal) return { errorCode: error.errorCode, ...refused };
      throw error;
    }
  }

  /** A first heartbeat, with topics or, as a text, an expression. */
  join(memberId: string, topics: readonly string[] | string, more: Partial<HeartbeatRequest> = {}) {
    const subscription =
      typeof topics === 'string' ? { subscribedTopicRegex: topics } : { subscribedTopicNames: topics };
    return this.beat(memberId, 0, { ...subscription, rebalanceTimeoutMs: 60_000, owned: new Map(), ...more });
  }

  /** JoinGroup of a member of the classic protocol that subscribes to `topics` and still has `owned`. */
  classicJoin(memberId: string, topics: readonly string[], more: Partial<JoinRequest> = {}) {
    const outcome: { result: JoinResult | null } = { result: null };
    const request = {
      memberId,
      groupInstanceId: null,
      clientId: 'classic',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'cooperative-sticky', metadata: subscriptionBytes(topics, new Map()) }],
      requireKnownMemberId: false,
      supportsSkippingAssignment: true,
      ...more,
    };
    this.coordinator.join('g', request, (result) => {
      outcome.result = result;
    });
    return outcome;
  }

  classicSync(memberId: string, generationId: number, assignments: { memberId: string; assignment: Buffer }[] = []) {
    const outcome: { result: SyncResult | null } = { result: null };
    const request = {
      memberId,
      groupInstanceId: null,
      generationId,
      protocolType: null,
      protocolName: null,
      assignments,
    };
    this.coordinator.sync('g', request, (result) => {
      outcome.result = result;
    });
    return outcome;
  }

  classicHeartbeat(memberId: string, generationId: number): number {
    return this.coordinator.heartbeat('g', { memberId, groupInstanceId: null, generationId });
  }
}

/** ConsumerProtocolSubscription of version 1. */
export function subscriptionBytes(topics: readonly string[], owned: ReadonlyMap<string, readonly number[]>): Buffer {
  const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
  const int32 = (value: number) => Buffer.from([value >> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
  const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value)]);
  const parts = [int16(1), int32(topics.length), ...topics.map(text), int32(-1), int32(owned.size)];
  for (const [topic, partitions] of owned) parts.push(text(topic), int32(partitions.length), ...partitions.map(int32));
  return Buffer.concat(parts);
}
