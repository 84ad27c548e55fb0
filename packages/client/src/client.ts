import { type Logger, silentLogger } from '@headwater/logger';
import type { RecordInput } from '@headwater/protocol';
import * as acls from './admin-acls.ts';
import * as alterations from './admin-alter-configs.ts';
import * as configs from './admin-configs.ts';
import * as groups from './admin-groups.ts';
import * as partitions from './admin-partitions.ts';
import * as topics from './admin-topics.ts';
import { parseBootstrap } from './bootstrap.ts';
import type { ApiVersionRange } from './broker-link.ts';
import { ClientError } from './client-error.ts';
import { Cluster, type Metadata, type MetadataOptions } from './cluster.ts';
import { Consumer, type GroupMetadata } from './consumer/consumer.ts';
import type { ConsumerOptions } from './consumer/consumer-options.ts';
import { type Offsets, toList } from './consumer/offsets.ts';
import { PartitionReader, type PartitionReaderOptions } from './consumer/partition-reader.ts';
import { type FetchedPartition, type FetchOptions, type FetchPosition, fetchOnce } from './fetch.ts';
import { GroupMember, type GroupMemberOptions } from './group/group-member.ts';
import { commitAsMember } from './group/group-offsets.ts';
import type { LinkPool } from './link-pool.ts';
import { type FoundOffset, type ListOffsetsOptions, listOffsets } from './list-offsets.ts';
import type { SslOptions } from './open-socket.ts';
import { Producer, type ProducerOptions } from './producer.ts';
import type { RecordResult } from './producer-batch.ts';
import { checkSaslOptions, type SaslOptions } from './sasl/sasl-options.ts';
import { Tail, type TailOptions } from './tail.ts';
import { TransactionalProducer, type TransactionalProducerOptions } from './transactions/transactional-producer.ts';

export interface ClientOptions {
  /**
   * 'host:port', several separated by commas, or a list of them; or one URL that brings TLS and a login too:
   * 'kafka+ssl://user:password@host:port,host:port?mechanism=scram-sha-512&ca=FILE'.
   */
  bootstrap: string | readonly string[];
  clientId: string;
  /** TLS: true, or Node's options for it (`ca`, `cert`, `key`, …). Default: as `bootstrap` says, else plain TCP. */
  ssl?: boolean | SslOptions;
  /** How to log in. Default: as `bootstrap` says, else nobody asks. */
  sasl?: SaslOptions;
  logger?: Logger;
  /** Default 5,000. */
  connectTimeoutMs?: number;
  /** How long an answer may take; a long poll has its wait on top. Default 30,000. */
  requestTimeoutMs?: number;
  /** How long a call goes on trying while brokers are away. Default 30,000. */
  retryTimeoutMs?: number;
  /** Requests on one connection that are not answered yet. Default 5. */
  maxInFlight?: number;
  /** Largest answer taken. Default 128 MiB. */
  maxFrameBytes?: number;
  /** Leaders older than this are asked for again. Default 60,000. */
  metadataMaxAgeMs?: number;
  /** Closes the client when it aborts. */
  signal?: AbortSignal;
}

export interface ProduceRequest {
  topic: string;
  partition?: number;
  records: readonly RecordInput[];
  acks?: -1 | 0 | 1;
  signal?: AbortSignal | undefined;
}

export interface ProduceResult {
  topic: string;
  /** Of the first record; without `partition` in the request, others may be in other partitions: see `records`. */
  partition: number;
  /** Offset of the first record; -1 with acks 0. */
  baseOffset: number;
  timestamp: number;
  records: RecordResult[];
}

/**
 * A client of a Kafka cluster: batches in, batches out. Nothing is connected until the first call.
 *
 * @example
 * const client = createClient({ bootstrap: '127.0.0.1:9092', clientId: 'billing' });
 * await client.produce({ topic: 'orders', records: [{ key: 'o-1', value: '{"total":12}' }] });
 * for await (const batch of client.tail({ topics: ['orders'], from: 'earliest' })) {
 *   for (const record of batch.records()) console.log(record.offset, String(record.value));
 *   break;
 * }
 * await client.close();
 */
export class KafkaClient {
  /** Where requests go: for what this class has no method for. */
  readonly cluster: Cluster;
  private readonly producers = new Set<Producer | TransactionalProducer>();
  private readonly tails = new Set<Tail>();
  private readonly consumers = new Set<Consumer>();
  private readonly members = new Set<GroupMember>();
  private readonly readers = new Set<PartitionReader>();
  /** For `produce()`: one for each acks, sending at once. */
  private readonly ownProducers = new Map<number, Producer>();
  private fetchPool: LinkPool | null = null;
  private closing: Promise<void> | null = null;

