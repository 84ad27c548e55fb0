import assert from 'node:assert/strict';
import { committedOffsets } from './committed-offsets.ts';
import { IdempotentProducer } from './idempotent-producer.ts';
import { type Actor, type Load, makeTopic } from './load.ts';
import { readPartition } from './partition-reader.ts';
import { pause } from './pause.ts';
import { ConnectionLost, Session } from './session.ts';
import { initTransactions, TransactionClient, TransactionRefused } from './transaction-client.ts';
import type { World } from './world.ts';

const input = 'kill-input';
const output = 'kill-output';
const processors = 2;
const outputs = 3;
const groupId = 'kill-processors';

/**
 * Consume, transform, produce: a processor for each partition of the input writes two records for each that it reads, into different
 * partitions, and commits its position in the same transaction; some transactions are aborted, some left open. Whatever is killed
 * when, every input record below the committed position has its two outputs, once and in order, and no other record has any.
 */
export class TransactionLoad implements Load {
  readonly name = 'transactions';
  readonly actors: Actor[];
  readonly #processors: Processor[];
  /** Input records by partition that were acknowledged: record n stands at offset n. */
  readonly #available = Array.from({ length: processors }, () => 0);
  readonly #outputs = Array.from({ length: outputs }, () => new OutputPartition());

  constructor(world: World) {
    const { random } = world;
    const feeder = new IdempotentProducer(new Session(world), {
      topic: input,
      partitions: processors,
      recordOf: (partition, n) => ({ key: 'in', value: `${partition}:${n}` }),
      onAcknowledged: ({ partition, first, count, baseOffset }) => {
        assert.equal(baseOffset, first, `record ${first} of ${input}-${partition}`);
        this.#available[partition] = first + count;
      },
    });
    const feed = async (isEnding: boolean) => {
      if (isEnding && !feeder.hasUnanswered) return false;
      const hungry = () => [random.below(processors)];
      await feeder.step(isEnding ? 0 : 1, hungry, () => 1 + random.below(10));
      await pause(random, 20);
      return true;
    };
    this.#processors = this.#available.map(
      (_, partition) => new Processor(world, partition, () => this.#available[partition]!),
    );
    this.actors = [{ step: feed }, ...this.#processors];
  }

  async prepare(session: Session): Promise<void> {
    await makeTopic(session, input, processors, {});
    await makeTopic(session, output, outputs, { 'segment.bytes': '50000' });
  }

  async check(session: Session, isFinal: boolean): Promise<void> {
    // As they are found, some still open: nothing that was aborted or never committed shows.
    for (let partition = 0; partition < outputs; partition++) await this.#read(session, partition, isFinal, false);
    for (const processor of this.#processors) {
      await initTransactions(session, processor.transactionalId);
      processor.mustBegin = true;
    }
    const committed = await committedOffsets(session, groupId, input, processors);
    for (const processor of this.#processors) processor.resolve(committed[processor.partition]!.offset);
    for (let partition = 0; partition < outputs; partition++) await this.#read(session, partition, isFinal, true);
  }

  summary(): string {
    const sum = (of: (processor: Processor) => number) => this.#processors.reduce((total, each) => total + of(each), 0);
    const records = sum((processor) => processor.position);
    return `${sum(({ commits }) => commits)} committed, ${sum(({ aborts }) => aborts)} aborted, ${records} records`;
  }

  async #read(session: Session, partition: number, isFinal: boolean, isDecided: boolean): Promise<void> {
    const found = this.#outputs[partition]!;
    // Before all is decided, only a look; then the reading that counts.
    const next = [...(isFinal ? found.begin() : found.next)];
    const from = isFinal ? 0 : found.readTo;
    const view = await readPartition(session, output, partition, from, 'read_committed', ({ value, offset }) => {
      const [input, n, attempt] = value!.split(':').map(Number) as [number, number, number];
      const processor = this.#processors[input]!;
      const where = `output of ${input}:${n} in partition ${partition} at ${offset}`;
      assert.ok(goesTo(n).includes(partition), `${where} is not where it belongs`);
      assert.equal(n, nextOf(next[input]!, partition), `${where}: twice, out of order, or one before it is lost`);
      assert.ok(n < processor.highest, `${where} was never committed`);
      assert.equal(attempt, processor.attemptOf(n), `${where} is of an attempt that was not committed`);
      next[input] = n + 1;
    });
    if (!isDecided) return;
    for (const { partition: input, position } of this.#processors) {
      const due = nextOf(next[input]!, partition);
      assert.ok(
        due >= position,
        `output of ${input}:${due} in partition ${partition} is lost, ${position} is committed`,
      );
    }
    found.next = next;
    found.readTo = view.endOffset;
  }
}

/** How far the outputs in one partition were read, by input. */
class OutputPartition {
  readTo = 0;
  next = this.begin();

