import { ClientError, type Consumer, type FetchedBatch } from '@headwater/client';
import { RecordSchemas, SchemaForms } from '@headwater/rest';
import { HeadwaterError } from '../headwater-error.ts';
import { counted } from '../kafka-command/columns.ts';
import { type CommandContext, interruptedExitCode } from '../kafka-command/command-context.ts';
import { type Connected, withKafka } from '../kafka-command/connect-kafka.ts';
import { connectRegistry } from '../kafka-command/connect-registry.ts';
import { type Bounds, boundsOf, recordsIn, requireTopics } from '../kafka-command/find-topics.ts';
import { offsetsAt } from '../kafka-command/log-position.ts';
import { goneReader, writeOutput } from '../kafka-command/write-output.ts';
import { type ConsumeFlags, consumeUsage, parseConsumeFlags } from './consume-flags.ts';
import { RecordLines } from './record-lines.ts';

const commitIntervalMs = 5_000;

/** Runs `headwater consume`. Resolves with the exit code. Throws HW_CLI_USAGE. */
export async function consumeCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const flags = parseConsumeFlags(args, Date.now());
  if (flags === 'help') {
    context.output.write(`${consumeUsage}\n`);
    return 0;
  }
  const registry = connectRegistry(flags.registry, context);
  try {
    const lines = new RecordLines(flags, new RecordSchemas(new SchemaForms(registry)));
    return await withKafka(flags.connection, context, (connected) =>
      new Reading(connected, flags, lines, context).run(),
    );
  } finally {
    registry.close();
  }
}

/** One run: from where it starts to its end, or until it is stopped. */
class Reading {
  readonly #connected: Connected;
  readonly #flags: ConsumeFlags;
  readonly #lines: RecordLines;
  readonly #context: CommandContext;
  /** Aborts at Ctrl-C and when the reader of the output has gone. */
  readonly #stop: AbortSignal;
  readonly #gone: AbortSignal;
  /** Where each log ended at the start; null: it is followed. */
  #ends: Bounds | null = null;
  /** After the last record that was written, of a group: what is committed. */
  readonly #written: Record<string, Record<number, number>> = {};
  #shown = 0;
  #read = 0;

  constructor(connected: Connected, flags: ConsumeFlags, lines: RecordLines, context: CommandContext) {
    this.#connected = connected;
    this.#flags = flags;
    this.#lines = lines;
    this.#context = context;
    this.#gone = goneReader(context.output);
    this.#stop = AbortSignal.any([context.signal, this.#gone]);
  }

