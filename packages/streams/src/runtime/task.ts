import type { Logger } from '@headwater/logger';
import { type Bytes, RawHeaders, type RecordCursor, type RecordHeader } from '@headwater/protocol';
import type { TaskCheckpoint } from '../checkpoint/task-checkpoint.ts';
import { Operator } from '../processor/operator.ts';
import { CountedOperator, type OperatorReading } from '../processor/operator-metrics.ts';
import { RecordContext } from '../processor/record-context.ts';
import type { Cancellable, PunctuationType, TaskContext } from '../processor/task-context.ts';
import { TaskMetrics } from '../processor/task-metrics.ts';
import type { Serde } from '../serdes/serde.ts';
import { type DiskStore, isDiskStore, noChangelog } from '../stores/disk/disk-store.ts';
import type { StateStore, StoreHome } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { SourceSpec } from '../topology/node-spec.ts';
import type { SubtopologyPlan } from '../topology/topology-plan.ts';
import type { WallClock } from './clock.ts';
import { deadLetterHeaders } from './dead-letters.ts';
import { decide, type ErrorPolicies, type ErrorPolicy } from './error-policy.ts';
import type { OffsetMetadata } from './offset-metadata.ts';
import { PartitionQueue, type QueuePreparation } from './partition-queue.ts';
import { Punctuations } from './punctuations.ts';
import type { RecordSink } from './record-sink.ts';
import { idsOf, type RecordSpan, type RecordTracer, sampledTraceOf, withTraceparent } from './record-tracer.ts';
import { RowSizes } from './row-sizes.ts';
import { SinkOperator } from './sink-operator.ts';

export interface TaskEnvironment {
  readonly applicationId: string;
  readonly clock: WallClock;
  readonly logger: Logger;
  readonly errors: ErrorPolicies;
  readonly sink: RecordSink;
  readonly isEachUpdateSent: boolean;
  /** Where changes go of stores whose changelog is a topic that is read; null: nobody wants them. */
  readonly checkpoint: TaskCheckpoint | null;
  /** Whether each operator is counted by itself. */
  readonly areOperatorsCounted: boolean;
  /** Null: nobody wants spans of records. */
  readonly tracer: RecordTracer | null;
  /** For those: `applicationId` has the topology's name too. */
  readonly groupId: string;
  /** What its stores are made with. */
  readonly home: StoreHome;
  /** Tables that every instance has whole, by the store's name. */
  readonly globalStores: ReadonlyMap<string, StateStore>;
  /** An operator asks for a commit soon. */
  onCommitRequest(): void;
  /** A task that was paused goes on. */
  onResume(task: Task): void;
}

/**
 * A subtopology at work on one partition of its input: operators and stores of its own. Nothing here waits: `process` works on what was
 * fetched, `flush` and `drainChanges` hand over what a commit writes.
 */
export class Task implements TaskContext {
  readonly plan: SubtopologyPlan;
  readonly partition: number;
  readonly taskId: string;
  readonly record = new RecordContext();
  readonly metrics = new TaskMetrics();
  readonly stores = new Map<string, StateStore>();
  readonly #rowSizes = new Map<string, RowSizes>();
  /** By topic. */
  readonly queues = new Map<string, PartitionQueue>();
  readonly #environment: TaskEnvironment;
  /** Of each operator; none unless they are counted. */
  readonly operatorMetrics: OperatorReading[] = [];
  /** In the order of the plan: parents first. */
  readonly #operators: Operator[] = [];
  readonly #streamTimePunctuations = new Punctuations('stream-time');
  readonly #wallClockPunctuations = new Punctuations('wall-clock');
  readonly #diskStores: DiskStore[] = [];
  #queueList: PartitionQueue[] = [];
  #streamTimeMs = -1;
  /** What operators want to be committed with the offsets. */
  readonly #keptTimes = new Map<string, () => number>();
  /** What of it was committed before. */
  readonly #restoredTimes = new Map<string, number>();
  /** Whose record is worked on. */
  #current: PartitionQueue | null = null;
  #pauses = 0;
  /** What its policy does not go on after. */
  #fatal: StreamsError | null = null;
  #isClosed = false;

