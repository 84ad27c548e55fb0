import {
  ApiKey,
  ErrorCode,
  type FindCoordinatorResponse,
  type MetadataResponse,
  type RequestInputOf,
  type ResponseOf,
} from '@headwater/protocol';
import { withRetries } from './backoff.ts';
import { type Address, abortable, BrokerLink, type LinkOptions } from './broker-link.ts';
import { brokerError, ClientError } from './client-error.ts';
import type { RequestOptions } from './connection.ts';
import { LinkPool } from './link-pool.ts';

export interface BrokerInfo {
  id: number;
  host: string;
  port: number;
  rack: string | null;
}

export interface PartitionMetadata {
  partition: number;
  /** -1: there is none at present. */
  leader: number;
  leaderEpoch: number;
  replicas: number[];
  inSyncReplicas: number[];
  /** Kafka's error for this partition, 0 for none. */
  errorCode: number;
}

export interface TopicMetadata {
  name: string;
  topicId: string;
  isInternal: boolean;
  /** Kafka's error for this topic, 0 for none. */
  errorCode: number;
  /** By index, in order. */
  partitions: PartitionMetadata[];
}

export interface Metadata {
  clusterId: string | null;
  controllerId: number;
  brokers: BrokerInfo[];
  topics: TopicMetadata[];
}

export interface MetadataOptions {
  /** Default false. */
  allowAutoTopicCreation?: boolean;
  signal?: AbortSignal | undefined;
}

export interface ClusterOptions extends LinkOptions {
  bootstrap: readonly Address[];
  /** How long calls go on trying while brokers cannot be reached or have no leader. */
  retryTimeoutMs: number;
  /** Leaders older than this are asked for again. */
  metadataMaxAgeMs: number;
}

interface CachedTopic {
  metadata: TopicMetadata;
  atMs: number;
}

export type CoordinatorType = 'group' | 'transaction';

/** Topics to remember leaders of; the ones asked for longest ago are dropped. */
const CACHED_TOPICS_MAX = 10_000;
const CACHED_COORDINATORS_MAX = 10_000;

/**
 * What is known of the cluster: brokers, which of them leads which partition and coordinates which group; and links to
 * them. It is the one place that decides where a request goes.
 */
export class Cluster {
  readonly options: ClusterOptions;
  /** Links for short requests; who polls long opens a pool of its own by `openPool()`. */
  readonly pool: LinkPool;
  private readonly pools = new Set<LinkPool>();
  private readonly bootstrapLinks: BrokerLink[];
  private brokers = new Map<number, BrokerInfo>();
  private readonly topics = new Map<string, CachedTopic>();
  private readonly coordinators = new Map<string, number>();
  private readonly refreshing = new Map<string, Promise<Metadata>>();
  private nextLink = 0;
  private readonly closing = new AbortController();

  constructor(options: ClusterOptions) {
    this.options = options;
    this.bootstrapLinks = options.bootstrap.map((address) => new BrokerLink(address, options));
    this.pool = this.openPool();
  }

  get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Aborts when the client closes. */
  get closed(): AbortSignal {
    return this.closing.signal;
  }

  openPool(): LinkPool {
    const pool = new LinkPool(this.options, () => this.pools.delete(pool));
    if (this.isClosed) pool.close();
    else this.pools.add(pool);
    return pool;
  }

  /** A link to any broker: a connected one when there is one, else each known address in turn. */
  anyLink(): BrokerLink {
    const known = [...this.brokers.values()].map((broker) => this.pool.link(broker.id, broker));
    const candidates = [...known, ...this.bootstrapLinks];
    const connected = candidates.filter((link) => link.isConnected);
    const choice = connected.length > 0 ? connected : candidates;
    return choice[this.nextLink++ % choice.length]!;
  }

