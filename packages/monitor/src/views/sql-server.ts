import { withoutLogin } from '@headwater/http';
import { MonitorViewsError } from './views-error.ts';

/** An answer of ksqlDB's REST API that is no entity list. */
interface SqlRefusal {
  readonly message?: string;
  readonly error_code?: number;
  readonly position?: { readonly line: number; readonly column: number };
}

/** The SQL server has read a statement and does not do it. */
export class SqlRefused extends Error {
  readonly position: { readonly line: number; readonly column: number } | undefined;

  constructor({ message = 'the SQL server refused the statement', position }: SqlRefusal) {
    // ksqlDB's words say the place too, but that of the statement alone.
    super(message.replace(/^line \d+:\d+: /i, '').replace(/^Line: \d+, Col: \d+: /, ''));
    const [, line, column] = /^line:? (\d+)(?:, col: |:)(\d+)/i.exec(message) ?? [];
    this.position = position ?? (line === undefined ? undefined : { line: Number(line), column: Number(column) });
  }
}

/** What a server knows of a stream or table. */
export interface KnownSource {
  readonly name: string;
  readonly type: 'STREAM' | 'TABLE' | 'QUERY';
  readonly statement: string;
}

interface SourcesAnswer {
  readonly sourceDescriptions?: readonly KnownSource[];
  readonly queries?: readonly { readonly id: string; readonly queryString: string }[];
}

const attemptMs = 60_000;

/** ksqlDB's REST API, as far as views need it: any server that speaks it will do. */
export class SqlServer {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal;

  /** @param url such as http://127.0.0.1:8088; it may hold a name and a password */
  constructor(url: string, signal: AbortSignal) {
    const server = withoutLogin(url);
    this.#url = new URL(server.url);
    this.#headers = { 'content-type': 'application/json', ...server.headers };
    this.#signal = signal;
  }

  /** @throws SqlRefused; MonitorViewsError HW_MONITOR_VIEWS_SQL_AWAY while nobody answers as a SQL server does */
  async execute(sql: string, properties: Readonly<Record<string, string>> = {}): Promise<unknown[]> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(new URL('/ksql', this.#url), {
        method: 'POST',
        headers: this.#headers,
        body: JSON.stringify({ ksql: sql, streamsProperties: properties }),
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(attemptMs)]),
      });
      answer = await response.json();
    } catch (cause) {
      this.#signal.throwIfAborted();
      throw new MonitorViewsError('HW_MONITOR_VIEWS_SQL_AWAY', `the SQL server ${this.#url.origin} does not answer`, {
        cause,
      });
    }
    if (response.ok && Array.isArray(answer)) return answer;
    const isAway = response.status === 503 || response.status >= 502;
    if (!isAway) throw new SqlRefused(answer as SqlRefusal);
    throw new MonitorViewsError(
      'HW_MONITOR_VIEWS_SQL_AWAY',
      `the SQL server ${this.#url.origin} is not ready: ${String((answer as SqlRefusal).message ?? response.status)}`,
    );
  }

  /** All streams and tables by name, and all queries by id. */
  async sources(): Promise<Map<string, KnownSource>> {
    const entities = (await this.execute(
      'LIST STREAMS EXTENDED; LIST TABLES EXTENDED; SHOW QUERIES;',
    )) as SourcesAnswer[];
    const known = entities.flatMap(({ queries = [], sourceDescriptions = [] }): KnownSource[] => [
      ...sourceDescriptions,
      ...queries.map(({ id, queryString }) => ({ name: id, type: 'QUERY' as const, statement: queryString })),
    ]);
    return new Map(known.map((source) => [source.name, source]));
  }
}
