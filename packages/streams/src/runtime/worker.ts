import { type GroupMetadata, OffsetSpec, type Offsets } from '@headwater/client';
import { CheckpointCommit } from '../checkpoint/checkpoint-commit.ts';
import { StreamsError } from '../streams-error.ts';
import { CommitPace } from './commit-pace.ts';
import { InputLanes } from './input-lanes.ts';
import { encodeOffsetMetadata } from './offset-metadata.ts';
import type { OutputBatches } from './output-batches.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { RunningTask } from './running-task.ts';
import type { CommitReading } from './streams-metrics.ts';
import type { Settings } from './streams-options.ts';
import type { Task } from './task.ts';
import { TaskFailure } from './task-failure.ts';
import type { TopologyInstance } from './topology-instance.ts';
import { Turns } from './turns.ts';
import type { GroupOffsets, Writer } from './writer.ts';

export interface WorkerOptions {
  readonly settings: Settings;
  readonly outputs: OutputBatches;
  readonly writer: Writer;
  /** Who this instance is in the application's group. */
  member(): GroupMetadata;
  /** Where the application's group keeps an offset that means nothing: see `fenceOf`. */
  fence(): Offsets;
  onCommitted(): void;
  /** Something failed: what was not committed is to be given up. The worker is to be halted then. */
  onFailed(error: unknown): void;
}

/** Records that one task works on before the next gets its turn. */
const turnRecords = 1_000;
/** How long tasks work before sockets and timers get their turn. */
const sliceMs = 8;
/** How often it is looked whether something is due by the clock. */
const tickMs = 50;
/** Results that are sent and not acknowledged; no more input is worked on while this is passed. */
const pendingBytesMax = 64 * 1024 * 1024;
const queueBytesMax = 2 * 1024 * 1024;

