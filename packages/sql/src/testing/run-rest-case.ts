import { createClient } from '@headwater/client';
import { type JsonValue, jsonText, parseJson } from '@headwater/serdes';
import { dialectSetting } from '../dialect.ts';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import { startSql } from '../server/start-sql.ts';
import { httpRegistry } from './http-registry.ts';
import { protoLines } from './proto-text.ts';
import { answerDifference, errorDifferences, rowsDifference } from './rest-answers.ts';
import { outputDifferences, prepareCluster, produceInputs, type RestCluster, untilCaughtUp } from './rest-topics.ts';
import type { CaseResult } from './run-case.ts';
import { list, objectOf, type TestCase, textOf } from './test-case.ts';

export interface RestRunOptions {
  readonly functions: FunctionRegistry;
  /** Of a cluster that nobody else uses. */
  readonly bootstrap: string;
  /** Of a schema registry that nobody else uses. */
  readonly registryUrl: string;
  /** A case that takes longer has failed. Default 60,000. */
  readonly timeoutMs?: number;
}

/** What ksqlDB's own runner of these cases has set. */
const serverSettings: readonly (readonly [string, string])[] = [
  // What ksqlDB refuses is to be refused.
  [dialectSetting, 'ksqldb'],
  ['auto.offset.reset', 'earliest'],
  ['cache.max.bytes.buffering', '0'],
  ['commit.interval.ms', '20'],
  ['processing.guarantee', 'exactly_once_v2'],
  ['ksql.headers.columns.enabled', 'true'],
  ['ksql.query.pull.table.scan.enabled', 'true'],
  ['ksql.query.pull.interpreter.enabled', 'true'],
  ['ksql.query.push.v2.enabled', 'true'],
  ['ksql.query.push.v2.registry.installed', 'true'],
  ['ksql.query.push.v2.new.latest.delay.ms', '0'],
];

const serviceId = 'case_';

/** Closing that takes longer is left to itself. */
const closingMs = 10_000;

/**
 * Runs a case of ksqlDB's tests of its REST API: a server on a cluster and a registry of its own, asked over HTTP. Whatever happens, it takes
 * no longer than its time and a little for closing.
 */
