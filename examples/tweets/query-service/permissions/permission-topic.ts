import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { BackOff, pause } from '../../common/back-off.ts';
import { reasonOf } from '../../common/tweets-error.ts';
import { writeFirstPermissions } from './first-permissions.ts';
import { type Permission, parsePermission, permissionKey } from './permission.ts';
import { PermissionTable } from './permission-table.ts';

export interface PermissionTopicOptions {
  client: KafkaClient;
  topic: string;
  /** What a topic without any record begins with. */
  first: readonly Permission[];
  logger: Logger;
}

const pollMs = 500;
/** How long a change waits for this instance to have read it back. */
const applyTimeoutMs = 2_000;

interface Waiter {
  partition: number;
  offset: number;
  resolve: () => void;
}

/**
 * The permissions as a compacted topic: whoever grants or revokes writes a record, and every instance follows it from its beginning, so that all
 * of them agree within milliseconds and none has to be told of the others. While the event store is away the last known permissions hold.
 */
export class PermissionTopic {
  readonly #options: PermissionTopicOptions;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #table: PermissionTable | undefined;
  #positions = new Map<number, number>();
  #running: Promise<void> | undefined;
  #reason: string | null = 'they are not read yet';

  constructor(options: PermissionTopicOptions) {
    this.#options = options;
  }

  /** Undefined until the topic was read to its end for the first time. */
  get table(): PermissionTable | undefined {
    return this.#table;
  }

  /** Why the permissions may be old; null when they are followed. */
  get reason(): string | null {
    return this.#reason;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when it is written, and this instance has it. */
  async grant(permission: Permission): Promise<void> {
    await this.#write(permissionKey(permission), JSON.stringify(permission));
  }

  async revoke(about: Pick<Permission, 'principal' | 'documentId'>): Promise<void> {
    await this.#write(permissionKey(about), null);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #write(key: string, value: string | null): Promise<void> {
    const { client, topic } = this.#options;
    const timeout = AbortSignal.timeout(5_000);
    const { records } = await client.produce({ topic, records: [{ key, value }], signal: timeout });
    const [place] = records;
    if (place === undefined || (this.#positions.get(place.partition) ?? 0) > place.offset) return;
    const patience = new AbortController();
    const { promise: applied, resolve } = Promise.withResolvers<void>();
    const waiter = { ...place, resolve };
    this.#waiters.add(waiter);
    await Promise.race([applied, pause(applyTimeoutMs, AbortSignal.any([patience.signal, this.#stop.signal]))]);
    this.#waiters.delete(waiter);
    patience.abort();
  }

  async #run(): Promise<void> {
    const { logger, topic } = this.#options;
    const { signal } = this.#stop;
    const backOff = new BackOff({ maxMs: 2_000 });
    while (!signal.aborted) {
      try {
        await this.#follow(() => backOff.reset());
      } catch (error) {
        if (signal.aborted) return;
        this.#reason = reasonOf(error);
        const retryInMs = backOff.next();
        logger.warn({ topic, retryInMs, reason: this.#reason }, 'cannot follow the permissions, tries again');
        await pause(retryInMs, signal);
      }
    }
  }

  /** Reads the topic anew from its beginning, beside the table in use, and then follows it. */
  async #follow(onProgress: () => void): Promise<void> {
    const { client, topic } = this.#options;
    const { signal } = this.#stop;
    const partitions = await this.#ensureTopic();
    await writeFirstPermissions({ client, topic, partitions, first: this.#options.first, signal });
    const at = (timestamp: number) => Object.fromEntries(partitions.map((partition) => [partition, timestamp]));
    const [earliest, latest] = await Promise.all([
      client.listOffsets(topic, at(OffsetSpec.earliest), { signal }),
      client.listOffsets(topic, at(OffsetSpec.latest), { signal }),
    ]);
    const table = new PermissionTable();
    this.#positions = new Map(partitions.map((partition) => [partition, earliest[partition]!.offset]));
    while (!signal.aborted) {
      if (this.#table !== table && partitions.every((one) => this.#positions.get(one)! >= latest[one]!.offset)) {
        this.#table = table;
      }
      if (this.#table === table) this.#reason = null;
      const positions = [...this.#positions].map(([partition, offset]) => ({ topic, partition, offset }));
      const fetched = await client.fetch(positions, { isolation: 'read_committed', maxWaitMs: pollMs, signal });
      onProgress();
      for (const { batches, nextOffset, partition } of fetched) {
        for (const batch of batches) this.#apply(table, batch.records());
        this.#positions.set(partition, nextOffset);
      }
      for (const waiter of this.#waiters) {
        if ((this.#positions.get(waiter.partition) ?? 0) > waiter.offset) waiter.resolve();
      }
    }
  }

  #apply(table: PermissionTable, records: readonly { key: Buffer | null; value: Buffer | null }[]): void {
    const { logger, topic } = this.#options;
    for (const record of records) {
      const key = String(record.key ?? '');
      if (record.value === null) {
        table.revoke(key);
        continue;
      }
      const permission = parsePermission(key, String(record.value));
      // What cannot be read grants nothing, and takes the place of what was granted under its key.
      if (permission === undefined) {
        table.revoke(key);
        logger.warn({ topic, key: key.slice(0, 200) }, 'a record is no permission: it grants nothing');
      } else if (!table.grant(permission)) {
        logger.error({ topic, key: key.slice(0, 200) }, 'there are too many permissions: this one does not hold');
      }
    }
  }

  async #ensureTopic(): Promise<number[]> {
    const { client, topic } = this.#options;
    const { signal } = this.#stop;
    const [{ error } = { error: null }] = await client.createTopics(
      [{ name: topic, partitions: 1, configs: { 'cleanup.policy': 'compact' } }],
      { signal },
    );
    if (error !== null && error.kafkaName !== 'TOPIC_ALREADY_EXISTS') throw error;
    const { topics } = await client.metadata([topic], { signal });
    const partitions = topics[0]?.partitions ?? [];
    if (partitions.length === 0) throw new Error(`${topic} has no partitions yet`);
    return partitions.map(({ partition }) => partition);
  }
}
