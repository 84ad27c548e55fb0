import { type CommittedOffset, createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { murmur2Partition, type RecordView } from '@headwater/protocol';
import { type JsonValue, jsonText, parseJson } from '@headwater/serdes';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import { sourceCodecSpec } from '../plan/physical/source-flow.ts';
import { type SqlServer, startSql } from '../server/start-sql.ts';
import { recordDifference } from './compare-record.ts';
import { MemoryTopics } from './memory-cluster.ts';
import { createMemoryRegistry, type MemoryRegistry } from './memory-registry.ts';
import { declaredSources, prepareTopics } from './prepare-topics.ts';
import { recordBytesCodec, splitRecordWindow, withRecordWindow } from './record-bytes.ts';
import { registerDeclared, registerSchemas } from './register-schemas.ts';
import { answerDifference, rowsDifference } from './rest-answers.ts';
import type { CaseResult } from './run-case.ts';
import { list, objectOf, type TestCase, type TestRecord, textOf } from './test-case.ts';

export interface RestRunOptions {
  readonly functions: FunctionRegistry;
  /** Of a cluster that nobody else uses. */
  readonly bootstrap: string;
}

const serverSettings: readonly (readonly [string, string])[] = [
  ['auto.offset.reset', 'earliest'],
  ['cache.max.bytes.buffering', '0'],
  ['commit.interval.ms', '20'],
  ['ksql.headers.columns.enabled', 'true'],
  ['ksql.query.pull.table.scan.enabled', 'true'],
];

/** Runs a case of ksqlDB's tests of its REST API: a server on a cluster of its own, asked over HTTP. */
export async function runRestCase(test: TestCase, options: RestRunOptions): Promise<CaseResult> {
  const registry = createMemoryRegistry();
  const client = createClient({ bootstrap: options.bootstrap, clientId: 'rest-case' });
  const server = await startSql({
    bootstrap: options.bootstrap,
    registry: registry.client,
    port: 0,
    serviceId: 'case_',
    settings: serverSettings,
    functions: options.functions,
  });
  try {
    return await new RestCaseRun(test, server, client, registry).run();
  } finally {
    await server.close();
    await client.close();
  }
}

interface Answer {
  readonly status: number;
  readonly body: JsonValue;
}

class RestCaseRun {
  readonly #test: TestCase;
  readonly #server: SqlServer;
  readonly #client: KafkaClient;
  readonly #registry: MemoryRegistry;

  constructor(test: TestCase, server: SqlServer, client: KafkaClient, registry: MemoryRegistry) {
    this.#test = test;
    this.#server = server;
    this.#client = client;
    this.#registry = registry;
  }

  async run(): Promise<CaseResult> {
    const { json, statements } = this.#test;
    await this.#prepare();
    const firstQuery = statements.findIndex((each) => each.startsWith('SELECT '));
    const admin = firstQuery < 0 ? statements : statements.slice(0, firstQuery);
    const queries = firstQuery < 0 ? [] : statements.slice(firstQuery);
    const answers: JsonValue[] = [];
    if (admin.length > 0) {
      const answer = await this.#send('/ksql', admin.join('\n'));
      if (answer.status !== 200) return this.#refused(answer, admin.at(-1)!);
      answers.push(...list(answer.body).map((entity): JsonValue => new Map([['admin', entity]])));
    }
    const isFedLater = objectOf(json.get('inputConditions')).get('waitForActivePushQuery') === true;
    if (!isFedLater) await this.#feed();
    await this.#caughtUp();
    for (const query of queries) {
      const answer = await this.#send('/query', query, isFedLater ? () => this.#feed() : undefined);
      if (answer.status !== 200) return this.#refused(answer, query);
      answers.push(new Map([['query', answer.body]]));
    }
    if (this.#test.expectedError !== null) return { failures: ['nothing was refused'], isMessageMet: false };
    return { failures: [...this.#answerFailures(answers), ...(await this.#outputFailures())], isMessageMet: null };
  }

  async #prepare(): Promise<void> {
    const topics = new MemoryTopics();
    prepareTopics(this.#test, topics);
    const wanted = topics.all.map(({ name, partitions }) => ({ name, partitions, replicationFactor: 1 }));
    if (wanted.length > 0) await this.#client.createTopics(wanted);
    await registerDeclared(this.#test, declaredSources(this.#test, new Map()), this.#registry);
    await registerSchemas(this.#test, this.#registry);
  }

  async #send(path: string, ksql: string, onHead?: () => Promise<void>): Promise<Answer> {
    const streamsProperties = Object.fromEntries(this.#test.properties);
    const response = await fetch(`${this.#server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ksql, streamsProperties }),
      signal: AbortSignal.timeout(20_000),
    });
    if (response.status === 200) await onHead?.();
    return { status: response.status, body: parseJson(await response.text()) };
  }

  /** Records go where Java's client would put them, topic by topic. */
  async #feed(): Promise<void> {
    const { catalog } = this.#server.engine;
    const { topics } = await this.#client.metadata(null);
    for (const record of this.#test.inputs) {
      const { headers, key, timestamp, topic, value, window } = record;
      const source = catalog.sources.find((each) => each.topic === topic);
      if (source === undefined) throw new Error(`no stream or table has the topic ${topic}`);
      const bytes = (part: 'key' | 'value', json: JsonValue) =>
        recordBytesCodec(
          sourceCodecSpec(source, part, { registry: this.#registry.client }),
          this.#registry.latest(`${topic}-${part}`)?.id,
        ).encode(json);
      const plainKey = bytes('key', key);
      const keyBytes = window === null ? plainKey : withRecordWindow(plainKey, window);
      const count = topics.find(({ name }) => name === topic)?.partitions.length ?? 1;
      const partition = keyBytes === null ? 0 : murmur2Partition(keyBytes, count);
      await this.#client.produce({
        topic,
        partition,
        records: [{ key: keyBytes, value: bytes('value', value), timestamp: timestamp ?? 0, headers: [...headers] }],
      });
    }
  }

  /** Until each query has committed all that its topics have; results of one are what the next one reads. */
  async #caughtUp(): Promise<void> {
    const until = performance.now() + 20_000;
    let before = '';
    while (performance.now() < until) {
      const { tasks } = this.#server.streams.metrics;
      const ends = await this.#ends(tasks.flatMap(({ inputs }) => inputs));
      const committed = await this.#committed(new Set(tasks.map(({ topology }) => topology)));
      const isDone = tasks.every(({ inputs, topology }) =>
        inputs.every(({ partition, topic }) => {
          const end = ends[topic]?.[partition]?.offset ?? 0;
          return end === 0 || (committed.get(`${topology}/${topic}/${partition}`) ?? 0) >= end;
        }),
      );
      // What was produced meanwhile would show as other ends.
      const seen = JSON.stringify(ends);
      if (isDone && seen === before) return;
      before = isDone ? seen : '';
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('queries have not caught up within 20 s');
  }

  async #ends(inputs: readonly { topic: string; partition: number }[]) {
    const wanted: Record<string, Record<number, number>> = {};
    for (const { partition, topic } of inputs) (wanted[topic] ??= {})[partition] = OffsetSpec.latest;
    return this.#client.listOffsetsOf(wanted);
  }

  async #committed(queries: ReadonlySet<string>): Promise<Map<string, number>> {
    const all = new Map<string, number>();
    for (const id of queries) {
      const offsets = await this.#client
        .committedOffsets(`_confluent-ksql-case_query-${id}`)
        .catch((): CommittedOffset[] => []);
      for (const { offset, partition, topic } of offsets) all.set(`${id}/${topic}/${partition}`, offset);
    }
    return all;
  }

  #refused({ body, status }: Answer, statement: string): CaseResult {
    const error = objectOf(body);
    const message = textOf(error.get('message')) ?? jsonText(body);
    const expected = this.#test.json.get('expectedError');
    if (expected === undefined) return { failures: [`${status} ${message} (${statement})`], isMessageMet: null };
    const wanted = objectOf(expected);
    const failures: string[] = [];
    const wantedStatus = textOf(wanted.get('status'));
    if (wantedStatus !== null && wantedStatus !== String(status))
      failures.push(`status ${status}, not ${wantedStatus}`);
    const wantedMessage = textOf(wanted.get('message'));
    const isMet = wantedMessage === null || message.includes(wantedMessage);
    if (!isMet) failures.push(`refused with: ${message}`);
    return { failures, isMessageMet: isMet, message };
  }

  #answerFailures(answers: readonly JsonValue[]): string[] {
    const { json, statements } = this.#test;
    const isOrdered = objectOf(json.get('outputConditions')).get('verifyOrder') === true;
    return list(json.get('responses')).flatMap((each, at) => {
      const wanted = objectOf(each);
      if (wanted.has('queryProto')) return [];
      const answer = objectOf(answers[at]);
      const [kind] = wanted.keys();
      if (!answer.has(kind!)) return [`answer ${at}: no ${kind}`];
      const difference =
        kind === 'query'
          ? rowsDifference(list(wanted.get('query')), list(answer.get('query')), isOrdered)
          : answerDifference(wanted.get('admin')!, answer.get('admin')!, (text) =>
              text.replaceAll('{STATEMENT}', statements[at] ?? ''),
            );
      return difference === undefined ? [] : [`answer ${at}: ${difference}`];
    });
  }

  async #outputFailures(): Promise<string[]> {
    const expected = new Map<string, TestRecord[]>();
    for (const output of this.#test.outputs) {
      expected.set(output.topic, [...(expected.get(output.topic) ?? []), output]);
    }
    const failures: string[] = [];
    for (const [topic, records] of expected) failures.push(...(await this.#topicFailures(topic, records)));
    return failures;
  }

  async #topicFailures(topic: string, expected: readonly TestRecord[]): Promise<string[]> {
    const source = this.#server.engine.catalog.sources.find((each) => each.topic === topic);
    if (source === undefined) return [`${topic}: no stream or table has this topic`];
    const tail = this.#client.tail({ topics: [topic], from: 'earliest', signal: AbortSignal.timeout(10_000) });
    const records: RecordView[] = [];
    for await (const batch of tail) {
      records.push(...batch.records());
      if (records.length >= expected.length) break;
    }
    const codec = (part: 'key' | 'value') =>
      recordBytesCodec(sourceCodecSpec(source, part, { registry: this.#registry.client }));
    const window = source.keyFormat.window;
    // Partitions are read in any order: each record is looked for.
    return expected.flatMap((wanted) => {
      const differences: string[] = [];
      for (const record of records) {
        const split = window === null || record.key === null ? null : splitRecordWindow(record.key, window.sizeMs);
        const difference =
          recordDifference(wanted.key, codec('key').decode(split?.key ?? record.key)) ??
          recordDifference(wanted.value, codec('value').decode(record.value)) ??
          (wanted.timestamp === null || wanted.timestamp === record.timestamp
            ? undefined
            : `timestamp ${record.timestamp} instead of ${wanted.timestamp}`);
        if (difference === undefined) return [];
        differences.push(difference);
      }
      return [`${topic}: ${differences[0] ?? 'no records'}`];
    });
  }
}
