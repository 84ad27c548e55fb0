import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '@headwater/logger';
import { SharedRun } from './shared-run.ts';
import type { SteadyTime } from './steady-time.ts';
import type { StoreLimits } from './store-config.ts';
import type { Checkpointed, Cleaned } from './store-context.ts';
import type { StorageClock } from './types.ts';

/** fsyncs at the same time at shutdown: Node's thread pool has four threads. */
const closeConcurrency = 4;
/** Kafka's log.initial.task.delay.ms. */
const firstRoundMs = 30_000;
/** A shutdown should not take longer than a person waits; the page cache keeps what is not synced. */
const closeBudgetMs = 1500;

/**
 * The work that nobody waits for: checkpoints of partitions that were appended to, retention, compaction. One partition at a time, so
 * that it never takes many threads of the pool from readers; a store in which nothing happens has no timer but that of retention.
 */
export class Maintenance {
  readonly #clock: StorageClock;
  readonly #steadyTime: SteadyTime;
  readonly #limits: StoreLimits;
  readonly #logger: Logger;
  readonly #retention: SharedRun;
  /** Appended to since their last checkpoint. */
  readonly #due = new Set<Checkpointed>();
  /** To be written as soon as the disk is free. */
  readonly #queue = new Set<Checkpointed>();
  readonly #work: SharedRun;
  /** Compacted partitions in which a segment was closed since the last look. */
  readonly #uncleaned = new Set<Cleaned>();
  readonly #cleaning: SharedRun;
  #cleaningTimer: { cancel(): void } | null = null;
  #checkpointTimer: { cancel(): void } | null = null;
  #retentionTimer: { cancel(): void } | null = null;
  #holds = 0;
  #isStopped = false;

  constructor(
    clock: StorageClock,
    limits: StoreLimits,
    logger: Logger,
    steadyTime: SteadyTime,
    retention: () => Promise<void>,
  ) {
    this.#clock = clock;
    this.#steadyTime = steadyTime;
    this.#limits = limits;
    this.#logger = logger;
    this.#retention = new SharedRun(retention);
    // Not in the turn of the append that asked for it.
    this.#work = new SharedRun(() => nextTurn().then(() => this.#drain()));
    this.#cleaning = new SharedRun(() => this.#clean());
  }

  /** The first round comes soon, so that a broker which never runs for long still deletes what is old. */
  start(): void {
    this.#scheduleRetention(Math.min(firstRoundMs, this.#limits.retentionCheckIntervalMs));
  }

  #scheduleRetention(delayMs: number): void {
    if (this.#isStopped) return;
    this.#retentionTimer = this.#clock.schedule(delayMs, () => {
      this.#retention
        .run()
        .catch((err) => this.#logger.error({ err }, 'retention failed'))
        .finally(() => this.#scheduleRetention(this.#limits.retentionCheckIntervalMs));
    });
  }

  checkpointDue(partition: Checkpointed): void {
    this.#due.add(partition);
    if (this.#checkpointTimer !== null || this.#isStopped) return;
    this.#checkpointTimer = this.#clock.schedule(this.#limits.checkpointIntervalMs, () => {
      this.#checkpointTimer = null;
      this.#queueDue();
      void this.#work.run();
    });
  }

  checkpointSoon(partition: Checkpointed): void {
    if (this.#isStopped) return;
    this.#queue.add(partition);
    void this.#work.run();
  }

  cleaningDue(partition: Cleaned): void {
    if (this.#isStopped || !this.#limits.isCleanerEnabled) return;
    this.#uncleaned.add(partition);
    this.#cleaningTimer ??= this.#clock.schedule(this.#limits.cleanerBackoffMs, () => {
      this.#cleaningTimer = null;
      void this.#cleaning.run();
    });
  }

  forget(partition: Checkpointed & Cleaned): void {
    this.#due.delete(partition);
    this.#queue.delete(partition);
    this.#uncleaned.delete(partition);
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Nothing is deleted or compacted from when it resolves until `release`. */
  async hold(): Promise<void> {
    this.#holds++;
    await Promise.all([this.#retention.settled(), this.#cleaning.settled()]);
  }

  release(): void {
    this.#holds--;
    if (!this.isHeld && this.#uncleaned.size > 0) void this.#cleaning.run();
  }

  /** Everything that is due, now. */
  async run(): Promise<void> {
    this.#queueDue();
    await this.#work.run();
    await this.#retention.run();
    await this.#cleaning.run();
  }

  /** Writes the checkpoints that are due, as many as there is time for, and stops. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#checkpointTimer?.cancel();
    this.#retentionTimer?.cancel();
    this.#cleaningTimer?.cancel();
    this.#queueDue();
    const endMs = performance.now() + closeBudgetMs;
    await Promise.all(Array.from({ length: closeConcurrency }, () => this.#drain(() => performance.now() < endMs)));
    // A partition without one is read from its last checkpoint on when it is next opened.
    if (this.#queue.size > 0)
      this.#logger.info({ partitions: this.#queue.size }, 'closed without the last checkpoints');
    this.#queue.clear();
    await this.#work.settled();
  }

  /** Resolves when a compaction that was in progress has noticed that its partition is closed. */
  settled(): Promise<void> {
    return this.#cleaning.settled();
  }

  #queueDue(): void {
    for (const partition of this.#due) this.#queue.add(partition);
    this.#due.clear();
  }

  async #drain(goesOn = () => true): Promise<void> {
    for (const partition of this.#queue) {
      if (!goesOn()) return;
      this.#queue.delete(partition);
      try {
        await partition.checkpoint();
      } catch (err) {
        this.#logger.warn({ err }, 'checkpoint failed; the next start reads more');
      }
    }
  }

  async #clean(): Promise<void> {
    for (const partition of this.#uncleaned) {
      if (this.#isStopped || this.isHeld) return;
      this.#uncleaned.delete(partition);
      try {
        await partition.clean(this.#steadyTime.now());
      } catch (err) {
        if (!this.#isStopped) this.#logger.warn({ err }, 'compaction failed; the next closed segment tries again');
      }
    }
  }
}
