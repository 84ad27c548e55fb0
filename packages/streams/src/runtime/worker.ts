import { type GroupMetadata, OffsetSpec, type Offsets } from '@headwater/client';
import { InputLanes } from './input-lanes.ts';
import type { OutputBatches } from './output-batches.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { RunningTask } from './running-task.ts';
import type { Settings } from './streams-options.ts';
import type { GroupOffsets, Writer } from './writer.ts';

export interface WorkerOptions {
  readonly settings: Settings;
  readonly outputs: OutputBatches;
  readonly writer: Writer;
  /** Who this instance is in the application's group. */
  member(): GroupMetadata;
  /** It cannot go on. */
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
const queueBytesMax = 4 * 1024 * 1024;

/** Gives the tasks of an instance their input, their turns and their commits, all on this thread. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #tasks = new Map<string, RunningTask>();
  readonly #input: InputLanes;
  #turn: NodeJS.Immediate | null = null;
  readonly #timer: NodeJS.Timeout;
  #nextCommitMs: number;
  #committing: Promise<void> | null = null;
  #areCommitsHeld = false;
  /** Something was worked on since the last commit. */
  #isDirty = false;
  #isClosed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { client, commitIntervalMs, isolation, maxBufferedBytes } = options.settings;
    this.#input = new InputLanes(client, {
      isolation,
      maxBufferedBytes,
      queueBytesMax,
      onNews: () => this.wake(),
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
    for (const [queue, position] of running.positions) this.#input.add(queue, position);
    this.wake();
  }

  /** Lets a task go as it is: what of it is to be kept was committed before. */
  drop({ name, task }: RunningTask): void {
    for (const queue of task.queues.values()) this.#input.remove(queue);
    task.close();
    this.#tasks.delete(name);
  }

  /** Lets all go, and what they have written since the last commit. */
  async dropAll(): Promise<void> {
    for (const running of [...this.#tasks.values()]) this.drop(running);
    this.#options.outputs.takeAll();
    this.#isDirty = false;
    await this.#options.writer.abort();
  }

  /** Waits for a commit that is under way, and begins none until `releaseCommits`. */
  async holdCommits(): Promise<void> {
    this.#areCommitsHeld = true;
    await this.#committing?.catch(() => {});
  }

  releaseCommits(): void {
    this.#areCommitsHeld = false;
    this.wake();
  }

  commitSoon(): void {
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
    if (this.#isClosed) return;
    const { outputs, writer } = this.#options;
    const until = performance.now() + sliceMs;
    try {
      for (;;) {
        this.#input.distribute();
        this.#input.noteEnds();
        let count = 0;
        for (const { task, topology } of this.#tasks.values()) {
          if (topology.isPaused) continue;
          count += task.process(turnRecords);
          if (performance.now() >= until) break;
        }
        if (count > 0) this.#isDirty = true;
        const full = outputs.takeFull();
        if (full.length > 0) writer.send(full);
        // An acknowledgement comes with a tick at the latest.
        if (count === 0 || writer.pendingBytes > pendingBytesMax) break;
        if (performance.now() >= until) {
          this.wake();
          break;
        }
      }
    } catch (error) {
      this.#options.onFailed(error);
      return;
    }
    this.#commitIfDue();
  }

  #tick(): void {
    try {
      for (const { task } of this.#tasks.values()) if (task.punctuateWallClock()) this.#isDirty = true;
    } catch (error) {
      this.#options.onFailed(error);
      return;
    }
    this.#commitIfDue();
    if (this.#options.writer.pendingBytes > 0) this.wake();
  }

  #commitIfDue(): void {
    if (performance.now() < this.#nextCommitMs || this.#committing !== null || this.#areCommitsHeld) return;
    this.#nextCommitMs = performance.now() + this.#options.settings.commitIntervalMs;
    if (this.#isDirty) this.commit().catch((error) => this.#options.onFailed(error));
  }

  /** Hands on what is held back, and writes state, results and offsets. One after the other. */
  async commit(): Promise<void> {
    while (this.#committing !== null) await this.#committing.catch(() => {});
    const committing = this.#commitNow();
    this.#committing = committing;
    await committing.finally(() => {
      this.#committing = null;
      this.wake();
    });
  }

  async #commitNow(): Promise<void> {
    const pending = Array.from(this.#tasks.values(), ({ task }) => task.settled()).filter((each) => each !== null);
    if (pending.length > 0) await Promise.all(pending);
    // From here to the writer nothing else runs: what is written and how far the input was worked on belong together.
    this.#isDirty = false;
    for (const { task } of this.#tasks.values()) {
      task.flush();
      task.drainChanges();
    }
    const offsets = this.#takeOffsets();
    const batches = this.#options.outputs.takeAll();
    if (offsets.length > 0 || batches.length > 0) await this.#options.writer.commit(batches, offsets);
  }

  /** What was worked on since the last commit, by the groups that keep it. */
  #takeOffsets(): GroupOffsets[] {
    const { member, settings } = this.#options;
    const result: GroupOffsets[] = [];
    for (const [{ groupId }, list] of Map.groupBy(this.#tasks.values(), ({ topology }) => topology)) {
      const offsets: Offsets = {};
      for (const { committed, task } of list) {
        for (const { nextOffset, partition, topic } of task.queues.values()) {
          if (nextOffset < 0 || committed.get(topic) === nextOffset) continue;
          committed.set(topic, nextOffset);
          (offsets[topic] ??= {})[partition] = nextOffset;
        }
      }
      if (Object.keys(offsets).length === 0) continue;
      const nobody = { groupId, memberId: '', epoch: -1, groupInstanceId: undefined };
      result.push({ group: groupId === settings.applicationId ? member : () => nobody, offsets });
    }
    return result;
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
    if (this.#turn !== null) clearImmediate(this.#turn);
    await this.#committing?.catch(() => {});
  }

  async close(): Promise<void> {
    await this.stop();
    await this.dropAll().catch(() => {});
    await this.#input.close();
    await this.#options.writer.close().catch(() => {});
  }
}
