import { ApiKey, ErrorCode, type FetchResponsePartitionData } from '@headwater/protocol';
import { backoffDelayMs, delay } from '../backoff.ts';
import { brokerError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { LinkPool } from '../link-pool.ts';
import { type Asked, FetchSession } from './fetch-session.ts';
import type { PartitionState } from './partition-state.ts';

export interface FetchSettings {
  maxWaitMs: number;
  minBytes: number;
  maxBytes: number;
  partitionMaxBytes: number;
  maxBufferedBytes: number;
  isolation: 'read_uncommitted' | 'read_committed';
  rackId: string;
}

/** What a broker's fetches belong to. */
export interface FetchOwner {
  readonly settings: FetchSettings;
  /** Bytes that may be fetched before there is too much. */
  room(): number;
  received(asked: Asked, answer: FetchResponsePartitionData): void;
  /** An answer is complete. */
  delivered(): void;
  /** The broker cannot be asked: others may lead its partitions. */
  unreachable(brokerId: number, error: unknown): void;
}

/** How long a broker may wait for news of some partitions while others have enough fetched: they may be taken soon. */
const SHORT_WAIT_MS = 10;

/**
 * Fetches from one broker, one request at a time, and the next before the answer of the last is worked on: where each
 * partition goes on is known from the headers of its batches.
 */
export class BrokerFetcher {
  readonly brokerId: number;
  readonly states = new Set<PartitionState>();
  private readonly cluster: Cluster;
  private readonly pool: LinkPool;
  private readonly owner: FetchOwner;
  private readonly session = new FetchSession();
  private readonly signal: AbortSignal;
  private wake: (() => void) | null = null;
  private running: Promise<void> | null = null;

  constructor(brokerId: number, cluster: Cluster, pool: LinkPool, owner: FetchOwner, signal: AbortSignal) {
    this.brokerId = brokerId;
    this.cluster = cluster;
    this.pool = pool;
    this.owner = owner;
    this.signal = signal;
  }

  /** Looks again at what may be fetched. */
  poke(): void {
    this.wake?.();
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
  }

  /** Resolves when it has stopped, after the signal's abort. */
  async ended(): Promise<void> {
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (this.states.size > 0 && !this.signal.aborted) {
      const { wanted, isAnyFull } = this.wanted();
      if (wanted.length === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = null;
        continue;
      }
      try {
        await this.fetch(wanted, isAnyFull);
        failures = 0;
      } catch (error) {
        if (this.signal.aborted) break;
        this.session.reset();
        this.owner.unreachable(this.brokerId, error);
        await delay(backoffDelayMs(failures++), this.signal).catch(() => {});
      }
    }
  }

  private wanted(): { wanted: PartitionState[]; isAnyFull: boolean } {
    const { settings } = this.owner;
    const wanted: PartitionState[] = [];
    if (this.owner.room() <= 0) return { wanted, isAnyFull: true };
    let isAnyFull = false;
    for (const state of this.states) {
      if (state.fetchOffset < 0) continue;
      if (state.queuedBytes >= settings.partitionMaxBytes) isAnyFull ||= !state.isPaused;
      else if (!state.isPaused) wanted.push(state);
    }
    return { wanted, isAnyFull };
  }

  private async fetch(wanted: readonly PartitionState[], isAnyFull: boolean): Promise<void> {
    const { settings } = this.owner;
    const broker = this.cluster.broker(this.brokerId);
    if (broker === undefined) throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, `broker ${this.brokerId}`);
    const link = this.pool.link(this.brokerId, broker);
    const maxWaitMs = isAnyFull ? Math.min(SHORT_WAIT_MS, settings.maxWaitMs) : settings.maxWaitMs;
    const hasIds = wanted.every(({ topicId }) => topicId !== '');
    const answer = await link.request(
      ApiKey.Fetch,
      (version) => {
        const session = this.session.request(wanted, settings.partitionMaxBytes, version >= 13);
        return {
          maxWaitMs,
          minBytes: settings.minBytes,
          maxBytes: Math.max(1, Math.min(settings.maxBytes, this.owner.room())),
          isolationLevel: settings.isolation === 'read_committed' ? 1 : 0,
          topics: session.topics,
          ...(version >= 7
            ? {
                sessionId: session.sessionId,
                sessionEpoch: session.sessionEpoch,
                forgottenTopicsData: session.forgottenTopicsData,
              }
            : {}),
          ...(version >= 11 ? { rackId: settings.rackId } : {}),
        };
      },
      {
        signal: this.signal,
        timeoutMs: this.cluster.options.requestTimeoutMs + maxWaitMs,
        // From version 13 on topics are named by id only.
        maxVersion: hasIds ? 17 : 12,
      },
    );
    if (!this.session.accept(answer)) return;
    if (answer.errorCode !== ErrorCode.NONE) {
      throw brokerError(answer.errorCode, `fetching from broker ${this.brokerId}`);
    }
    for (const { topic, topicId, partitions } of answer.responses) {
      for (const answered of partitions) {
        const asked = this.session.askedFor(topic, topicId, answered.partitionIndex);
        if (asked !== undefined && asked.version === asked.state.version && this.states.has(asked.state)) {
          this.owner.received(asked, answered);
        }
      }
    }
    this.owner.delivered();
  }
}