  /** Sends a request that any broker can answer; another one is asked when the first cannot be reached. */
  requestAny<K extends ApiKey>(
    apiKey: K,
    body: RequestInputOf[K] | ((version: number) => RequestInputOf[K]),
    options: RequestOptions = {},
  ): Promise<ResponseOf[K]> {
    return this.retrying(() => this.anyLink().request(apiKey, body, options), options.signal);
  }

  /** Repeats while errors are of the kind that passes, up to `retryTimeoutMs`. */
  retrying<T>(attempt: (n: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.isClosed) return Promise.reject(this.closedError());
    return withRetries(attempt, {
      timeoutMs: this.options.retryTimeoutMs,
      signal: signal === undefined ? this.closing.signal : AbortSignal.any([signal, this.closing.signal]),
    });
  }

  /** Asks for the metadata of some topics, or of all by `null`; the same question under way is shared. */
  refresh(topics: readonly string[] | null, options: MetadataOptions = {}): Promise<Metadata> {
    const allowAutoTopicCreation = options.allowAutoTopicCreation === true;
    const key = JSON.stringify([topics, allowAutoTopicCreation]);
    let promise = this.refreshing.get(key);
    if (promise === undefined) {
      promise = this.fetchMetadata(topics, allowAutoTopicCreation).finally(() => this.refreshing.delete(key));
      this.refreshing.set(key, promise);
    }
    return abortable(promise, options.signal);
  }

  private async fetchMetadata(topics: readonly string[] | null, allowAutoTopicCreation: boolean): Promise<Metadata> {
    const answer = await this.requestAny(ApiKey.Metadata, (version) => ({
      topics: topics === null ? (version === 0 ? [] : null) : topics.map((name) => ({ name })),
      // Version 0 to 3 have no such field: the broker creates topics as it likes.
      ...(version >= 4 ? { allowAutoTopicCreation } : {}),
    }));
    const metadata = convertMetadata(answer);
    // A cluster that is starting may know of no broker yet; the one that answered is there all the same.
    if (metadata.brokers.length > 0) {
      this.brokers = new Map(metadata.brokers.map((broker) => [broker.id, broker]));
      for (const pool of this.pools) pool.retain(this.brokers);
    }
    for (const topic of metadata.topics) this.remember(topic);
    if (topics === null) this.forgetAllBut(metadata.topics);
    return metadata;
  }

  private remember(topic: TopicMetadata): void {
    this.topics.delete(topic.name);
    if (topic.errorCode !== ErrorCode.NONE) return;
    this.topics.set(topic.name, { metadata: topic, atMs: Date.now() });
    if (this.topics.size > CACHED_TOPICS_MAX) this.topics.delete(this.topics.keys().next().value!);
  }

  private forgetAllBut(topics: readonly TopicMetadata[]): void {
    const names = new Set(topics.map((topic) => topic.name));
    for (const name of [...this.topics.keys()]) if (!names.has(name)) this.topics.delete(name);
  }

  /** Forgets what is known of a topic, so that the next question goes to a broker. */
  forgetTopic(topic: string): void {
    this.topics.delete(topic);
  }

  /** A topic's metadata from the cache, or null when it is not there or old. */
  knownTopic(name: string): TopicMetadata | null {
    const cached = this.topics.get(name);
    const isFresh = cached !== undefined && Date.now() - cached.atMs < this.options.metadataMaxAgeMs;
    return isFresh ? cached.metadata : null;
  }

