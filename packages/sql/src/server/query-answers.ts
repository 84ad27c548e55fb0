import { randomInt } from 'node:crypto';
import type { KafkaClient } from '@headwater/client';
import type { Streams } from '@headwater/streams';
import { isPlainKsql } from '../dialect.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import { PreparedQueries } from '../queries/prepared-queries.ts';
import { printTopic } from '../queries/print-topic.ts';
import { pullQuery } from '../queries/pull-query.ts';
import { pushQuery } from '../queries/push-query.ts';
import { statementTemplate } from '../queries/statement-template.ts';
import type { TopicReading } from '../queries/topic-rows.ts';
import type { TransientRuntime } from '../queries/transient-runtime.ts';
import { ApiError, errorCodes, messageOf } from '../rest/api-error.ts';
import type { RequestSession, RunningQuery } from '../rest/sql-service.ts';
import { SqlError } from '../sql-error.ts';
import type { Statement } from '../syntax/ast/index.ts';
import { readStatement, type ScriptStatement } from '../syntax/parse.ts';

export interface QueryAnswersOptions {
  readonly engine: SqlEngine;
  readonly client: KafkaClient;
  /** Where a persistent query runs. */
  streamsOf(queryId: string): Streams;
  readonly transients: TransientRuntime;
}

/** Answers queries whose rows go to who asks. */
export class QueryAnswers {
  readonly #options: QueryAnswersOptions;
  readonly #prepared = new PreparedQueries();
  #nextQuery = 0;

  constructor(options: QueryAnswersOptions) {
    this.#options = options;
  }

  /** A pull query of a table that differs from one before in its values only. */
  queryAgain(sql: string, session: RequestSession): RunningQuery | undefined {
    const found = this.#prepared.find(sql, session);
    return found?.query.run(this.#pullId(), found.values);
  }

  async query(script: ScriptStatement, session: RequestSession, signal: AbortSignal): Promise<RunningQuery> {
    const { engine, streamsOf, transients } = this.#options;
    const { statement, text } = this.#read(script, session);
    try {
      if (statement.kind !== 'query') throw new SqlError('HW_SQL_STATEMENT', 'A SELECT is expected here');
      if (statement.emit === null) {
        const template = session.variables.size === 0 ? statementTemplate(text) : null;
        const known = template === null ? null : { template, startIndex: script.range.start.index };
        const pull = pullQuery(statement, session, { engine, streamsOf, reading: this.#reading(session) }, known);
        if (template !== null && pull.prepared !== null) this.#prepared.keep(template, session, pull.prepared);
        return pull.run(this.#pullId());
      }
      const options = { engine, transients, reading: this.#reading(session), newId: this.#newId.bind(this) };
      return await engine.pushQueries.start(text, engine.settings, () =>
        pushQuery(statement, session, options, signal),
      );
    } catch (error) {
      throw statement.kind === 'query' && statement.emit !== null ? badRequest(error) : withStatement(error, text);
    }
  }

  async print(script: ScriptStatement, session: RequestSession, signal: AbortSignal): Promise<AsyncIterable<string>> {
    const { statement, text } = this.#read(script, session);
    try {
      if (statement.kind !== 'printTopic') throw new SqlError('HW_SQL_STATEMENT', 'PRINT is expected here');
      return await printTopic(statement, this.#options.client, signal);
    } catch (error) {
      throw withStatement(error, text);
    }
  }

  #read(script: ScriptStatement, session: RequestSession): { readonly text: string; readonly statement: Statement } {
    const { engine } = this.#options;
    return readStatement(script, {
      resolveType: (name) => engine.catalog.type(name),
      variables: session.variables,
      isPlain: isPlainKsql(engine.settingsOf(session)),
    });
  }

  #reading(session: RequestSession): TopicReading {
    const { client, engine } = this.#options;
    const { onError, registry } = engine;
    return { client, registry, properties: engine.settingsOf(session), onError };
  }

  #pullId(): string {
    return `query_${Date.now()}_${this.#nextQuery++}`;
  }

  #newId(kind: 'transient' | 'scalable', source: string): string {
    const random = randomInt(2 ** 47);
    return kind === 'scalable' ? `SCALABLE_PUSH_QUERY_${source}_${random}` : `transient_${source}_${random}`;
  }
}

/** Of a push query ksqlDB says what is wrong, and not the statement. */
function badRequest(error: unknown): unknown {
  if (!(error instanceof SqlError)) return error;
  return new ApiError(errorCodes.badRequest, messageOf(error), { cause: error });
}

function withStatement(error: unknown, statementText: string): unknown {
  if (!(error instanceof SqlError) || error.statementText !== undefined) return error;
  return error.told({ statementText });
}
