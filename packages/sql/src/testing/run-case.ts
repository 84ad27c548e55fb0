import { TopologyTestDriver } from '@headwater/streams';
import type { DataSource } from '../catalog/data-source.ts';
import type { PersistentQuery, ProducedRecord } from '../engine/engine-services.ts';
import { queryErrors } from '../engine/query-errors.ts';
import { newSession } from '../engine/session.ts';
import { SqlEngine } from '../engine/sql-engine.ts';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import { sourceCodecSpec } from '../plan/physical/source-flow.ts';
import { sourcesOf } from '../plan/steps/step.ts';
import { parseScript } from '../syntax/parse.ts';
import { checkSources } from './check-sources.ts';
import { type CompareOptions, recordDifference } from './compare-record.ts';
import { MemoryTopics, RememberedQueries } from './memory-cluster.ts';
import { createMemoryRegistry, type MemoryRegistry } from './memory-registry.ts';
import { declaredSources, prepareTopics } from './prepare-topics.ts';
import { recordBytesCodec, splitRecordWindow, withRecordWindow } from './record-bytes.ts';
import { registerDeclared, registerSchemas } from './register-schemas.ts';
import type { TestCase, TestRecord } from './test-case.ts';

export interface RunOptions {
  readonly functions: FunctionRegistry;
  readonly numbers?: CompareOptions['numbers'];
  /** Of the server; those of a case go before. */
  readonly settings?: Iterable<readonly [string, string]>;
}

export interface CaseResult {
  /** What is wrong; none: passed. */
  readonly failures: readonly string[];
  /** Of a rejection: whether its words were those expected; null where none are. */
  readonly isMessageMet: boolean | null;
  /** Of a rejection: its words. */
  readonly message?: string;
}

const settingsInForce: readonly (readonly [string, string])[] = [
  ['auto.offset.reset', 'earliest'],
  ['ksql.headers.columns.enabled', 'true'],
];

/** Runs a case: its statements, then each of its queries by itself on the records, in the order in which they were made. */
export async function runCase(test: TestCase, options: RunOptions): Promise<CaseResult> {
  const run = new CaseRun(test, options);
  if (test.expectedError !== null) return run.rejection();
  try {
    await run.statements();
    await run.feed();
  } catch (error) {
    return { failures: [errorText(error)], isMessageMet: null };
  }
  return { failures: run.differences(), isMessageMet: null };
}

interface TopicRecord extends ProducedRecord {
  readonly topic: string;
}

class CaseRun {
  readonly #test: TestCase;
  readonly #numbers: CompareOptions['numbers'];
  readonly #topics = new MemoryTopics();
  readonly #queries = new RememberedQueries();
  readonly #registry: MemoryRegistry = createMemoryRegistry();
  readonly #engine: SqlEngine;
  /** How many statements have been executed. */
  #executed = 0;
  #statementsCount = 0;