  /**
   * A topic's metadata from the cache, or from a broker when it is old or unknown. Rejects with
   * UNKNOWN_TOPIC_OR_PARTITION when there is no such topic.
   */
  async topic(name: string, options: MetadataOptions = {}): Promise<TopicMetadata> {
    const known = this.knownTopic(name);
    if (known !== null) return known;
    const load = async () => {
      const metadata = await this.refresh([name], options);
      const topic = metadata.topics.find((candidate) => candidate.name === name);
      const errorCode = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      // Kafka calls an unknown topic a passing error, as it may be on its way. Only who lets it be created waits for it.
      const isMissing = errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && options.allowAutoTopicCreation !== true;
      if (isMissing) throw brokerError(errorCode, `topic ${name}`, null, { retriable: false });
      if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, `topic ${name}`);
      return topic!;
    };
    if (options.allowAutoTopicCreation === true) return this.retrying(load, options.signal);
    return load();
  }

  /** The leader of a partition; rejects with HW_CLIENT_NO_LEADER while there is none. */
  async leader(topic: string, partition: number, signal?: AbortSignal): Promise<BrokerInfo> {
    const byIndex = (candidate: PartitionMetadata) => candidate.partition === partition;
    let { partitions } = await this.topic(topic, { signal });
    if (!partitions.some(byIndex)) {
      // It may have been added since.
      this.forgetTopic(topic);
      partitions = (await this.topic(topic, { signal })).partitions;
    }
    const found = partitions.find(byIndex);
    if (found === undefined) {
      const about = `${topic}-${partition} (the topic has ${partitions.length} partitions)`;
      throw brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, about, null, { retriable: false });
    }
    const broker = this.brokers.get(found.leader);
    if (broker === undefined) {
      this.forgetTopic(topic);
      throw new ClientError('HW_CLIENT_NO_LEADER', `${topic}-${partition} has no leader at present`);
    }
    return broker;
  }

  broker(id: number): BrokerInfo | undefined {
    return this.brokers.get(id);
  }

  allBrokers(): BrokerInfo[] {
    return [...this.brokers.values()];
  }

  /** The broker that coordinates a group or a transactional id. */
  async coordinator(type: CoordinatorType, key: string, signal?: AbortSignal): Promise<BrokerInfo> {
    const cacheKey = `${type} ${key}`;
    const cached = this.brokers.get(this.coordinators.get(cacheKey) ?? -1);
    if (cached !== undefined) return cached;
    return this.retrying(async () => {
      const keyType = type === 'group' ? 0 : 1;
      const answer = await this.anyLink().request(
        ApiKey.FindCoordinator,
        (version) => (version >= 4 ? { keyType, coordinatorKeys: [key] } : version > 0 ? { keyType, key } : { key }),
        { signal },
      );
      const found = readCoordinator(answer);
      if (found.errorCode !== ErrorCode.NONE) {
        throw brokerError(found.errorCode, `looking for the coordinator of ${type} ${key}`, found.errorMessage);
      }
      const { nodeId: id, host, port } = found;
      const broker = this.brokers.get(id) ?? { id, host, port, rack: null };
      this.brokers.set(id, broker);
      if (this.coordinators.size >= CACHED_COORDINATORS_MAX) this.coordinators.clear();
      this.coordinators.set(cacheKey, id);
      return broker;
    }, signal);
  }

  forgetCoordinator(type: CoordinatorType, key: string): void {
    this.coordinators.delete(`${type} ${key}`);
  }

  private closedError(): ClientError {
    return new ClientError('HW_CLIENT_CLOSED', 'the client is closed');
  }

  /** Closes every link of every pool. May be called twice. */
  close(): void {
    if (this.isClosed) return;
    this.closing.abort(this.closedError());
    for (const pool of [...this.pools]) pool.close();
    for (const link of this.bootstrapLinks) link.close();
  }
}

function readCoordinator(answer: FindCoordinatorResponse) {
  return answer.coordinators[0] ?? answer;
}

function convertMetadata(answer: MetadataResponse): Metadata {
  return {
    clusterId: answer.clusterId,
    controllerId: answer.controllerId,
    brokers: answer.brokers.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack })),
    topics: answer.topics.map((topic) => ({
      name: topic.name ?? '',
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      errorCode: topic.errorCode,
      partitions: topic.partitions
        .map((partition) => ({
          partition: partition.partitionIndex,
          leader: partition.leaderId,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicaNodes,
          inSyncReplicas: partition.isrNodes,
          errorCode: partition.errorCode,
        }))
        .sort((a, b) => a.partition - b.partition),
    })),
  };
}