/** Gives the tasks of an instance their input, their turns and their commits, all on this thread. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #tasks = new Map<string, RunningTask>();
  readonly #input: InputLanes;
  commits: CommitReading = { count: 0, lastMs: 0, totalMs: 0 };
  readonly #turns = new Turns();
  /** Something was given to them, or they were called, since the last commit. */
  #touched = new Set<RunningTask>();
  /** A broker has answered since the input was last looked at. */
  #isNews = false;
  #turn: NodeJS.Immediate | null = null;
  readonly #timer: NodeJS.Timeout;
  readonly #pace: CommitPace;
  #nextCommitMs: number;
  #committing: Promise<void> | null = null;
  /** The group rebalances: nothing is sent and committed, and work goes on as long as there is room for its results. */
  #isHeld = false;
  /** Something failed: nothing is worked on. */
  #isHalted = false;
  /** A commit waits for work that is under way outside; none is begun meanwhile. */
  #isSettling = false;
  /** Something was worked on since the last commit. */
  #isDirty = false;
  #isClosed = false;
  #lastSendMs = 0;
  #sendTimer: NodeJS.Timeout | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { client, commitIntervalMaxMs, commitIntervalMs, isolation, maxBufferedBytes } = options.settings;
    this.#pace = new CommitPace(commitIntervalMs, commitIntervalMaxMs);
    this.#input = new InputLanes(client, {
      isolation,
      maxBufferedBytes,
      queueBytesMax,
      onNews: () => {
        this.#isNews = true;
        this.wake();
      },
      onInput: (queue) => {
        const running = this.#turns.gotInput(queue);
        if (running !== undefined) this.#touched.add(running);
      },
      onOutOfRange: (queue) => void this.#reposition(queue),
      onError: (error) => options.onFailed(error),
    });
    this.#nextCommitMs = performance.now() + commitIntervalMs;
    this.#timer = setInterval(() => this.#tick(), Math.min(tickMs, commitIntervalMs));
  }

  get tasks(): ReadonlyMap<string, RunningTask> {
    return this.#tasks;
  }

  add(running: RunningTask): void {
    this.#tasks.set(running.name, running);
    this.#turns.add(running);
    this.#touched.add(running);
    for (const [queue, position] of running.positions) this.#input.add(queue, position);
    this.wake();
  }

  /** Lets a task go as it is: what of it is to be kept was committed before. */
  drop(running: RunningTask): void {
    const { checkpoint, name, task } = running;
    this.#turns.remove(running);
    this.#touched.delete(running);
    for (const queue of task.queues.values()) this.#input.remove(queue);
    task.close();
    void checkpoint?.close();
    this.#tasks.delete(name);
  }

  /** Lets all go, and what they have written since the last commit. Rejects while that cannot be made sure of. */
  async dropAll(): Promise<void> {
    this.#isHalted = true;
    await this.#committing?.catch(() => {});
    for (const running of [...this.#tasks.values()]) this.drop(running);
    this.#options.outputs.clear();
    this.#isDirty = false;
    await this.#options.writer.reset();
  }

  /** Gives up one topology's tasks, as they are; what they have written goes with the next commit, their offsets do not. */
  dropTopology(topology: TopologyInstance): void {
    for (const running of [...this.#tasks.values()]) if (running.topology === topology) this.drop(running);
  }

  /** Nothing is worked on and committed until `goOn`. */
  halt(): void {
    this.#isHalted = true;
  }

  goOn(): void {
    this.#isHalted = false;
    this.wake();
  }

  /** Commits, and begins no other commit until `release`. A transaction is not left open meanwhile: it might take too long. */
  async commitAndHold(): Promise<void> {
    this.#isHeld = true;
    while (this.#committing !== null) await this.#committing.catch(() => {});
    if (this.#isDirty && !this.#isHalted) await this.commit();
  }

  release(): void {
    this.#isHeld = false;
    this.wake();
  }

  commitSoon(): void {
    this.#isDirty = true;
    this.#nextCommitMs = 0;
  }

  wake(): void {
    if (this.#turn !== null || this.#isClosed) return;
    this.#turn = setImmediate(() => {
      this.#turn = null;
      this.#work();
    });
  }

  /** A slice of work: input to the tasks, each a turn, until nobody has anything or it is time for others. */
  #work(): void {
    if (this.#isClosed || this.#isHalted || this.#isSettling) return;
    const { outputs, settings, writer } = this.#options;
    const { stateMemory } = settings;
    const until = performance.now() + sliceMs;
    try {
      for (;;) {
        this.#input.distribute();
        if (this.#isNews) {
          this.#isNews = false;
          this.#input.noteEnds();
        }
        const running = this.#turns.next();
        const count = running === null ? 0 : this.#process(running);
        if (running !== null) this.#touched.add(running);
        if (count > 0) this.#isDirty = true;
        if (!this.#isHeld && outputs.fullBytes > 0) writer.send(outputs.takeFull());
        // An acknowledgement comes with a tick at the latest.
        if (running === null || writer.pendingBytes + outputs.fullBytes > pendingBytesMax) break;
        if (stateMemory.isPressed) {
          // Stores write what is committed.
          if (stateMemory.isFull || !stateMemory.isBusy) this.#nextCommitMs = 0;
          if (stateMemory.isFull) break;
        }
        if (performance.now() >= until) {
          this.wake();
          break;
        }
      }
    } catch (error) {
      this.#options.onFailed(error);
      return;
    }
    this.#sendIfDue();
    this.#commitIfDue();
  }

  /** Results do not wait for the commit where they are wanted sooner; the first ones do not wait at all. */
  #sendIfDue(): void {
    const { outputs, settings, writer } = this.#options;
    const { lingerMs } = settings;
    if (lingerMs === Number.POSITIVE_INFINITY || outputs.isEmpty || this.#isHeld || this.#isHalted) return;
    const waitMs = this.#lastSendMs + lingerMs - performance.now();
    if (waitMs > 0) {
      this.#sendTimer ??= setTimeout(() => {
        this.#sendTimer = null;
        if (!this.#isClosed) this.#sendIfDue();
      }, waitMs);
      return;
    }
    this.#lastSendMs = performance.now();
    writer.send(outputs.takeAll());
  }

  #process({ task, topology }: RunningTask): number {
    try {
      return task.process(turnRecords, this.#turns.turnEndMs);
    } catch (error) {
      throw new TaskFailure(topology, error);
    }
  }

  #punctuate({ task, topology }: RunningTask): boolean {
    try {
      return task.punctuateWallClock();
    } catch (error) {
      throw new TaskFailure(topology, error);
    }
  }

  #tick(): void {
    if (this.#isHalted || this.#isSettling) return;
    try {
      for (const running of this.#tasks.values()) {
        if (running.task.nextWallClockMs === Number.POSITIVE_INFINITY || running.isEnding) continue;
        if (running.topology.isPaused || !this.#punctuate(running)) continue;
        this.#isDirty = true;
        this.#touched.add(running);
      }
    } catch (error) {
      this.#options.onFailed(error);
      return;
    }
    this.#sendIfDue();
    this.#commitIfDue();
    if (this.#options.writer.pendingBytes > 0 || this.#turns.hasReady) this.wake();
  }

  #commitIfDue(): void {
    if (performance.now() < this.#nextCommitMs || this.#committing !== null || this.#isHeld || this.#isHalted) return;
    this.#nextCommitMs = performance.now() + this.#pace.intervalMs;
    if (this.#isDirty) this.commit().catch((error) => this.#options.onFailed(error));
  }

  /** Hands on what is held back, and writes state, results and offsets. One after the other. */
  async commit(): Promise<void> {
    while (this.#committing !== null) await this.#committing.catch(() => {});
    if (this.#isHalted)
      throw new StreamsError('HW_STREAMS_TASK_CORRUPTED', 'Something failed: there is nothing to commit');
    const startMs = performance.now();
    const committing = this.#commitNow();
    this.#committing = committing;
    await committing.finally(() => {
      this.#committing = null;
      this.wake();
    });
    const lastMs = performance.now() - startMs;
    this.#pace.committed(lastMs);
    const { count, totalMs } = this.commits;
    this.commits = { count: count + 1, lastMs, totalMs: totalMs + lastMs };
    this.#options.onCommitted();
  }

  async #commitNow(): Promise<void> {
    do {
      await this.#settle();
      this.#forTasks((task) => task.flush());
      // What a table held back may be the input of work outside.
    } while (this.#isAnythingUnderWay());
    // From here to the writer nothing else runs: what is written and how far the input was worked on belong together.
    this.#isDirty = false;
    this.#forTasks((task) => task.drainChanges());
    const touched = this.#touched;
    this.#touched = new Set();
    const checkpoints = new CheckpointCommit(this.#tasks.values());
    const offsets = this.#takeOffsets(touched);
    const batches = this.#options.outputs.takeAll();
    if (offsets.length === 0 && batches.length === 0) {
      await checkpoints.finish(batches);
      return;
    }
    await this.#options.writer.commit(batches, this.#withMain(offsets));
    await checkpoints.finish(batches);
  }

  #forTasks(work: (task: Task) => void): void {
    for (const { task, topology } of this.#tasks.values()) {
      try {
        work(task);
      } catch (error) {
        this.#isDirty = true;
        throw new TaskFailure(topology, error);
      }
    }
  }

  #isAnythingUnderWay(): boolean {
    for (const { task } of this.#tasks.values()) if (task.isUnderWay) return true;
    return false;
  }

  /** Waits for what is under way outside; nothing is begun meanwhile, so that it comes to an end. */
  async #settle(): Promise<void> {
    this.#isSettling = true;
    try {
      for (;;) {
        const pending: Promise<void>[] = [];
        for (const { task, topology } of this.#tasks.values()) {
          // Nearly always none of thousands.
          const settled = task.isUnderWay ? task.settled() : null;
          if (settled !== null)
            pending.push(settled.catch((cause) => Promise.reject(new TaskFailure(topology, cause))));
        }
        if (pending.length === 0) return;
        await Promise.all(pending);
      }
    } finally {
      this.#isSettling = false;
    }
  }

  /** What was worked on since the last commit, by the groups that keep it. */
  #takeOffsets(touched: Iterable<RunningTask>): GroupOffsets[] {
    const { applicationId } = this.#options.settings;
    const result: GroupOffsets[] = [];
    for (const [{ groupId }, list] of Map.groupBy(touched, ({ topology }) => topology)) {
      const offsets: Offsets = {};
      for (const { committed, task } of list) {
        for (const queue of task.queues.values()) {
          const { nextOffset, partition, topic } = queue;
          if (nextOffset < 0 || committed.get(topic) === nextOffset) continue;
          committed.set(topic, nextOffset);
          const metadata = encodeOffsetMetadata(task.timesOf(queue));
          (offsets[topic] ??= {})[partition] = { offset: nextOffset, metadata };
        }
      }
      if (Object.keys(offsets).length === 0) continue;
      const nobody = { groupId, memberId: '', epoch: -1, groupInstanceId: undefined };
      result.push({ group: groupId === applicationId ? this.#member() : nobody, offsets });
    }
    return result;
  }

  /**
   * Only the application's group knows whether this instance is still one of its members: it is asked with each commit, also when all that
   * is written belongs to topologies that keep their offsets in groups of their own, or when there are no offsets. It comes first.
   */
  #withMain(offsets: readonly GroupOffsets[]): GroupOffsets[] {
    const { fence, settings } = this.#options;
    const main = offsets.find(({ group }) => group.groupId === settings.applicationId);
    if (main !== undefined) return [main, ...offsets.filter((each) => each !== main)];
    return [{ group: this.#member(), offsets: this.#standingOffset() ?? fence() }, ...offsets];
  }

  /** Where one of the main topology's inputs stands anyway. */
  #standingOffset(): Offsets | null {
    for (const { positions, task, topology } of this.#tasks.values()) {
      if (topology.groupId !== this.#options.settings.applicationId) continue;
      for (const queue of task.queues.values()) {
        const offset = queue.nextOffset >= 0 ? queue.nextOffset : (positions.get(queue) ?? -1);
        if (offset < 0) continue;
        const metadata = encodeOffsetMetadata(task.timesOf(queue));
        return { [queue.topic]: { [queue.partition]: { offset, metadata } } };
      }
    }
    return null;
  }

  /**
   * This instance in the generation that it has its tasks in. Taken once for a commit: a later generation may have given them to others.
   * And without one nothing is committed: a commit in nobody's name is not refused.
   */
  #member(): GroupMetadata {
    const member = this.#options.member();
    if (member.epoch >= 0 && member.memberId !== '') return member;
    throw new StreamsError('HW_STREAMS_TASK_MIGRATED', 'This instance is not in its group: others have its tasks');
  }

  /** The log does not have the offset any more: on with where the source says that one begins. */
  async #reposition(queue: PartitionQueue): Promise<void> {
    const { client, isolation, logger, offsetReset } = this.#options.settings;
    const { partition, topic } = queue;
    try {
      const spec = OffsetSpec[queue.source.offsetReset ?? offsetReset];
      const { offset } = (await client.listOffsets(topic, { [partition]: spec }, { isolation }))[partition]!;
      logger.warn({ topic, partition, offset }, 'the log does not have the offset any more: going on elsewhere');
      this.#input.remove(queue);
      this.#input.add(queue, offset);
    } catch (error) {
      this.#options.onFailed(error);
    }
  }

  /** Nothing is worked on any more; tasks are still there. */
  async stop(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    if (this.#sendTimer !== null) clearTimeout(this.#sendTimer);
    if (this.#turn !== null) clearImmediate(this.#turn);
    await this.#committing?.catch(() => {});
  }

  async close(): Promise<void> {
    await this.stop();
    for (const running of [...this.#tasks.values()]) this.drop(running);
    this.#options.outputs.clear();
    await this.#input.close();
    await this.#options.writer.close().catch(() => {});
  }
}