  /** `topics`: what the sources read, for those that have a pattern too. */
  constructor(
    plan: SubtopologyPlan,
    partition: number,
    topics: ReadonlyMap<SourceSpec, readonly string[]>,
    environment: TaskEnvironment,
  ) {
    this.plan = plan;
    this.partition = partition;
    this.taskId = `${plan.id}_${partition}`;
    this.#environment = environment;
    for (const spec of plan.stores) {
      const store = spec.create(environment.home);
      const changelogTopic = plan.changelogs.get(spec.name);
      const isOnDisk = isDiskStore(store);
      if (isOnDisk) this.#diskStores.push(store);
      store.open({
        changelogTopic: changelogTopic ?? `${environment.applicationId}-${spec.name}-changelog`,
        isLogged:
          changelogTopic !== undefined &&
          (spec.changelog?.topic === undefined || (environment.checkpoint !== null && !isOnDisk)),
      });
      this.stores.set(spec.name, store);
      if (!isOnDisk) this.#rowSizes.set(spec.name, new RowSizes());
    }
    const operators = new Map<string, Operator>();
    /** What those before it call. */
    const entries = new Map<string, Operator>();
    const frame = { late: 0, skipped: 0 };
    for (const node of plan.nodes) {
      const operator =
        node.kind === 'source' ? new SourceOperator() : node.kind === 'sink' ? new SinkOperator(node) : node.create();
      operators.set(node.name, operator);
      entries.set(node.name, operator);
      this.#operators.push(operator);
      if (!environment.areOperatorsCounted) continue;
      const counted = new CountedOperator(node.name, operator, this.metrics, frame);
      this.operatorMetrics.push(counted);
      entries.set(node.name, counted);
    }
    for (const [name, children] of plan.children) {
      operators.get(name)!.connect(children.map((child) => entries.get(child)!));
    }
    const preparation: QueuePreparation = {
      onPrepared: () => environment.onResume(this),
      onFailed: (error) =>
        environment.logger.warn({ error, taskId: this.taskId }, 'what is needed to read records is away; trying on'),
    };
    for (const [source, names] of topics) {
      const target = environment.areOperatorsCounted ? entries.get(source.name)! : operators.get(source.name)!.next;
      for (const topic of names) {
        this.queues.set(topic, new PartitionQueue(topic, partition, source, target, preparation));
      }
    }
    this.#queueList = [...this.queues.values()];
  }

