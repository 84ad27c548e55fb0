import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EachRecord, Producer } from '@headwater/client';
import { HeadwaterError } from '../headwater-error.ts';
import { counted } from '../kafka-command/columns.ts';
import { type CommandContext, interruptedExitCode } from '../kafka-command/command-context.ts';
import { type Connected, withKafka } from '../kafka-command/connect-kafka.ts';
import { connectRegistry } from '../kafka-command/connect-registry.ts';
import { requireTopics } from '../kafka-command/find-topics.ts';
import { findSchema } from './find-schema.ts';
import { LineRecords } from './line-records.ts';
import { LineSplitter } from './line-splitter.ts';
import { type ProduceFlags, parseProduceFlags, produceUsage } from './produce-flags.ts';

/** Calls of `send` that are not acknowledged: enough for full batches, few enough for little memory. */
const inFlightMax = 32;
const maxBufferedBytes = 8 * 1024 * 1024;

/** Runs `headwater produce`. Resolves with the exit code. Throws HW_CLI_USAGE. */
export async function produceCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const flags = parseProduceFlags(args);
  if (flags === 'help') {
    context.output.write(`${produceUsage}\n`);
    return 0;
  }
  const registry = connectRegistry(flags.registry, context);
  const say = (text: string): void => {
    if (!flags.isQuiet) context.errors.write(`${text}\n`);
  };
  try {
    return await withKafka(flags.connection, context, async (connected) => {
      const [topic] = await requireTopics(connected, [flags.topic], context.signal);
      const { partition } = flags;
      if (partition !== undefined && partition >= topic!.partitions.length) {
        throw new HeadwaterError(
          'HW_PRODUCE_PARTITION',
          `${flags.topic} has no partition ${partition}: it has 0 to ${topic!.partitions.length - 1}`,
        );
      }
      const schema = await findSchema(flags, registry, context, say);
      return new Sending(connected, flags, new LineRecords(flags, schema), context).run();
    });
  } finally {
    registry.close();
  }
}

/** One run: what was read, what was acknowledged, and what went wrong. */
class Sending {
  readonly #flags: ProduceFlags;
  readonly #records: LineRecords;
  readonly #context: CommandContext;
  readonly #producer: Producer;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #startedMs = performance.now();
  #sent = 0;
  #acknowledged = 0;
  #failed = 0;
  /** The first that went wrong; nothing is read after it. */
  #failure: unknown = null;

  constructor({ client }: Connected, flags: ProduceFlags, records: LineRecords, context: CommandContext) {
    this.#flags = flags;
    this.#records = records;
    this.#context = context;
    const { acks, compression, rate } = flags;
    this.#producer = client.producer({
      acks,
      compression,
      maxBufferedBytes,
      allowAutoTopicCreation: false,
      // Somebody types, or wants a steady stream: then a record does not wait for others.
      lingerMs: context.input.isTTY === true || Number.isFinite(rate) ? 0 : 5,
    });
  }

  async run(): Promise<number> {
    const { signal } = this.#context;
    const splitter = new LineSplitter();
    try {
      for await (const chunk of await this.#source()) {
        const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string);
        await this.#send(splitter.push(bytes));
        if (this.#failure !== null || signal.aborted) break;
      }
      if (this.#failure === null && !signal.aborted) await this.#send(splitter.end());
    } catch (error) {
      if (!signal.aborted) this.#failure ??= error;
    }
    // What was accepted is seen through, also after Ctrl-C.
    await this.#producer.flush();
    await Promise.all(this.#inFlight);
    this.#report();
    if (this.#failure !== null) throw this.#failure;
    return signal.aborted ? interruptedExitCode : 0;
  }

  async #source(): Promise<Readable> {
    const { file, values } = this.#flags;
    const { cwd, input, signal } = this.#context;
    if (values !== undefined) return Readable.from(values.map((value) => Buffer.from(`${value}\n`)));
    if (file === undefined) {
      if (input.isTTY === true && !this.#flags.isQuiet)
        this.#context.errors.write('each line is a record; Ctrl-D ends\n');
      // Without a signal a pending read would go on for as long as the pipe is open.
      signal.addEventListener('abort', () => input.destroy(), { once: true });
      return input;
    }
    try {
      const handle = await open(resolve(cwd, file));
      return createReadStream('', { fd: handle, highWaterMark: 256 * 1024, signal });
    } catch (cause) {
      throw new HeadwaterError('HW_PRODUCE_FILE', `${file} cannot be read: ${(cause as Error).message}`, cause);
    }
  }

  async #send(lines: readonly Buffer[]): Promise<void> {
    const { rate } = this.#flags;
    // With a rate ten times a second what is due then.
    const size = Number.isFinite(rate) ? Math.max(1, Math.floor(rate / 10)) : lines.length;
    for (let from = 0; from < lines.length; from += size) {
      const some = lines.slice(from, from + size);
      const records: EachRecord[] = [];
      for (const line of some) {
        // Text is taken to the letter; elsewhere an empty line is none.
        if (line.length === 0 && this.#flags.format !== 'text') {
          this.#sent += 1;
          continue;
        }
        try {
          records.push(this.#records.record(line, this.#sent + 1));
        } catch (error) {
          this.#failure ??= error;
          break;
        }
        this.#sent += 1;
      }
      if (records.length > 0) await this.#dispatch(records, this.#sent);
      if (this.#failure !== null || this.#context.signal.aborted) return;
      if (Number.isFinite(rate)) await this.#pace(rate);
    }
  }

  async #dispatch(records: EachRecord[], lastLine: number): Promise<void> {
    const { topic, partition } = this.#flags;
    const placed = partition === undefined ? records : records.map((record) => ({ ...record, partition }));
    const sending = this.#producer
      .sendEach({ topic, records: placed })
      .then((outcomes) => {
        for (const [at, outcome] of outcomes.entries()) {
          if (!(outcome instanceof Error)) {
            this.#acknowledged += 1;
            continue;
          }
          this.#failed += 1;
          const line = lastLine - records.length + at + 1;
          this.#failure ??= new HeadwaterError('HW_PRODUCE_FAILED', `line ${line}: ${outcome.message}`, outcome);
        }
      })
      .catch((error: unknown) => {
        this.#failed += records.length;
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
    if (this.#inFlight.size >= inFlightMax) await Promise.race(this.#inFlight);
  }

  async #pace(rate: number): Promise<void> {
    const dueMs = this.#startedMs + (this.#sent / rate) * 1000;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await sleep(waitMs, undefined, { signal: this.#context.signal });
  }

  #report(): void {
    const { isQuiet, isJson, topic, acks } = this.#flags;
    const seconds = (performance.now() - this.#startedMs) / 1000;
    if (isJson) {
      const text = JSON.stringify({
        topic,
        acknowledged: this.#acknowledged,
        failed: this.#failed,
        seconds: Number(seconds.toFixed(3)),
      });
      this.#context.output.write(`${text}\n`);
    } else if (!isQuiet) {
      const rate =
        seconds < 0.5 ? '' : ` (${Math.round(this.#acknowledged / seconds).toLocaleString('en-US')} a second)`;
      const failed = this.#failed > 0 ? `, ${counted(this.#failed, 'record')} not` : '';
      const what = acks === 0 ? 'sent, nobody was asked' : 'acknowledged';
      this.#context.errors.write(
        `${counted(this.#acknowledged, 'record')} ${what}${failed}, in ${seconds.toFixed(1)} s${rate}\n`,
      );
    }
  }
}