  async run(): Promise<number> {
    const { signal } = this.#context;
    const startedMs = performance.now();
    const consumer = await this.#open();
    try {
      await this.#loop(consumer);
    } catch (error) {
      if (!this.#stop.aborted) throw error;
    } finally {
      await this.#commit(consumer).catch((error: Error) =>
        this.#context.errors.write(`headwater: not committed: ${error.message}\n`),
      );
      await consumer.close();
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const read = this.#read === this.#shown ? '' : ` of ${counted(this.#read, 'record')} read`;
    this.#say(`${counted(this.#shown, 'record')}${read}, in ${seconds.toFixed(1)} s`);
    return signal.aborted ? interruptedExitCode : 0;
  }

  async #open(): Promise<Consumer> {
    const { client } = this.#connected;
    const { topics, partitions, group, from, isEnding, isUncommitted } = this.#flags;
    const isolation = isUncommitted ? 'read_uncommitted' : 'read_committed';
    const found = await requireTopics(this.#connected, topics, this.#stop);
    for (const { name, partitions: held } of found) {
      const missing = partitions?.find((index) => !held.some(({ partition }) => partition === index));
      if (missing === undefined) continue;
      throw new HeadwaterError(
        'HW_CONSUME_PARTITION',
        `${name} has no partition ${missing}: it has 0 to ${held.length - 1}`,
      );
    }
    const chosen = found.map((topic) => ({
      ...topic,
      partitions: topic.partitions.filter(({ partition }) => partitions?.includes(partition) ?? true),
    }));
    const bounds = await boundsOf(this.#connected, chosen, this.#stop, isolation);
    if (isEnding) this.#ends = bounds;
    if (group !== undefined) {
      const reset =
        from.kind === 'time' ? { timestamp: from.timestamp } : from.kind === 'earliest' ? from.kind : 'latest';
      if (from.kind === 'offset' || from.kind === 'last') {
        throw new HeadwaterError(
          'HW_CLI_USAGE',
          `--from takes earliest, latest or a time with --group: headwater groups reset ${group} sets its offsets`,
        );
      }
      const wanted =
        partitions === undefined
          ? { topics }
          : { partitions: Object.fromEntries(topics.map((topic) => [topic, partitions])) };
      const consumer = client.consumer({
        groupId: group,
        ...wanted,
        autoCommit: false,
        autoOffsetReset: reset,
        isolation,
      });
      await consumer.start();
      return consumer;
    }
    const starts = await offsetsAt(this.#connected, from, bounds, this.#stop);
    const consumer = client.consumer({
      partitions: Object.fromEntries([...bounds].map(([topic, held]) => [topic, [...held.keys()]])),
      autoOffsetReset: 'earliest',
      isolation,
    });
    await consumer.start();
    let left = 0;
    for (const [topic, offsets] of starts) {
      for (const [partition, offset] of offsets) {
        consumer.seek(topic, partition, offset);
        left += bounds.get(topic)!.get(partition)!.latest - offset;
      }
    }
    if (!isEnding && left === 0) {
      const there = [...bounds.values()].reduce((sum, held) => sum + recordsIn(held), 0);
      const hint = there > 0 ? `; --from earliest shows the ${counted(there, 'record')} that are there` : '';
      this.#say(`waiting for new records of ${topics.join(', ')}${hint}`);
    }
    return consumer;
  }

  async #loop(consumer: Consumer): Promise<void> {
    let committedMs = performance.now();
    while (!this.#isAtEnd(consumer) && this.#shown < this.#flags.max) {
      const batches = await consumer.poll({ maxWaitMs: 500, signal: this.#stop });
      for (const batch of batches) {
        await this.#show(batch);
        if (this.#stop.aborted || this.#shown >= this.#flags.max) return;
      }
      if (performance.now() - committedMs < commitIntervalMs) continue;
      await this.#commit(consumer);
      committedMs = performance.now();
    }
  }

  #isAtEnd(consumer: Consumer): boolean {
    if (this.#ends === null) return false;
    const positions = consumer.positions();
    const assigned = consumer.assignment();
    // A member that has not been given anything yet knows nothing; one that others left nothing for waits for its share.
    if (assigned.length === 0) return [...this.#ends.values()].every((held) => held.size === 0);
    return assigned.every(({ topic, partition }) => {
      const end = this.#ends!.get(topic)?.get(partition)?.latest;
      return end === undefined || (positions[topic]?.[partition] ?? -1) >= end;
    });
  }

  async #show(batch: FetchedBatch): Promise<void> {
    const { topic, partition } = batch;
    const end = this.#ends?.get(topic)?.get(partition)?.latest ?? Number.POSITIVE_INFINITY;
    const records = batch.records();
    await this.#lines.prepare(records);
    const pieces: (string | Buffer)[] = [];
    let next = batch.nextOffset;
    for (const record of records) {
      if (record.offset >= end || this.#shown >= this.#flags.max) {
        next = record.offset;
        break;
      }
      this.#read += 1;
      const line = this.#lines.line(record, batch);
      if (line === undefined) continue;
      pieces.push(line);
      this.#shown += 1;
    }
    await this.#write(pieces);
    if (!this.#gone.aborted) (this.#written[topic] ??= {})[partition] = next;
  }

  #write(pieces: readonly (string | Buffer)[]): Promise<void> | undefined {
    if (pieces.length === 0) return undefined;
    if (pieces.every((piece) => typeof piece === 'string')) return writeOutput(this.#context.output, pieces.join(''));
    const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
    return writeOutput(this.#context.output, Buffer.concat(bytes));
  }

  async #commit(consumer: Consumer): Promise<void> {
    if (this.#flags.group === undefined || Object.keys(this.#written).length === 0) return;
    const held = new Set(consumer.assignment().map(({ topic, partition }) => `${topic}/${partition}`));
    const offsets: Record<string, Record<number, number>> = {};
    for (const [topic, partitions] of Object.entries(this.#written)) {
      for (const [partition, offset] of Object.entries(partitions)) {
        // What went to another member meanwhile is that one's to commit.
        if (held.has(`${topic}/${partition}`)) (offsets[topic] ??= {})[Number(partition)] = offset;
      }
      delete this.#written[topic];
    }
    if (Object.keys(offsets).length === 0) return;
    try {
      await consumer.commit(offsets);
    } catch (error) {
      // It was given to others: they read again what was written here since the last commit, as with any group.
      if (!(error instanceof ClientError && error.code === 'HW_CLIENT_GROUP_FENCED')) throw error;
    }
  }

  #say(text: string): void {
    if (!this.#flags.isQuiet && !this.#gone.aborted) this.#context.errors.write(`${text}\n`);
  }
}