  /** After the stores were restored, before the first record. */
  init(): void {
    for (const operator of this.#operators) operator.init(this);
  }

  /** What was committed beside the offset of one of its partitions; before `init`. */
  restoreTimes(queue: PartitionQueue, { partitionTimeMs, times }: OffsetMetadata): void {
    queue.timeMs = Math.max(queue.timeMs, partitionTimeMs);
    this.#streamTimeMs = Math.max(this.#streamTimeMs, partitionTimeMs);
    for (const [name, timeMs] of times) {
      this.#restoredTimes.set(name, Math.max(timeMs, this.#restoredTimes.get(name) ?? -1));
    }
  }

  /** What is to be committed beside the offset of one of its partitions. */
  timesOf({ timeMs }: PartitionQueue): OffsetMetadata {
    const times = new Map<string, number>();
    for (const [name, read] of this.#keptTimes) {
      const kept = read();
      if (kept >= 0) times.set(name, kept);
    }
    return { partitionTimeMs: timeMs, times };
  }

  get isPaused(): boolean {
    return this.#pauses > 0;
  }

  get bufferedBytes(): number {
    let bytes = 0;
    for (const queue of this.#queueList) bytes += queue.bufferedBytes;
    return bytes;
  }

  /**
   * Works on up to `recordsMax` records; how many it were. Of several partitions the one goes first whose next record is the oldest; while
   * one of them has nothing and may have more to come, none goes.
   *
   * @param turnEndMs records beyond this time are left for another turn
   * @throws StreamsError when the policy is to fail
   */
  process(recordsMax: number, turnEndMs: number = Number.POSITIVE_INFINITY): number {
    const queues = this.#queueList;
    const only = queues.length === 1 ? queues[0]! : null;
    let count = 0;
    while (count < recordsMax && this.#pauses === 0) {
      const queue = only ?? this.#oldest();
      if (queue === null) break;
      if (only !== null && !only.hasHead && !this.#advance(only)) break;
      if (queue.timestamp > turnEndMs && count > 0) break;
      this.#work(queue);
      count++;
    }
    this.record.none();
    return count;
  }

  /** The time of the next record; infinite when none can be worked on at the moment. @throws StreamsError when the policy is to fail */
  nextTimestamp(): number {
    const queue = this.#oldest();
    this.record.none();
    return queue === null ? Number.POSITIVE_INFINITY : queue.timestamp;
  }

  /** It has no input. */
  get isDrained(): boolean {
    for (const queue of this.#queueList) if (!queue.isEmpty) return false;
    return true;
  }

  /** There is input that was not fetched yet, where there is none. */
  get isStarved(): boolean {
    for (const queue of this.#queueList) if (queue.isEmpty && !queue.isCaughtUp) return true;
    return false;
  }

  /** The queue whose next record is the oldest; null when there is none, or when one is to be waited for. */
  #oldest(): PartitionQueue | null {
    let oldest: PartitionQueue | null = null;
    for (const queue of this.#queueList) {
      if (!queue.hasHead && !this.#advance(queue)) {
        if (!queue.isCaughtUp) return null;
        continue;
      }
      if (oldest === null || queue.timestamp < oldest.timestamp) oldest = queue;
    }
    return oldest;
  }

  /** Steps a queue to a record that can be read. */
  #advance(queue: PartitionQueue): boolean {
    for (;;) {
      try {
        if (!queue.advance()) return false;
      } catch (error) {
        this.record.at(queue.topic, queue.partition, queue.offset, queue.timestamp, queue.cursor);
        this.#failed(
          'HW_STREAMS_DESERIALIZATION',
          'the record cannot be read',
          error,
          queue,
          this.#environment.errors.deserialization,
        );
        queue.done();
        continue;
      }
      if (queue.timestamp >= 0) return true;
      this.metrics.recordsSkipped++;
      queue.done();
    }
  }

  #work(queue: PartitionQueue): void {
    const { timestamp } = queue;
    this.record.at(queue.topic, queue.partition, queue.offset, timestamp, queue.cursor);
    if (timestamp > this.#streamTimeMs) this.#streamTimeMs = timestamp;
    this.metrics.recordsIn++;
    if (this.#diskStores.length > 0 && this.#isWithoutRoom(queue)) return;
    this.#current = queue;
    const span = this.#environment.tracer === null ? null : this.#beginSpan(queue);
    try {
      if (span === null) queue.target.process(queue.key, queue.value, timestamp);
      else span.run(() => queue.target.process(queue.key, queue.value, timestamp));
      span?.end();
    } catch (error) {
      span?.end(error);
      this.#failed(
        'HW_STREAMS_PROCESSING',
        'the record could not be processed',
        error,
        queue,
        this.#environment.errors.processing,
      );
    }
    this.#current = null;
    queue.done();
    if (this.#streamTimeMs >= this.#streamTimePunctuations.nextMs)
      this.#punctuate(this.#streamTimePunctuations, this.#streamTimeMs);
  }

  /** The span of a record whose trace is recorded; what comes of the record goes on from it. */
  #beginSpan({ cursor, offset, partition, timestamp, topic }: PartitionQueue): RecordSpan | null {
    if (cursor === null || cursor.headersCount === 0) return null;
    const trace = sampledTraceOf(cursor);
    if (trace === null) return null;
    const { applicationId, groupId, tracer } = this.#environment;
    const key = cursor.key();
    const place = { topic, partition, offset, timestamp, key };
    const span = tracer!.begin({ application: groupId, topology: applicationId, ...place, ...trace });
    if (span !== null) this.record.headers = withTraceparent(this.record.headers, span.traceparent);
    return span;
  }

  /** Whether the record was not worked on because a store has no room. */
  #isWithoutRoom(queue: PartitionQueue): boolean {
    for (const { table } of this.#diskStores) {
      const reason = table.noRoom();
      if (reason === null) continue;
      this.metrics.storeFailures++;
      this.#failed('HW_STREAMS_STORE', 'the record is not worked on', reason, queue, this.#environment.errors.store);
      queue.done();
      return true;
    }
    return false;
  }

  /** Calls wall-clock punctuations that are due; whether there were any. */
  punctuateWallClock(): boolean {
    const now = this.now();
    return now >= this.#wallClockPunctuations.nextMs && this.#punctuate(this.#wallClockPunctuations, now);
  }

  /** When the next wall-clock punctuation is due; infinite when there is none. */
  get nextWallClockMs(): number {
    return this.#wallClockPunctuations.nextMs;
  }

  #punctuate(punctuations: Punctuations, timeMs: number): boolean {
    this.record.none();
    try {
      const startMs = performance.now();
      const count = punctuations.run(timeMs);
      this.metrics.punctuationMs += performance.now() - startMs;
      this.metrics.punctuations += count;
      return count > 0;
    } catch (cause) {
      const error = this.#error('HW_STREAMS_PROCESSING', 'a punctuation failed', cause);
      this.#decide(error, this.#environment.errors.processing, null);
      return true;
    }
  }

