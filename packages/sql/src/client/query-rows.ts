import type { JsonValue } from '@headwater/serdes';
import { parseType } from '../syntax/parse.ts';
import { type SqlType, sqlTypes } from '../types/sql-type.ts';
import { plainValue, readExactJson } from './read-answer.ts';
import { type ReadValue, readValue } from './read-value.ts';
import { serverError } from './server-error.ts';
import { SqlClientError } from './sql-client-error.ts';

export interface QueryColumn {
  readonly name: string;
  readonly type: SqlType;
  /** As the server says it: `` STRUCT<`A` INTEGER> ``. */
  readonly typeText: string;
}

/**
 * The rows of a query, read once, as objects by column name or, with `arrays()`, by column position. They are taken from the connection
 * no faster than they are asked for, so that a slow reader slows the query at the server.
 *
 * @typeParam Row of `for await`. What the server sends is not checked against it
 */
export class QueryRows<Row extends object = Record<string, unknown>> implements AsyncIterable<Row> {
  /** Null for pull queries that have none. */
  readonly queryId: string | null;
  readonly columns: readonly QueryColumn[];
  readonly #sql: string;
  readonly #lines: AsyncIterator<readonly string[]>;
  readonly #close: () => void;
  readonly #failure: (thrown: unknown) => SqlClientError;
  readonly #readers: readonly ReadValue[];
  #pending: readonly string[];
  #isClosed = false;
  #isTaken = false;

  /** @throws SqlClientError for a first line that tells no columns */
  constructor(source: RowSource, first: readonly string[]) {
    const head = readExactJson(first[0]!);
    const error = serverError(plainValue(head), source.sql);
    if (error !== undefined) throw error;
    const names = head instanceof Map ? head.get('columnNames') : undefined;
    const types = head instanceof Map ? head.get('columnTypes') : undefined;
    if (!(head instanceof Map && isTexts(names) && isTexts(types) && names.length === types.length)) {
      throw new SqlClientError('HW_SQL_CLIENT_ANSWER', 'the answer does not begin with the columns of a query');
    }
    const id = head.get('queryId');
    this.queryId = typeof id === 'string' ? id : null;
    this.columns = names.map((name, at) => ({ name, type: typeOf(types[at]!), typeText: types[at]! }));
    this.#readers = this.columns.map(({ type }) => readValue(type));
    this.#sql = source.sql;
    this.#lines = source.lines;
    this.#close = source.close;
    this.#failure = source.failure;
    this.#pending = first.slice(1);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Row> {
    return this.#each((values) =>
      Object.fromEntries(this.columns.map(({ name }, at) => [name, values[at]])),
    ) as AsyncGenerator<Row>;
  }

  /** Each row as an array by column position. */
  arrays(): AsyncGenerator<unknown[]> {
    return this.#each((values) => values);
  }

  /** All rows that there are; for pull queries, and push queries with LIMIT. */
  async toArray(): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const row of this) rows.push(row);
    return rows;
  }

  /** Ends the query: reading ends soon, without an error. May be called at any time, and twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async *#each<T>(shape: (values: unknown[]) => T): AsyncGenerator<T> {
    if (this.#isTaken) throw new SqlClientError('HW_SQL_CLIENT_CLOSED', 'rows are read once: run the query again');
    this.#isTaken = true;
    try {
      for (let lines = this.#pending; !this.#isClosed; ) {
        for (const line of lines) {
          const values = this.#row(line);
          if (values !== null) yield shape(values);
          if (this.#isClosed) return;
        }
        const next = await this.#next();
        if (next === null) return;
        lines = next;
      }
    } finally {
      this.close();
    }
  }

  async #next(): Promise<readonly string[] | null> {
    try {
      const { done, value } = await this.#lines.next();
      return done ? null : value;
    } catch (thrown) {
      if (this.#isClosed) return null;
      throw this.#failure(thrown);
    }
  }

  /** Null for what is no row: ksqlDB also tells of tokens, and of its end. */
  #row(line: string): unknown[] | null {
    const json: JsonValue = readExactJson(line);
    if (Array.isArray(json)) return this.#readers.map((read, at) => read(json[at] ?? null));
    const error = serverError(plainValue(json), this.#sql);
    if (error !== undefined) throw error;
    return null;
  }
}

/** Where rows come from. */
export interface RowSource {
  readonly sql: string;
  readonly lines: AsyncIterator<readonly string[]>;
  close(): void;
  failure(thrown: unknown): SqlClientError;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** A type that a newer server has is read as the JSON that it is. */
function typeOf(text: string): SqlType {
  try {
    return parseType(text);
  } catch {
    return sqlTypes.string;
  }
}