  constructor(test: TestCase, { functions, numbers, settings = [] }: RunOptions) {
    this.#test = test;
    const isInexact = test.properties.get('use.exact.numeric.comparison') === 'false';
    this.#numbers = numbers ?? (isInexact ? 'inexact' : 'strict');
    this.#engine = new SqlEngine({
      topics: this.#topics,
      queries: this.#queries,
      functions,
      registry: this.#registry.client,
      settings: new Map([...settingsInForce, ...settings, ...test.properties]),
      now: () => 0,
    });
  }

  async statements(): Promise<void> {
    prepareTopics(this.#test, this.#topics);
    const declared = declaredSources(this.#test, this.#engine.settings);
    await registerDeclared(this.#test, declared, this.#registry);
    await registerSchemas(this.#test, this.#registry);
    const script = parseScript(this.#test.statements.join('\n'));
    this.#statementsCount = script.length;
    const session = newSession();
    for (const statement of script) {
      await this.#engine.execute(statement, session);
      this.#executed++;
    }
  }

  async feed(): Promise<void> {
    const { inputs } = this.#test;
    const records = inputs.map((input): TopicRecord => ({ topic: input.topic, ...this.#bytesOf(input) }));
    for (const { topic, ...record } of records) this.#topics.recordsOf(topic).push(record);
    const given = new Set(inputs.map(({ topic }) => topic));
    for (const query of this.#queries.all) await this.#runQuery(query, records, given);
  }

  /** Queries do not run together: each reads all that there is when its turn comes. */
  async #runQuery(query: PersistentQuery, inputs: readonly TopicRecord[], given: ReadonlySet<string>): Promise<void> {
    const { sink, step } = query.plan;
    const topics = new Set(sourcesOf(step).map(({ source }) => source.topic));
    const driver = new TopologyTestDriver(await query.build(), {
      applicationId: `_confluent-ksql-some.ksql.service.idquery_${query.id}`,
      errors: queryErrors(query),
    });
    try {
      const pipe = (topic: string, record: TopicRecord) =>
        driver.pipe(topic, record.key, record.value, record.timestamp, [...record.headers]);
      for (const input of inputs) if (topics.has(input.topic)) pipe(input.topic, input);
      const collect = () => {
        for (const { headers, key, timestamp, value } of driver.take(sink.topic)) {
          this.#topics.recordsOf(sink.topic).push({ key, value, timestamp, headers });
        }
      };
      collect();
      for (const topic of topics) {
        if (given.has(topic)) continue;
        for (const record of [...this.#topics.recordsOf(topic)]) {
          pipe(topic, { topic, ...record });
          collect();
        }
      }
    } finally {
      driver.close();
    }
  }

  /** A rejection has to come, and where there are no records, from the last statement. */
  async rejection(): Promise<CaseResult> {
    const { expectedError, inputs } = this.#test;
    try {
      await this.statements();
      await this.feed();
    } catch (error) {
      const isLast = this.#executed === this.#statementsCount - 1 || this.#statementsCount === 0;
      const text = errorText(error);
      if (inputs.length === 0 && !isLast) {
        return {
          failures: [`statement ${this.#executed + 1} of ${this.#statementsCount} is refused: ${text}`],
          isMessageMet: false,
        };
      }
      if (isUnsupported(error)) return { failures: [text], isMessageMet: false };
      const wanted = expectedError?.message ?? null;
      return { failures: [], isMessageMet: wanted === null ? null : messagesOf(error).includes(wanted), message: text };
    }
    return {
      failures: [`no rejection; expected: ${expectedError?.message ?? expectedError?.type}`],
      isMessageMet: false,
    };
  }

  differences(): string[] {
    const failures: string[] = [];
    const expected = new Map<string, TestRecord[]>();
    for (const output of this.#test.outputs) {
      const records = expected.get(output.topic);
      if (records === undefined) expected.set(output.topic, [output]);
      else records.push(output);
    }
    for (const [topic, records] of expected) failures.push(...this.#topicDifferences(topic, records));
    failures.push(...checkSources(this.#test, this.#engine.catalog, this.#topics, this.#registry));
    return failures;
  }

  #topicDifferences(topic: string, expected: readonly TestRecord[]): string[] {
    const actual = this.#topics.recordsOf(topic);
    const source = this.#sourceOf(topic);
    if (source === null) return [`${topic}: no stream or table has this topic`];
    const failures: string[] = [];
    if (actual.length !== expected.length)
      failures.push(`${topic}: ${actual.length} records, expected ${expected.length}`);
    const keyCodec = recordBytesCodec(sourceCodecSpec(source, 'key', this.#engine));
    const valueCodec = recordBytesCodec(sourceCodecSpec(source, 'value', this.#engine));
    const { window } = source.keyFormat;
    for (let at = 0; at < Math.min(actual.length, expected.length); at++) {
      const record = actual[at]!;
      const wanted = expected[at]!;
      const where = `${topic}[${at}]`;
      let key = record.key;
      if (window !== null && key !== null) {
        const split = splitRecordWindow(key, window.sizeMs);
        key = split.key;
        const isSame =
          wanted.window !== null &&
          split.window.startMs === wanted.window.startMs &&
          split.window.endMs === wanted.window.endMs;
        if (!isSame) {
          failures.push(
            `${where}: window ${split.window.startMs}-${split.window.endMs}, expected ${wanted.window?.startMs}-${wanted.window?.endMs}`,
          );
        }
      }
      const numbers = { ...(this.#numbers && { numbers: this.#numbers }) };
      const keyDifference = recordDifference(wanted.key, keyCodec.decode(key), numbers);
      if (keyDifference !== undefined) failures.push(`${where} key ${keyDifference}`);
      const valueDifference = recordDifference(wanted.value, valueCodec.decode(record.value), numbers);
      if (valueDifference !== undefined) failures.push(`${where} value ${valueDifference}`);
      const isAnyTime = wanted.timestamp === null || (this.#test.inputs.length === 0 && wanted.timestamp === 0);
      if (!isAnyTime && wanted.timestamp !== record.timestamp) {
        failures.push(`${where}: timestamp ${record.timestamp}, expected ${wanted.timestamp}`);
      }
      const headersOf = (headers: readonly { key: string; value: Uint8Array | null }[]) =>
        headers
          .map((each) => `${each.key}=${each.value === null ? null : Buffer.from(each.value).toString('base64')}`)
          .join(',');
      if (headersOf(record.headers) !== headersOf(wanted.headers)) {
        failures.push(`${where}: headers ${headersOf(record.headers)}, expected ${headersOf(wanted.headers)}`);
      }
    }
    return failures;
  }

  #sourceOf(topic: string): DataSource | null {
    return this.#engine.catalog.sources.find((source) => source.topic === topic) ?? null;
  }

  #bytesOf({ headers, key, timestamp, topic, value, window }: TestRecord): ProducedRecord {
    const source = this.#sourceOf(topic);
    if (source === null) throw new Error(`no stream or table has the topic ${topic}`);
    const bytes = (part: 'key' | 'value', json: TestRecord['value']) =>
      recordBytesCodec(
        sourceCodecSpec(source, part, this.#engine),
        this.#registry.latest(`${topic}-${part}`)?.id,
      ).encode(json);
    const keyBytes = bytes('key', key);
    const valueBytes = bytes('value', value);
    return {
      key: window === null ? keyBytes : withRecordWindow(keyBytes, window),
      value: valueBytes,
      timestamp: timestamp ?? 0,
      headers,
    };
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'HW_SQL_UNSUPPORTED';
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs = 'code' in error && String(error.code).startsWith('HW_SQL');
  return isOurs ? error.message : `${error.message}\n${error.stack?.split('\n').slice(1, 6).join('\n')}`;
}

/** With those of the causes. */
function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error && messages.length < 10; each = each.cause) messages.push(each.message);
  return messages.join('\n');
}
