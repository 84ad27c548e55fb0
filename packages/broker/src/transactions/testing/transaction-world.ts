import { silentLogger } from '@headwater/logger';
import { ManualClock } from '../../clock/manual-clock.ts';
import { BrokerConfig } from '../../config/broker-config.ts';
import { consumerSettings } from '../../groups/consumer-settings.ts';
import { GroupCoordinator } from '../../groups/coordinator.ts';
import { groupSettings } from '../../groups/group-settings.ts';
import { OffsetsLog, offsetsTopic } from '../../groups/offsets-log.ts';
import {
  FaultFiles,
  type Files,
  type LogStore,
  memoryFiles,
  openLogStore,
  type PartitionLog,
} from '../../storage/index.ts';
import { batchOf, headersOf, recordsOf } from '../../storage/testing/records.ts';
import type { TransactionCoordinator } from '../coordinator.ts';
import { openTransactions } from '../open-transactions.ts';
import { TopicPartitions } from '../topic-partitions.ts';
import { verifyWrite } from '../verify-write.ts';

/** Storage, groups and transactions of a broker without its network, on a disk in memory that can fail, be killed and be opened again. */
export class TransactionWorld {
  readonly clock: ManualClock;
  readonly disk: Files;
  readonly #config: Record<string, string | number>;
  files!: FaultFiles;
  store!: LogStore;
  offsetsLog!: OffsetsLog;
  groups!: GroupCoordinator;
  transactions!: TransactionCoordinator;

  private constructor(config: Record<string, string | number>, disk: Files, clock: ManualClock) {
    this.#config = config;
    this.disk = disk;
    this.clock = clock;
  }

  static async open(
    config: Record<string, string | number> = {},
    plan: FaultFiles['plan'] = null,
    disk: Files = memoryFiles(),
  ): Promise<TransactionWorld> {
    const world = new TransactionWorld(config, disk, new ManualClock());
    await world.#open(plan);
    return world;
  }

  async #open(plan: FaultFiles['plan'] = null): Promise<void> {
    const { clock } = this;
    const logger = silentLogger;
    this.files = new FaultFiles(this.disk);
    this.files.plan = plan;
    const config = new BrokerConfig(this.#config);
    const store = await openLogStore({ files: this.files, dir: '/data', clock, config: this.#config });
    this.store = store;
    this.offsetsLog = new OffsetsLog({
      store,
      clock,
      logger,
      partitions: 2,
      topicConfigs: { 'cleanup.policy': 'compact' },
    });
    this.groups = new GroupCoordinator({
      clock,
      logger,
      log: this.offsetsLog,
      topics: store,
      config: groupSettings(config),
      consumerSettings: consumerSettings(config, () => undefined),
    });
    await this.groups.start();
    this.transactions = openTransactions({
      config,
      clock,
      logger,
      store,
      groups: this.groups,
      rewriteRecordsMin: 1_000,
    }).transactions;
    await this.transactions.start();
  }

  /** As after kill -9: what was written is there, nothing was closed. */
  async kill(): Promise<void> {
    this.files.hasCrashed = true;
    await this.#reopen();
  }

  /** As after a power cut: of what was not synced some is lost. */
  async cutPower(random: () => number): Promise<void> {
    this.files.powerCut(random);
    await this.#reopen();
  }

  async #reopen(): Promise<void> {
    this.transactions.close();
    this.groups.close();
    this.disk.lock = () => ({ stalePid: 4711, release() {} });
    await this.#open();
  }

  async restart(): Promise<void> {
    this.transactions.close();
    this.groups.close();
    await this.store.close();
    await this.#open();
  }

  topic(name: string): PartitionLog {
    if (this.store.topic(name) === undefined) this.store.createTopic({ name, partitions: 1 });
    return this.store.partition(name, 0)!;
  }

  producer(transactionalId: string): WorldProducer {
    return new WorldProducer(this, transactionalId);
  }

  /** What `read_committed` consumers get, in the order of the log. */
  async committed(topic: string): Promise<string[]> {
    const log = this.store.partition(topic, 0)!;
    const values: string[] = [];
    for (let offset = log.logStartOffset; offset < log.lastStableOffset; ) {
      const buffers = await log.read(offset, 1_000_000, true, undefined, 'read_committed');
      const headers = headersOf(buffers);
      const end = headers.at(-1)!.nextOffset;
      const aborted = log.abortedTransactions(offset, end);
      const isAborted = (at: number): boolean => {
        const { isTransactional, producerId } = headers.find(({ lastOffset }) => lastOffset >= at)!;
        return (
          isTransactional &&
          aborted.some((each) => each.producerId === producerId && at >= each.firstOffset && at < each.lastOffset)
        );
      };
      const controls = new Set(headers.filter(({ isControl }) => isControl).map(({ baseOffset }) => baseOffset));
      for (const { offset: at, value } of recordsOf(buffers)) {
        if (!controls.has(at) && !isAborted(at)) values.push(String(value));
      }
      offset = end;
    }
    return values;
  }

  offsetOf(groupId: string, topic: string): number {
    return this.groups.find(groupId)?.offsets.get(topic, 0)?.offset ?? -1;
  }

  /** Partitions with records that are not decided. */
  undecided(): string[] {
    const found: string[] = [];
    for (const { name, partitions } of this.store.topics()) {
      for (let index = 0; index < partitions; index++) {
        const log = this.store.partition(name, index)!;
        if (log.lastStableOffset < log.highWatermark) found.push(`${name}-${index}`);
      }
    }
    return found;
  }
}

/** A client of protocol version 2 that calls instead of sending. Methods give error codes. */
export class WorldProducer {
  readonly #world: TransactionWorld;
  readonly transactionalId: string;
  readonly #sequences = new Map<string, number>();
  producerId = -1;
  producerEpoch = -1;