export async function runRestCase(test: TestCase, options: RestRunOptions): Promise<CaseResult> {
  const { timeoutMs = 60_000 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const closers: (() => unknown)[] = [];
  try {
    return await Promise.race([
      runOn(test, options, timeout, closers),
      after<CaseResult>(timeoutMs, { failures: [`not done after ${timeoutMs} ms`], isMessageMet: null }),
    ]);
  } finally {
    const closing = Promise.allSettled(closers.toReversed().map(async (close) => close()));
    await Promise.race([closing, after(closingMs, undefined)]);
  }
}

async function runOn(
  test: TestCase,
  { bootstrap, functions, registryUrl }: RestRunOptions,
  signal: AbortSignal,
  closers: (() => unknown)[],
): Promise<CaseResult> {
  const client = createClient({ bootstrap, clientId: 'rest-case' });
  closers.push(() => client.close());
  const registry = await httpRegistry(registryUrl);
  closers.push(() => registry.close());
  const server = await startSql({ bootstrap, registryUrl, port: 0, serviceId, settings: serverSettings, functions });
  closers.push(() => server.close());
  return new RestCaseRun(test, { client, registry, server, signal }).run();
}

function after<Value>(ms: number, value: Value): Promise<Value> {
  return new Promise((resolve) => setTimeout(resolve, ms, value).unref());
}

interface Answer {
  readonly status: number;
  readonly body: JsonValue;
}

type AnswerKind = 'admin' | 'query' | 'queryProto';

interface GivenAnswer {
  readonly kind: AnswerKind;
  readonly json: JsonValue;
}

const mediaTypeOfProto = 'application/vnd.ksql.v1+protobuf';

class RestCaseRun {
  readonly #test: TestCase;
  readonly #cluster: RestCluster;

  constructor(test: TestCase, cluster: RestCluster) {
    this.#test = test;
    this.#cluster = cluster;
  }

  async run(): Promise<CaseResult> {
    const { json, statements } = this.#test;
    await prepareCluster(this.#test, this.#cluster);
    const firstQuery = statements.findIndex((each) => each.startsWith('SELECT '));
    const admin = firstQuery < 0 ? statements : statements.slice(0, firstQuery);
    const queries = firstQuery < 0 ? [] : statements.slice(firstQuery);
    const answers: GivenAnswer[] = [];
    if (admin.length > 0) {
      const answer = await this.#send('/ksql', { ksql: admin.join('\n') });
      if (answer.status !== 200) return this.#refused(answer, admin.at(-1)!);
      answers.push(...list(answer.body).map((entity): GivenAnswer => ({ kind: 'admin', json: entity })));
    }
    const isFedLater = objectOf(json.get('inputConditions')).get('waitForActivePushQuery') === true;
    if (!isFedLater) await produceInputs(this.#test, this.#cluster);
    await untilCaughtUp(this.#cluster);
    for (const query of queries) {
      const onHead = isFedLater ? () => produceInputs(this.#test, this.#cluster) : undefined;
      const answer = await this.#send('/query', { ksql: query }, onHead);
      if (answer.status !== 200) return this.#refused(answer, query);
      answers.push({ kind: 'query', json: answer.body });
    }
    const isProto = list(json.get('responses')).some((each) => objectOf(each).has('queryProto'));
    for (const query of isProto ? queries : []) {
      const answer = await this.#send('/query-stream', { sql: query });
      if (answer.status !== 200) return this.#refused(answer, query);
      answers.push({ kind: 'queryProto', json: protoLines(answer.body) });
    }
    if (this.#test.expectedError !== null) return { failures: ['nothing was refused'], isMessageMet: false };
    const differences = await outputDifferences(this.#test, this.#cluster);
    return { failures: [...this.#answerFailures(answers), ...differences], isMessageMet: null };
  }

  /** @param onHead called when the header of the rows has come: whatever is produced from then on is seen */
  async #send(path: string, body: Record<string, string>, onHead?: () => Promise<void>): Promise<Answer> {
    const isNewer = 'sql' in body;
    const properties = Object.fromEntries(this.#test.properties);
    const response = await fetch(`${this.#cluster.server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(isNewer && { accept: mediaTypeOfProto }) },
      body: JSON.stringify({ ...body, [isNewer ? 'properties' : 'streamsProperties']: properties }),
      signal: this.#cluster.signal,
    });
    let text = '';
    let isFed = onHead === undefined || response.status !== 200;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (isFed) continue;
      isFed = true;
      await onHead!();
    }
    return { status: response.status, body: parseJson(text) };
  }

  #refused({ body, status }: Answer, statement: string): CaseResult {
    const error = objectOf(body);
    const message = textOf(error.get('message')) ?? jsonText(body);
    const { json, statements } = this.#test;
    const expected = json.get('expectedError');
    if (expected === undefined) return { failures: [`${status} ${message} (${statement})`], isMessageMet: null };
    const { differences, isMessageMet } = errorDifferences(
      objectOf(expected),
      { body: error, status },
      statements.at(-1)!,
    );
    return { failures: [...differences], isMessageMet, message };
  }

  #answerFailures(answers: readonly GivenAnswer[]): string[] {
    const { json, statements } = this.#test;
    const isOrdered = objectOf(json.get('outputConditions')).get('verifyOrder') === true;
    return list(json.get('responses')).flatMap((each, at) => {
      const [kind, wanted] = [...objectOf(each)][0]!;
      const answer = answers[at];
      if (answer?.kind !== kind) return [`answer ${at}: ${answer?.kind ?? 'nothing'} instead of ${kind}`];
      const withStatement = (text: string) => text.replaceAll('{STATEMENT}', statements[at] ?? '');
      const difference =
        answer.kind === 'admin'
          ? answerDifference(wanted, answer.json, withStatement)
          : rowsDifference(list(wanted), list(answer.json), isOrdered);
      return difference === undefined ? [] : [`answer ${at}: ${difference}`];
    });
  }
}