  constructor(options: ClientOptions) {
    const bootstrap = parseBootstrap(options.bootstrap);
    const { sasl = bootstrap.sasl, ssl = bootstrap.ssl } = options;
    if (sasl !== null) checkSaslOptions(sasl);
    this.cluster = new Cluster({
      bootstrap: bootstrap.addresses,
      clientId: options.clientId,
      logger: options.logger ?? silentLogger,
      ssl: ssl === true ? {} : ssl || null,
      sasl,
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
      retryTimeoutMs: options.retryTimeoutMs ?? 30_000,
      maxInFlight: options.maxInFlight ?? 5,
      maxFrameBytes: options.maxFrameBytes ?? 128 * 1024 * 1024,
      metadataMaxAgeMs: options.metadataMaxAgeMs ?? 60_000,
    });
    const { signal } = options;
    const onAbort = () => void this.close();
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true, signal: this.cluster.closed });
  }

  /** The APIs that a broker serves, and in which versions. */
  apiVersions(options: { signal?: AbortSignal } = {}): Promise<ApiVersionRange[]> {
    return this.cluster.retrying(() => this.cluster.anyLink().apiVersions(options.signal), options.signal);
  }

  /** Brokers, and the topics named (default: all). Asks a broker every time; unknown topics have an `errorCode`. */
  metadata(topicNames: readonly string[] | null = null, options: MetadataOptions = {}): Promise<Metadata> {
    return this.cluster.refresh(topicNames, options);
  }

  /** Sends records at once and resolves when they are acknowledged. For many small sends use a `producer()`. */
  async produce(request: ProduceRequest): Promise<ProduceResult> {
    const acks = request.acks ?? -1;
    let producer = this.ownProducers.get(acks);
    if (producer === undefined) {
      producer = this.producer({ acks, lingerMs: 0 });
      this.ownProducers.set(acks, producer);
    }
    const records = await producer.send(request);
    const first = records[0];
    if (first === undefined) throw new ClientError('HW_CLIENT_BAD_OPTION', 'produce() needs at least one record');
    const { topic, partition, offset: baseOffset, timestamp } = first;
    return { topic, partition, baseOffset, timestamp, records };
  }

  /** A producer that collects records into batches. Close it, or close the client. */
  producer(options: ProducerOptions = {}): Producer {
    this.checkOpen();
    const producer = new Producer(this.cluster, options);
    this.producers.add(producer);
    producer.closed.addEventListener('abort', () => this.producers.delete(producer), { once: true });
    return producer;
  }

  /** A producer whose records, and a group's offsets, appear all at once or not at all: see `TransactionalProducer`. */
  transactionalProducer(options: TransactionalProducerOptions): TransactionalProducer {
    this.checkOpen();
    const producer = new TransactionalProducer(this.cluster, options);
    this.producers.add(producer);
    producer.closed.addEventListener('abort', () => this.producers.delete(producer), { once: true });
    return producer;
  }

  /**
   * Offsets of a topic by partition: for each a time in milliseconds, or one of `OffsetSpec`.
   *
   * @example
   * const { 0: { offset } } = await client.listOffsets('orders', { 0: OffsetSpec.latest });
   */
  async listOffsets(
    topic: string,
    partitions: Record<number, number>,
    options: ListOffsetsOptions = {},
  ): Promise<Record<number, FoundOffset>> {
    return (await listOffsets(this.cluster, { [topic]: partitions }, options))[topic]!;
  }

  /** As `listOffsets`, for many topics in as few requests as there are leaders. */
  listOffsetsOf(
    wanted: Record<string, Record<number, number>>,
    options: ListOffsetsOptions = {},
  ): Promise<Record<string, Record<number, FoundOffset>>> {
    return listOffsets(this.cluster, wanted, options);
  }

  /** Reads once from each of the positions; without `maxWaitMs` the answer is what is there. */
  fetch(positions: readonly FetchPosition[], options: FetchOptions = {}): Promise<FetchedPartition[]> {
    this.fetchPool ??= this.cluster.openPool();
    return fetchOnce(this.cluster, this.fetchPool, positions, options);
  }

  /** Follows topics without a group: see `Tail`. */
  tail(options: TailOptions): Tail {
    this.checkOpen();
    const tail = new Tail(this.cluster, options);
    this.tails.add(tail);
    if (tail.stopped.aborted) this.tails.delete(tail);
    else tail.stopped.addEventListener('abort', () => this.tails.delete(tail), { once: true });
    return tail;
  }

  /** Reads topics as a member of a group, or given partitions: see `Consumer`. Close it, or close the client. */
  consumer(options: ConsumerOptions): Consumer {
    this.checkOpen();
    const consumer = new Consumer(this.cluster, options);
    this.consumers.add(consumer);
    if (consumer.stopped.aborted) this.consumers.delete(consumer);
    else consumer.stopped.addEventListener('abort', () => this.consumers.delete(consumer), { once: true });
    return consumer;
  }

  /** Reads partitions that come and go, without a group: see `PartitionReader`. Close it, or close the client. */
  partitionReader(options: PartitionReaderOptions): PartitionReader {
    this.checkOpen();
    const reader = new PartitionReader(this.cluster, options);
    this.readers.add(reader);
    reader.closed.addEventListener('abort', () => this.readers.delete(reader), { once: true });
    return reader;
  }

  /** A member of a classic group that shares out something of your own: see `GroupMember`. */
  groupMember(options: GroupMemberOptions): GroupMember {
    this.checkOpen();
    const member = new GroupMember(this.cluster, options);
    this.members.add(member);
    member.stopped.addEventListener('abort', () => this.members.delete(member), { once: true });
    return member;
  }

  createTopics(newTopics: readonly topics.NewTopic[], options: topics.AdminOptions & { validateOnly?: boolean } = {}) {
    return topics.createTopics(this.cluster, newTopics, options);
  }

  deleteTopics(names: readonly string[], options: topics.AdminOptions = {}) {
    return topics.deleteTopics(this.cluster, names, options);
  }

  deleteRecords(before: Record<string, Record<number, number>>, options: topics.AdminOptions = {}) {
    return topics.deleteRecords(this.cluster, before, options);
  }

  describeConfigs(
    resources: readonly configs.ConfigResource[],
    options: topics.AdminOptions & { keys?: readonly string[]; includeSynonyms?: boolean } = {},
  ) {
    return configs.describeConfigs(this.cluster, resources, options);
  }

  alterConfigs(
    changes: readonly alterations.ConfigAlteration[],
    options: topics.AdminOptions & { validateOnly?: boolean } = {},
  ) {
    return alterations.alterConfigs(this.cluster, changes, options);
  }

  createPartitions(counts: Record<string, number>, options: topics.AdminOptions & { validateOnly?: boolean } = {}) {
    return partitions.createPartitions(this.cluster, counts, options);
  }

  listReassignments(options: topics.AdminOptions = {}) {
    return partitions.listReassignments(this.cluster, options);
  }

  describeAcls(filter: acls.AclFilter, options: topics.AdminOptions = {}) {
    return acls.describeAcls(this.cluster, filter, options);
  }

  createAcls(bindings: readonly acls.AclBinding[], options: topics.AdminOptions = {}) {
    return acls.createAcls(this.cluster, bindings, options);
  }

  deleteAcls(filter: acls.AclFilter, options: topics.AdminOptions = {}) {
    return acls.deleteAcls(this.cluster, filter, options);
  }

  listGroups(options: topics.AdminOptions & { states?: readonly string[]; types?: readonly string[] } = {}) {
    return groups.listGroups(this.cluster, options);
  }

  describeGroups(groupIds: readonly string[], options: topics.AdminOptions = {}) {
    return groups.describeGroups(this.cluster, groupIds, options);
  }

  committedOffsets(
    groupId: string,
    options: topics.AdminOptions & { partitions?: Record<string, readonly number[]>; requireStable?: boolean } = {},
  ) {
    return groups.committedOffsets(this.cluster, groupId, options);
  }

  commitOffsets(
    groupId: string,
    offsets: Record<string, Record<number, number>>,
    options: topics.AdminOptions & { metadata?: string } = {},
  ) {
    return groups.commitOffsets(this.cluster, groupId, offsets, options);
  }

  /**
   * Commits offsets as a member in its generation, or for a group that has no members at the moment with memberId '' and epoch -1.
   * `group` is asked before each attempt. Rejects with HW_CLIENT_GROUP_FENCED when the group has gone on without the member.
   */
  commitOffsetsAs(group: () => GroupMetadata, offsets: Offsets, options: { signal?: AbortSignal } = {}): Promise<void> {
    return commitAsMember(this.cluster, group, toList(offsets), options.signal);
  }

  deleteGroups(groupIds: readonly string[], options: topics.AdminOptions = {}) {
    return groups.deleteGroups(this.cluster, groupIds, options);
  }

  private checkOpen(): void {
    if (this.closing !== null) throw new ClientError('HW_CLIENT_CLOSED', 'the client is closed');
  }

  /** Sends what producers hold, ends tails, consumers and group members, closes all connections. May be called twice. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    await Promise.all([...this.tails].map((tail) => tail.close()));
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    await Promise.all([...this.members].map((member) => member.close()));
    await Promise.all([...this.readers].map((reader) => reader.close()));
    await Promise.all([...this.producers].map((producer) => producer.close()));
    this.cluster.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A client of the cluster behind the bootstrap addresses; see `KafkaClient`. */
export function createClient(options: ClientOptions): KafkaClient {
  return new KafkaClient(options);
}