  constructor(world: TransactionWorld, transactionalId: string) {
    this.#world = world;
    this.transactionalId = transactionalId;
  }

  async init(timeoutMs = 60_000): Promise<number> {
    const answer = await this.#world.transactions.initProducerId(this.transactionalId, timeoutMs, null);
    if (answer.errorCode === 0) this.#become(answer.producerId, answer.producerEpoch);
    return answer.errorCode;
  }

  async send(topic: string, ...values: string[]): Promise<number> {
    const { producerEpoch, producerId, transactionalId } = this;
    const log = this.#world.topic(topic);
    const partitions = TopicPartitions.of([topic, 0]);
    const write = { transactionalId, producerId, producerEpoch, partitions, isAdding: true, knowsAbortable: true };
    const { errorCode } = await verifyWrite(this.#world.transactions, write);
    if (errorCode !== 0) return errorCode;
    const baseSequence = this.#sequences.get(topic) ?? 0;
    const timestamp = this.#world.clock.now();
    const batch = batchOf(values, { producerId, producerEpoch, baseSequence, isTransactional: true, timestamp });
    await log.append(batch).flushed;
    this.#sequences.set(topic, baseSequence + values.length);
    return 0;
  }

  async commitOffset(groupId: string, topic: string, offset: number): Promise<number> {
    const { producerEpoch, producerId, transactionalId } = this;
    const { groups, offsetsLog, transactions } = this.#world;
    offsetsLog.ensureTopic();
    const partitions = TopicPartitions.of([offsetsTopic, offsetsLog.partitionOf(groupId)]);
    const write = { transactionalId, producerId, producerEpoch, partitions, isAdding: true, knowsAbortable: true };
    const { errorCode } = await verifyWrite(transactions, write);
    if (errorCode !== 0) return errorCode;
    const offsets = [{ topic, partition: 0, offset, leaderEpoch: -1, metadata: '' }];
    const [code] = groups.commit(groupId, offsets, { producerId, producerEpoch });
    await offsetsLog.settled(groupId);
    return code!;
  }

  async end(isCommit: boolean): Promise<number> {
    const { producerEpoch, producerId } = this;
    const request = { producerId, producerEpoch, isCommit, clientVersion: 2 } as const;
    const answer = await this.#world.transactions.end(this.transactionalId, request);
    if (answer.errorCode === 0) this.#become(answer.producerId, answer.producerEpoch);
    return answer.errorCode;
  }

  #become(producerId: number, producerEpoch: number): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.#sequences.clear();
  }
}
