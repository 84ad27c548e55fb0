import { createClient, type KafkaClient } from '@headwater/client';
import { EventTopic } from '@headwater/events';
import { type Logger, silentLogger } from '@headwater/logger';
import type { Clock } from '../clock.ts';
import { groupLags } from './group-lags.ts';

/** `headwater-lag`: how far a group is behind in a topic; a group that is up to date is told as well. */
export interface LagRecord {
  timestampMs: number;
  groupId: string;
  topic: string;
  lag: number;
  maxPartitionLag: number;
  partitions: number;
  members: number;
}

const count = { type: 'integer', minimum: 0 };

export const lagSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'GroupLag',
  type: 'object',
  properties: {
    timestampMs: { type: 'integer', description: 'milliseconds since 1970' },
    groupId: { type: 'string' },
    topic: { type: 'string' },
    lag: { ...count, description: 'records' },
    maxPartitionLag: { ...count, description: 'of the partition that is furthest behind, records' },
    partitions: count,
    members: count,
  },
  required: ['timestampMs', 'groupId', 'topic', 'lag', 'maxPartitionLag', 'partitions', 'members'],
} as const;

export interface LagSamplerOptions {
  bootstrap: string;
  registryUrl?: string | undefined;
  /** Default 15,000 ms. */
  everyMs?: number;
  clock: Clock;
  logger?: Logger;
}

/** The topic that lags are told on. */
export const lagTopic = 'headwater-lag';
const turnTimeoutMs = 10_000;

/** Tells the lag of all groups again and again, so that it is known over time without an exporter. */
export class LagSampler {
  /** Records that were told. */
  told = 0;
  /** Why the last turn failed; null: it did not. */
  error: string | null = null;
  readonly #options: LagSamplerOptions;
  readonly #logger: Logger;
  readonly #client: KafkaClient;
  readonly #topic: EventTopic;
  readonly #stopping = new AbortController();
  #cancel: (() => void) | undefined;
  #turn: Promise<void> | undefined;

  constructor(options: LagSamplerOptions) {
    const { bootstrap, logger = silentLogger, registryUrl } = options;
    this.#options = options;
    this.#logger = logger;
    this.#client = createClient({ bootstrap, clientId: 'headwater-monitor-lag', signal: this.#stopping.signal });
    this.#topic = new EventTopic({ topic: lagTopic, client: this.#client, schema: lagSchema, registryUrl, logger });
  }

  /** Begins; the first turn is after `everyMs`. */
  start(): void {
    this.#wait();
  }

  /** One turn now. */
  async sample(): Promise<void> {
    const timestampMs = this.#options.clock.now();
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(turnTimeoutMs)]);
    const lags = [...(await groupLags(this.#client, { signal })).values()];
    const groups = [...new Set(lags.map(({ group }) => group))];
    const described = await this.#client.describeGroups(groups, { signal });
    const members = new Map(described.map((group) => [group.groupId, group.members.length]));
    for (const { group, lag, maxPartitionLag, partitions, topic } of lags) {
      const record: LagRecord = {
        timestampMs,
        groupId: group,
        topic,
        lag,
        maxPartitionLag,
        partitions,
        members: members.get(group) ?? 0,
      };
      this.#topic.tell(group, record, { timestampMs });
      this.told += 1;
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#cancel?.();
    await this.#topic.close();
    this.#stopping.abort();
    await this.#turn;
    await this.#client.close();
  }

  #wait(): void {
    if (this.#stopping.signal.aborted) return;
    this.#cancel = this.#options.clock.schedule(this.#options.everyMs ?? 15_000, () => {
      this.#turn = this.sample().then(
        () => {
          this.error = null;
        },
        (error: unknown) => {
          const reason = (error as Error).message;
          if (this.error === null && !this.#stopping.signal.aborted)
            this.#logger.debug({ reason }, 'the lag of groups cannot be asked now: trying again');
          this.error = reason;
        },
      );
      void this.#turn.then(() => this.#wait());
    });
  }
}
