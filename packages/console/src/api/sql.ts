import { tryParseJson } from '../json/parse.ts';
import { ApiError, readError } from './api-error.ts';
import { send } from './http.ts';

/** A source as SHOW STREAMS and SHOW TABLES tell of it. */
export interface SqlSource {
  kind: 'STREAM' | 'TABLE';
  name: string;
  topic: string;
  keyFormat: string;
  valueFormat: string;
  isWindowed: boolean;
}

/** A line of SHOW QUERIES. */
export interface SqlQuery {
  id: string;
  state: string;
  queryString: string;
  sinks: string[];
  sinkKafkaTopics: string[];
  /** Of a generation that is rebuilt beside the one that runs. */
  rewind?: { of: string; percent: number; recordsLeft: number };
}

export interface SqlCatalog {
  sources: SqlSource[];
  queries: SqlQuery[];
}

/** An entity of `/ksql`'s answer; only what is shown is looked into. */
export type SqlEntity = { '@type': string } & Record<string, unknown>;

export type SqlProperties = Record<string, string>;

/** Statements that change or tell something. @throws ApiError */
export async function runStatements(
  ksql: string,
  streamsProperties: SqlProperties,
  signal?: AbortSignal,
): Promise<SqlEntity[]> {
  const answer = await send('POST', '/api/sql/ksql', JSON.stringify({ ksql, streamsProperties }), {}, signal);
  return JSON.parse(answer) as SqlEntity[];
}

export async function readCatalog(_path: string, signal: AbortSignal): Promise<SqlCatalog> {
  const entities = await runStatements('SHOW STREAMS; SHOW TABLES; SHOW QUERIES;', {}, signal);
  const sources: SqlSource[] = [];
  let queries: SqlQuery[] = [];
  for (const entity of entities) {
    if (entity['@type'] === 'queries') queries = entity['queries'] as SqlQuery[];
    for (const kind of ['STREAM', 'TABLE'] as const) {
      const lines = entity[kind === 'STREAM' ? 'streams' : 'tables'] as Omit<SqlSource, 'kind'>[] | undefined;
      for (const line of lines ?? []) sources.push({ ...line, kind });
    }
  }
  return { sources, queries };
}

/** Names of a source's columns; none where it is not known. */
export async function readColumns(name: string, signal?: AbortSignal): Promise<string[]> {
  const quoted = `\`${name.replaceAll('`', '``')}\``;
  const [entity] = await runStatements(`DESCRIBE ${quoted};`, {}, signal);
  const { fields = [] } = (entity?.['sourceDescription'] ?? {}) as { fields?: { name: string }[] };
  return fields.map((field) => field.name);
}

export interface RowsHead {
  queryId: string | null;
  columnNames: string[];
  columnTypes: string[];
}

/**
 * Rows of a query as they come, each cell as the very text that was sent. Resolves when the query ends.
 *
 * @throws ApiError, also when the query fails on its way
 */
export async function streamRows(
  sql: string,
  properties: SqlProperties,
  { onHead, onRow, signal }: { onHead(head: RowsHead): void; onRow(cells: string[]): void; signal: AbortSignal },
): Promise<void> {
  const response = await open('/api/sql/query-stream', { sql, properties }, signal);
  let isHeadRead = false;
  for await (const line of linesOf(response.body!, signal)) {
    if (line.startsWith('[')) onRow(cellsOf(line));
    else if (isHeadRead) throw readError(500, line);
    else {
      isHeadRead = true;
      onHead({ queryId: null, ...(JSON.parse(line) as Omit<RowsHead, 'queryId'>) });
    }
  }
}

/** Lines of PRINT as they come. @throws ApiError */
export async function streamLines(
  ksql: string,
  { onLine, signal }: { onLine(line: string): void; signal: AbortSignal },
): Promise<void> {
  const response = await open('/api/sql/query', { ksql, streamsProperties: {} }, signal);
  for await (const line of linesOf(response.body!, signal)) onLine(line);
}

async function open(path: string, body: unknown, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    const headers = { accept: 'application/vnd.ksqlapi.delimited.v1', 'content-type': 'application/json' };
    response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body), signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, 'HW_CONSOLE_UNREACHABLE', 'The gateway does not answer. Is Headwater still running?');
  }
  if (!response.ok) throw readError(response.status, await response.text());
  return response;
}

async function* linesOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<string, void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line !== '') yield line;
    }
    if (rest !== '') yield rest;
  } catch (error) {
    if (signal.aborted || error instanceof ApiError) throw error;
    throw new ApiError(0, 'HW_CONSOLE_UNREACHABLE', 'The connection broke while rows came. Run the query again.');
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The texts of an array's items. Exactly: no digit of a number is lost. */
export function cellsOf(line: string): string[] {
  const root = tryParseJson(line);
  if (root?.kind !== 'array') return [line];
  return root.items.map(({ end, kind, start }) => {
    const text = line.slice(start, end);
    return kind === 'string' ? (JSON.parse(text) as string) : text;
  });
}
