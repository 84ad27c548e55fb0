import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { BatchOptions } from '@headwater/protocol';
import { type Fault, FaultFiles, type FileOperation } from '../files/fault-files.ts';
import { openLogStore } from '../log-store.ts';
import { StorageError } from '../storage-error.ts';
import type { AppendResult, LogStore, PartitionLog } from '../types.ts';
import { PowerLossDisk } from './power-loss-disk.ts';
import { batchOf, headersOf, readAll, recordsOf, type StoredRecord } from './records.ts';
import { SeededRandom } from './seeded-random.ts';
import { TestClock } from './test-clock.ts';

const partitions = 3;
const producerIds = [11, 12];

interface ModelBatch {
  baseOffset: number;
  values: string[];
  timestamp: number;
  producerId: number;
  baseSequence: number;
}

/** What a log must do, in the simplest way. */
class ModelPartition {
  batches: ModelBatch[] = [];
  logStartOffset = 0;
  endOffset = 0;
  /** Below this a power cut may take nothing. */
  durableOffset = 0;
  /** What deleteRecords was asked for last; retention moves the start of the log by removing files instead. */
  deletedBelow = 0;
  /** The start of the log does not go back below it. */
  durableStart = 0;
  /** Began before a crash and was never answered: may be there or not. */
  unanswered: ModelBatch | null = null;
  /** An fsync failed: nothing more is taken or shown until a restart. */
  isStuck = false;

  records(): StoredRecord[] {
    return this.batches.flatMap(({ baseOffset, values, timestamp }) =>
      values.map((value, index) => ({ offset: baseOffset + index, timestamp, key: 'k', value })),
    );
  }

  readable(): StoredRecord[] {
    return this.records().filter(({ offset }) => offset >= this.logStartOffset);
  }

  ofProducer(producerId: number): ModelBatch[] {
    return this.batches.filter((batch) => batch.producerId === producerId);
  }
}

class Simulation {
  readonly random: SeededRandom;
  readonly disk = new PowerLossDisk();
  readonly clock = new TestClock();
  readonly models = Array.from({ length: partitions }, () => new ModelPartition());
  files = new FaultFiles(this.disk);
  store!: LogStore;
  /** Every append waits for its fsync (flush.messages=1). */
  readonly isFsyncMode: boolean;
  /** Appends whose fsync goes on. */
  unflushed: Promise<void>[] = [];
  values = 0;
  counts: Record<string, number> = {};

  constructor(random: SeededRandom) {
    this.random = random;
    this.isFsyncMode = random.chance(0.4);
  }

  async open(): Promise<void> {
    for (const model of this.models) model.isStuck = false;
    this.files = new FaultFiles(this.disk);
    this.store = await openLogStore({
      files: this.files,
      dir: '/data',
      clock: this.clock,
      config: { 'headwater.cache.bytes': this.random.pick([0, 1000, 20_000]), 'headwater.max.open.files': 8 },
    });
  }

  async create(): Promise<void> {
    await this.open();
    this.store.createTopic({
      name: 'log',
      partitions,
      configs: {
        'segment.bytes': String(this.random.pick([2500, 5000, 20_000])),
        'index.interval.bytes': String(this.random.pick([0, 100, 1000])),
        'segment.ms': '3600000',
        'retention.ms': '-1',
        ...(this.isFsyncMode ? { 'flush.messages': '1' } : {}),
      },
    });
    await this.store.flushMetadata();
  }