  begin(): number[] {
    return Array.from({ length: processors }, () => 0);
  }
}

/** The two partitions that have outputs of an input record. */
function goesTo(n: number): number[] {
  return [n % outputs, (n + 1) % outputs];
}

/** The first input record from `from` on that has an output there. */
function nextOf(from: number, partition: number): number {
  let n = from;
  while (!goesTo(n).includes(partition)) n++;
  return n;
}

class Processor implements Actor {
  readonly transactionalId: string;
  readonly partition: number;
  /** Somebody else may have ended what was open. */
  mustBegin = true;
  /** Input records below it are done: their transactions were acknowledged, or found committed. */
  position = 0;
  commits = 0;
  aborts = 0;
  readonly #world: World;
  readonly #session: Session;
  readonly #client: TransactionClient;
  readonly #available: () => number;
  /** By input record: which transaction its outputs are of. */
  readonly #attempts: number[] = [];
  #attempt = 0;
  /** Where a commit leads that was asked for and not answered. */
  #asked: number | null = null;
  #refusals = 0;

  constructor(world: World, partition: number, available: () => number) {
    this.partition = partition;
    this.transactionalId = `kill-processor-${partition}`;
    this.#world = world;
    this.#session = new Session(world);
    this.#client = new TransactionClient(this.#session, this.transactionalId, partition % 2 === 0 ? 2 : 1);
    this.#available = available;
  }

  /** No input record from here on can have outputs. */
  get highest(): number {
    return this.#asked ?? this.position;
  }

  attemptOf(n: number): number | undefined {
    return this.#attempts[n];
  }

  /** What the group has committed tells how the transaction ended whose answer a kill took. */
  resolve(committed: number): void {
    const found = Math.max(0, committed);
    const isAllowed = found === this.position || found === this.#asked;
    assert.ok(
      isAllowed,
      `${this.transactionalId}: committed ${found}, acknowledged ${this.position}, asked ${this.#asked}`,
    );
    this.position = found;
    this.#asked = null;
  }

  async step(isEnding: boolean): Promise<boolean> {
    if (isEnding) return false;
    if (this.mustBegin) await this.#begin();
    try {
      await this.#transaction();
      this.#refusals = 0;
    } catch (error) {
      this.mustBegin = true;
      if (error instanceof ConnectionLost) throw error;
      // Fenced by a check, or refused for the moment: a client begins anew.
      if (!(error instanceof TransactionRefused) || this.#refusals++ > 20) throw error;
    }
    await pause(this.#world.random, 10);
    return true;
  }

  async #begin(): Promise<void> {
    await this.#client.init();
    const committed = await committedOffsets(this.#session, groupId, input, processors);
    this.resolve(committed[this.partition]!.offset);
    this.mustBegin = false;
  }

  async #transaction(): Promise<void> {
    const { random } = this.#world;
    const end = Math.min(this.#available(), this.position + 1 + random.below(8));
    if (end <= this.position) return;
    const attempt = ++this.#attempt;
    const batches = new Map<number, { key: string; value: string; timestamp: number }[]>();
    for (let n = this.position; n < end; n++) {
      for (const partition of goesTo(n)) {
        const records = batches.get(partition) ?? [];
        records.push({ key: 'out', value: `${this.partition}:${n}:${attempt}`, timestamp: Date.now() });
        batches.set(partition, records);
      }
    }
    for (const [partition, records] of batches) await this.#client.produce(output, partition, records);
    if (random.chance(0.04)) {
      // A client that dies and comes back: its transaction is left open until then.
      this.mustBegin = true;
      return;
    }
    await this.#client.commitOffset(groupId, input, this.partition, end);
    if (random.chance(0.25)) {
      await this.#client.end(false);
      this.aborts++;
      return;
    }
    for (let n = this.position; n < end; n++) this.#attempts[n] = attempt;
    this.#asked = end;
    await this.#client.end(true);
    this.position = end;
    this.#asked = null;
    this.commits++;
  }
}