  /** Hands on what operators hold back. */
  flush(): void {
    this.record.none();
    for (const operator of this.#operators) operator.flush();
  }

  /** A promise when asynchronous work is under way that a commit must wait for. */
  settled(): Promise<void> | null {
    const pending = this.#operators.map((operator) => operator.settled()).filter((each) => each !== null);
    return pending.length === 0 ? null : Promise.all(pending).then(() => {});
  }

  /** Whether a commit must wait. */
  get isUnderWay(): boolean {
    for (const operator of this.#operators) if (operator.isUnderWay) return true;
    return false;
  }

  /** Writes to the changelogs what has changed in the stores. */
  drainChanges(): void {
    const { checkpoint, sink } = this.#environment;
    for (const { changelog, name } of this.plan.stores) {
      const store = this.stores.get(name)!;
      const topic = this.plan.changelogs.get(name);
      const isOnDisk = isDiskStore(store);
      if (topic === undefined) {
        // Nobody commits it.
        if (isOnDisk) store.drainChanges(noChangelog);
        if (isOnDisk) store.table.committed(-1);
        continue;
      }
      if (changelog?.topic !== undefined) {
        if (isOnDisk) store.drainChanges(noChangelog);
        else if (checkpoint !== null) store.drainChanges(checkpoint.sinkOf(name));
        continue;
      }
      const sizes = this.#rowSizes.get(name);
      store.drainChanges({
        append: (key, value, timestamp, headers = noHeaders) => {
          if (value !== null) sizes?.note(key.length + value.length);
          sink.send(topic, this.partition, key, value, timestamp < 0 ? this.now() : timestamp, headers);
        },
        write: (key, value, timestamp, keySerde, valueSerde) => {
          if (sink.write === undefined) return false;
          const timeMs = timestamp < 0 ? this.now() : timestamp;
          const sizeBytes = sink.write(topic, this.partition, key, value, timeMs, keySerde, valueSerde, null);
          if (sizeBytes >= 0) sizes?.note(sizeBytes);
          return sizeBytes >= 0;
        },
      });
    }
  }

  /** Where rows of a store are put back. */
  restorer(store: string): Pick<StateStore, 'restore'> {
    const found = this.stores.get(store)!;
    return this.#rowSizes.get(store)?.counted(found) ?? found;
  }

  /** What a store's rows have in bytes, about: on the disk and before it; in memory as they would be written. */
  sizeBytesOf(store: StateStore): number {
    return store.sizeBytes ?? this.#rowSizes.get(store.name)?.of(store.count) ?? 0;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#streamTimePunctuations.clear();
    this.#wallClockPunctuations.clear();
    for (const operator of this.#operators) operator.close();
    for (const store of this.stores.values()) store.close();
    for (const queue of this.#queueList) queue.clear();
    this.#queueList = [];
  }

  // --- what operators see ---------------------------------------------------------------------------------------------

  get applicationId(): string {
    return this.#environment.applicationId;
  }

  get isEachUpdateSent(): boolean {
    return this.#environment.isEachUpdateSent;
  }

  get logger(): Logger {
    return this.#environment.logger;
  }

  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }

  now(): number {
    return this.#environment.clock.now();
  }

  store<S extends StateStore>(name: string): S {
    const found = this.stores.get(name) ?? this.#environment.globalStores.get(name);
    if (found !== undefined) return found as S;
    const names = [...this.stores.keys()].join(', ');
    throw new StreamsError('HW_STREAMS_NO_STORE', `There is no store ${name} here; connected are: ${names || 'none'}`);
  }

  schedule(intervalMs: number, type: PunctuationType, callback: (timeMs: number) => void): Cancellable {
    return type === 'wall-clock'
      ? this.#wallClockPunctuations.add(intervalMs, this.now(), callback)
      : this.#streamTimePunctuations.add(intervalMs, this.#streamTimeMs, callback);
  }

  keepTime(name: string, read: () => number): number {
    this.#keptTimes.set(name, read);
    return this.#restoredTimes.get(name) ?? -1;
  }

  requestCommit(): void {
    this.#environment.onCommitRequest();
  }

  partitionsOf(topic: string): number {
    return this.#environment.sink.partitionsOf(topic);
  }

  send<K, V>(
    topic: string,
    key: K,
    value: V,
    timestamp: number,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    partition: number | undefined,
  ): void {
    const { errors, sink } = this.#environment;
    const headers = this.record.unreadHeaders;
    const raw = headers instanceof RawHeaders ? headers : null;
    const isWritable = raw !== null || (headers as RecordHeader[]).length === 0;
    let code: StreamsError['code'] = 'HW_STREAMS_SERIALIZATION';
    try {
      if (sink.write !== undefined && isWritable && value !== null && value !== undefined) {
        if (sink.write(topic, partition ?? -1, key ?? null, value, timestamp, keySerde, valueSerde, raw) >= 0) {
          this.metrics.recordsOut++;
          return;
        }
      }
      const keyBytes: Bytes | null = key === null || key === undefined ? null : keySerde.encode(key, topic);
      const valueBytes: Bytes | null = value === null || value === undefined ? null : valueSerde.encode(value, topic);
      code = 'HW_STREAMS_PRODUCTION';
      sink.send(topic, partition ?? -1, keyBytes, valueBytes, timestamp, headers);
      this.metrics.recordsOut++;
    } catch (cause) {
      if (cause instanceof StreamsError && cause.code === 'HW_STREAMS_PRODUCTION') code = cause.code;
      this.#decide(
        this.#error(code, `a result for ${topic} cannot be written`, cause),
        errors.production,
        this.#current,
      );
    }
  }

  pause(): void {
    this.#pauses++;
  }

  resume(): void {
    this.#pauses--;
    if (this.#pauses === 0 && !this.#isClosed) this.#environment.onResume(this);
  }

  failLater(): (cause: unknown) => void {
    const { deadLetterTopic, processing } = this.#environment.errors;
    const cursor = this.#current?.cursor ?? null;
    // By then the cursor is somewhere else.
    const rejected = deadLetterTopic === null || cursor === null ? null : { cursor: copyOfRecord(cursor) };
    return (cause) => {
      const isOwn = cause instanceof StreamsError && cause.place !== undefined;
      const message = 'the record could not be processed';
      this.#decide(isOwn ? cause : this.#error('HW_STREAMS_PROCESSING', message, cause), processing, rejected);
    };
  }

  // --- when something goes wrong ----------------------------------------------------------------------------------------

  #failed(
    code: 'HW_STREAMS_DESERIALIZATION' | 'HW_STREAMS_PROCESSING' | 'HW_STREAMS_STORE',
    message: string,
    cause: unknown,
    queue: PartitionQueue,
    policy: ErrorPolicy,
  ): void {
    const isOwn = cause instanceof StreamsError && cause.place !== undefined;
    this.#current = null;
    this.#decide(isOwn ? cause : this.#error(code, message, cause), policy, queue);
  }

  /** Goes on without the record, or throws. `queue`: where the record is that goes to the dead letters. */
  #decide(error: StreamsError, policy: ErrorPolicy, queue: RejectedRecord | null): void {
    // A policy has said so already, further down.
    if (error === this.#fatal) throw error;
    // Not the record's fault: the task begins again from the last commit.
    if (error.cause instanceof StreamsError && error.cause.code === 'HW_STREAMS_TASK_CORRUPTED') throw error.cause;
    const decision = decide(policy, error);
    if (decision === 'fail') {
      this.#fatal = error;
      throw error;
    }
    this.metrics.recordsFailed++;
    const { errors, logger, sink } = this.#environment;
    const cursor = queue?.cursor ?? null;
    const ids = cursor === null ? {} : idsOf(cursor.headers());
    logger.warn({ error, taskId: this.taskId, decision, ...ids }, error.message);
    if (decision !== 'dead-letter' || errors.deadLetterTopic === null || cursor === null) return;
    this.metrics.recordsDeadLettered++;
    const headers = deadLetterHeaders(cursor.headers(), error, errors.deadLetterHeaders);
    sink.send(errors.deadLetterTopic, -1, copyOf(cursor.key()), copyOf(cursor.value()), cursor.timestamp, headers);
  }

  #error(code: StreamsError['code'], message: string, cause: unknown): StreamsError {
    const { place } = this.record;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new StreamsError(code, `Task ${this.taskId}: ${message}: ${reason}`, {
      cause,
      ...(place === undefined ? {} : { place }),
    });
  }
}

/** Where a record is that may become a dead letter. */
interface RejectedRecord {
  readonly cursor: Pick<RecordCursor, 'headers' | 'key' | 'value' | 'timestamp'> | null;
}

function copyOfRecord(cursor: RecordCursor): RejectedRecord['cursor'] {
  const { timestamp } = cursor;
  const [headers, key, value] = [cursor.headers(), copyOf(cursor.key()), copyOf(cursor.value())];
  return { headers: () => headers, key: () => key, value: () => value, timestamp };
}

const noHeaders: readonly RecordHeader[] = [];

function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** Stands where the source is: its children are what records go to. */
class SourceOperator extends Operator {
  process(key: unknown, value: unknown, timestamp: number): void {
    this.next.process(key, value, timestamp);
  }
}