  log(index: number): PartitionLog {
    return this.store.partition('log', index)!;
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  newBatch(model: ModelPartition): { batch: ModelBatch; options: BatchOptions & { timestamp: number } } {
    const { random } = this;
    const size = random.pick([1, 10, 100, 400]);
    const values = Array.from({ length: 1 + random.below(5) }, () => `v${this.values++}`.padEnd(size, '.'));
    const producerId = random.chance(0.5) ? random.pick(producerIds) : -1;
    const last = model.ofProducer(producerId).at(-1);
    const baseSequence = producerId < 0 ? -1 : last === undefined ? 0 : last.baseSequence + last.values.length;
    const timestamp = this.clock.now() - random.below(5000);
    const batch = { baseOffset: model.endOffset, values, timestamp, producerId, baseSequence };
    const compression = random.pick(['none', 'none', 'gzip', 'lz4'] as const);
    return {
      batch,
      options: { timestamp, producerId, producerEpoch: producerId < 0 ? -1 : 0, baseSequence, compression },
    };
  }

  append(index: number, plan: (operation: FileOperation) => Fault | null = () => null): void {
    const model = this.models[index]!;
    const { batch, options } = this.newBatch(model);
    this.files.plan = plan;
    try {
      const result = this.log(index).append(batchOf(batch.values, options));
      assert.equal(result.baseOffset, model.endOffset);
      assert.equal(result.duplicate, false);
      this.keep(model, batch);
      this.count('appended');
      this.expectDurable(model, result);
    } catch (error) {
      if (this.files.hasCrashed) model.unanswered = batch;
      else if (!(error instanceof StorageError) || error.kafkaError !== 'KAFKA_STORAGE_ERROR') throw error;
      this.count('append failed');
    } finally {
      this.files.plan = () => null;
    }
  }

  /** When the append may be acknowledged, it is on the disk. */
  expectDurable(model: ModelPartition, { flushed, lastOffset }: AppendResult): void {
    assert.equal(flushed !== null, this.isFsyncMode);
    if (flushed === null) return;
    const { files } = this;
    const noted = flushed.then(
      () => {
        if (files.hasCrashed) return;
        model.durableOffset = Math.max(model.durableOffset, lastOffset + 1);
        this.count('acknowledged after fsync');
      },
      () => {
        model.isStuck = true;
      },
    );
    this.unflushed.push(noted);
  }

  keep(model: ModelPartition, batch: ModelBatch): void {
    model.batches.push(batch);
    model.endOffset = batch.baseOffset + batch.values.length;
  }

  appendAgain(index: number): void {
    const model = this.models[index]!;
    const sent = model.ofProducer(this.random.pick(producerIds)).slice(-5);
    if (sent.length === 0) return;
    const batch = this.random.pick(sent);
    const { timestamp, producerId, baseSequence, values } = batch;
    const again = batchOf(values, { timestamp, producerId, producerEpoch: 0, baseSequence });
    const result = this.log(index).append(again);
    assert.deepEqual([result.duplicate, result.baseOffset], [true, batch.baseOffset]);
    // Not acknowledged before the first one is.
    if (result.lastOffset >= this.log(index).highWatermark) this.expectDurable(model, result);
    const gap = batchOf(['gap'], {
      timestamp,
      producerId,
      producerEpoch: 0,
      baseSequence: sent.at(-1)!.baseSequence + 99,
    });
    assert.throws(() => this.log(index).append(gap), { kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
    this.count('duplicate');
  }

  async read(index: number): Promise<void> {
    const model = this.models[index]!;
    const log = this.log(index);
    const offset = model.logStartOffset + this.random.below(model.endOffset - model.logStartOffset + 1);
    const maxBytes = this.random.pick([0, 1, 300, 2000, 100_000]);
    const minOneBatch = this.random.chance(0.7);
    const { highWatermark } = log;
    assert.ok(highWatermark <= model.endOffset);
    if (this.unflushed.length === 0 && !model.isStuck) assert.ok(highWatermark >= model.durableOffset);
    const buffers = await log.read(offset, maxBytes, minOneBatch);
    const headers = headersOf(buffers);
    const sizeBytes = buffers.reduce((sum, { length }) => sum + length, 0);
    assert.equal(
      sizeBytes,
      headers.reduce((sum, header) => sum + header.sizeBytes, 0),
      'only whole batches',
    );
    assert.ok(sizeBytes <= maxBytes || (minOneBatch && headers.length === 1));
    const expected = model.records();
    const byOffset = new Map(expected.map((record) => [record.offset, record]));
    for (const record of recordsOf(buffers)) {
      assert.deepEqual(record, byOffset.get(record.offset));
      assert.ok(record.offset < log.highWatermark, 'seen before it is durable');
    }
    const isThere = expected.some((record) => record.offset >= offset && record.offset < highWatermark);
    if (minOneBatch) assert.equal(headers.length > 0, isThere);
    if (headers.length > 0) {
      const next = expected.find((record) => record.offset >= offset)!.offset;
      assert.ok(headers[0]!.baseOffset <= next && headers[0]!.lastOffset >= next);
    }
    for (const wrong of [model.logStartOffset - 1, model.endOffset + 1]) {
      assert.throws(() => log.read(wrong, 1, true), { kafkaError: 'OFFSET_OUT_OF_RANGE' });
    }
    this.count('read');
  }

  findTime(index: number): void {
    const readable = this.models[index]!.readable();
    const timestamp = this.clock.now() - this.random.below(20_000);
    const { highWatermark } = this.log(index);
    const expected = readable.find((record) => record.timestamp >= timestamp && record.offset < highWatermark);
    const found = this.log(index).offsetForTimestamp(timestamp);
    assert.deepEqual(found, expected === undefined ? null : { offset: expected.offset, timestamp: expected.timestamp });
    this.count('time found');
  }

  async deleteRecords(index: number): Promise<void> {
    const model = this.models[index]!;
    const { highWatermark } = this.log(index);
    const offset = model.logStartOffset + this.random.below(Math.max(0, highWatermark - model.logStartOffset) + 1);
    assert.equal(this.log(index).deleteRecords(offset), offset);
    model.logStartOffset = offset;
    model.deletedBelow = Math.max(model.deletedBelow, offset);
    if (this.random.chance(0.5)) await this.flushMetadata();
    this.count('records deleted');
  }

  async retention(): Promise<void> {
    this.store.setTopicConfigs('log', { ...this.store.topic('log')!.configs, 'retention.bytes': '4000' });
    await this.store.maintain();
    this.checkSynced('/log-');
    for (const [index, model] of this.models.entries()) {
      const log = this.log(index);
      assert.ok(log.logStartOffset >= model.logStartOffset && log.logStartOffset <= model.endOffset);
      model.logStartOffset = log.logStartOffset;
      model.durableOffset = model.endOffset;
    }
    this.store.setTopicConfigs('log', { ...this.store.topic('log')!.configs, 'retention.bytes': '-1' });
    await this.flushMetadata();
    this.count('retention');
  }

  async flushMetadata(): Promise<void> {
    const starts = this.models.map(({ deletedBelow }) => deletedBelow);
    await this.store.flushMetadata();
    for (const [index, model] of this.models.entries()) model.durableStart = starts[index]!;
  }

  async maintain(): Promise<void> {
    await this.store.maintain();
    this.checkSynced('/log-');
    for (const model of this.models) model.durableOffset = model.endOffset;
    this.count('maintained');
  }

  checkSynced(where: string): void {
    const unsynced = this.files.unsyncedPaths().filter((path) => path.includes(where) && path.endsWith('.log'));
    assert.deepEqual(unsynced, [], 'all segments are synced');
  }

  async flush(index: number): Promise<void> {
    await Promise.all(this.unflushed.splice(0));
    await this.log(index).flush();
    this.checkSynced(`log-${index}/`);
    this.models[index]!.durableOffset = this.models[index]!.endOffset;
    this.count('flushed');
  }

  async restart(): Promise<void> {
    await Promise.all(this.unflushed.splice(0));
    await this.store.close();
    this.checkSynced('/log-');
    await this.open();
    assert.equal(this.store.recovery.isClean, true);
    assert.deepEqual(this.store.recovery.findings, []);
    for (const model of this.models) model.durableOffset = model.endOffset;
    await this.verify(false);
    this.count('restarted');
  }

  /** The process is gone in the middle of a write: what was acknowledged is there, and nothing else but perhaps the last append. */
  async kill(index: number): Promise<void> {
    const afterBytes = this.random.below(600);
    let seenBytes = 0;
    this.append(index, ({ kind, sizeBytes }) => {
      if (kind !== 'write') return this.random.chance(0.02) ? { code: 'CRASH' } : null;
      seenBytes += sizeBytes;
      return seenBytes > afterBytes ? { code: 'CRASH', afterBytes: afterBytes - (seenBytes - sizeBytes) } : null;
    });
    this.files.hasCrashed = true;
    await this.reopenAfterCrash();
    await this.verify(false);
    this.count('killed');
  }

  /** The machine is gone: what was not synced may be lost, but what is left is right. */
  async powerCut(): Promise<void> {
    // Now and then while fsyncs go on.
    if (this.random.chance(0.5)) await Promise.all(this.unflushed.splice(0));
    this.files.hasCrashed = true;
    this.disk.powerCut(this.random);
    await this.reopenAfterCrash();
    await this.verify(true);
    this.count('power cut');
  }

  async reopenAfterCrash(): Promise<void> {
    this.unflushed = [];
    await this.open();
  }

  /** Compares everything; after a power cut the model takes over what was lost. */
  async verify(mayHaveLost: boolean): Promise<void> {
    await Promise.all(this.unflushed.splice(0));
    for (const [index, model] of this.models.entries()) {
      const log = this.log(index);
      const found = await readAll(log, undefined, this.random.pick([500, 5000]));
      if (model.unanswered !== null) {
        const first = found.find(({ offset }) => offset === model.unanswered!.baseOffset);
        if (first !== undefined) this.keep(model, model.unanswered);
        model.unanswered = null;
      }
      if (mayHaveLost) this.acceptLoss(model, log, found);
      assert.equal(log.logStartOffset, model.logStartOffset);
      assert.equal(log.logEndOffset, model.endOffset);
      const expected = model.readable();
      if (!isDeepStrictEqual(found, expected)) assert.equal(summary(found), summary(expected));
    }
  }

  acceptLoss(model: ModelPartition, log: PartitionLog, found: StoredRecord[]): void {
    const offsets = new Set(found.map(({ offset }) => offset));
    assert.ok(
      log.logEndOffset >= model.durableOffset,
      `${log.logEndOffset} records, ${model.durableOffset} were synced: ${JSON.stringify(this.store.recovery.findings)}`,
    );
    assert.ok(
      log.logStartOffset >= model.durableStart,
      `starts at ${log.logStartOffset}, ${model.durableStart} was durable`,
    );
    // What is lost is an end, never something before what is there.
    for (const { offset } of model.records()) {
      if (offset < log.logStartOffset || offset >= log.logEndOffset || offsets.has(offset)) continue;
      assert.fail(`lost ${offset} of ${summary(model.records())}: ${JSON.stringify(this.store.recovery)}`);
    }
    model.logStartOffset = log.logStartOffset;
    model.deletedBelow = Math.min(model.deletedBelow, log.logStartOffset);
    model.endOffset = log.logEndOffset;
    // What was read back from the disk now is on the disk.
    model.durableOffset = Math.min(model.durableOffset, model.endOffset);
    model.batches = model.batches.filter(({ baseOffset, values }) => {
      return baseOffset + values.length <= log.logStartOffset || offsets.has(baseOffset + values.length - 1);
    });
    this.forgetBroken(model, log);
  }

  /**
   * After a loss the sequence of a producer goes on from what is there, and what is before a gap is forgotten. Of records that had
   * been deleted before, only the log knows whether they were lost.
   */
  forgetBroken(model: ModelPartition, log: PartitionLog): void {
    const infos = log.producers();
    for (const producerId of producerIds) {
      const lastSequence = infos.find((info) => info.producerId === producerId)?.lastSequence ?? -1;
      for (const batch of model.ofProducer(producerId)) {
        if (batch.baseSequence <= lastSequence) continue;
        assert.ok(
          batch.baseOffset < model.logStartOffset,
          `the log forgot sequence ${batch.baseSequence}, which it has`,
        );
        batch.producerId = -1;
      }
      const kept = model.ofProducer(producerId);
      const start = kept.findLastIndex((batch, at) => {
        const before = kept[at - 1];
        return before !== undefined && before.baseSequence + before.values.length !== batch.baseSequence;
      });
      for (const batch of kept.slice(0, Math.max(0, start))) batch.producerId = -1;
    }
  }

  fault(): (operation: FileOperation) => Fault | null {
    const { random } = this;
    const target = random.pick(['write', 'write', 'open', 'truncate', 'replace'] as const);
    const code = random.pick(['ENOSPC', 'EIO'] as const);
    return ({ kind }) => (kind === target ? { code, afterBytes: random.below(300) } : null);
  }

  async step(): Promise<void> {
    const { random } = this;
    const index = random.below(partitions);
    this.clock.advance(random.below(2000));
    // A failed fsync is known a few turns later; the fsyncs of others still go on then.
    for (let turn = 0; turn < 15; turn++) await null;
    const stuck = this.models.findIndex(({ isStuck }) => isStuck);
    if (stuck >= 0) return this.kill(stuck);
    const dice = random.below(1000);
    if (dice < 500) this.append(index);
    else if (dice < 560) this.append(index, this.fault());
    else if (dice < 620) this.appendAgain(index);
    else if (dice < 800) await this.read(index);
    else if (dice < 870) this.findTime(index);
    else if (dice < 890) await this.flush(index);
    else if (dice < 900) await Promise.all(this.unflushed.splice(0));
    else if (dice < 930) await this.maintain();
    else if (dice < 940) await this.deleteRecords(index);
    else if (dice < 945) this.clock.advance(4_000_000);
    else if (dice < 950) await this.retention();
    else if (dice < 965) await this.restart();
    else if (dice < 985) await this.kill(index);
    else await this.powerCut();
  }
}

/** Short enough to see the difference. */
function summary(records: StoredRecord[]): string {
  return records.map(({ offset, value }) => `${offset}:${value?.replaceAll('.', '')}`).join(' ');
}

/**
 * Random appends, reads, rolls, faults, kills and power cuts against the model.
 *
 * @returns how often each thing happened
 */
export async function simulateLog(seed: number, steps: number): Promise<Record<string, number>> {
  const simulation = new Simulation(new SeededRandom(seed));
  await simulation.create();
  let done = 0;
  try {
    for (; done < steps; done++) await simulation.step();
    await simulation.verify(false);
    await simulation.store.close();
  } catch (error) {
    throw new Error(`Repeat with SEED=${seed}; step ${done} of ${steps}`, { cause: error });
  }
  return simulation.counts;
}
