import { withoutLogin } from '@headwater/http';

export interface LogIndicesOptions {
  /** The query store; user and password may stand in it. */
  url: string;
  /** Of the alias, and what the daily indices begin with. Default `headwater-logs`. */
  name?: string;
  signal: AbortSignal;
}

/** What the store said no to, or that it did not answer. */
export class LogStoreError extends Error {
  readonly code = 'HW_TELEMETRY_STORE';
  /** Of the answer; 0: there was none. */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

interface BulkAnswer {
  errors: boolean;
  items: { index: { status: number; error?: { type?: string; reason?: string } } }[];
}

export interface BulkOutcome {
  status: number;
  type?: string | undefined;
}

const timeoutMs = 30_000;
const keyword = { type: 'keyword', ignore_above: 8191 };

/** Fields are what is named here: what a sender makes up gets none, however much of it there is. */
export const logIndexBody = {
  settings: { number_of_shards: 1, number_of_replicas: 0, 'index.translog.durability': 'async' },
  mappings: {
    dynamic: false,
    properties: {
      '@timestamp': { type: 'date' },
      ...Object.fromEntries(
        [
          'service',
          'instance',
          'level',
          'logger',
          'thread',
          'traceId',
          'spanId',
          'correlationId',
          'source',
          'host',
          'file',
          'template',
          'labels',
        ].map((name) => [name, keyword]),
      ),
      message: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } },
      stack: { type: 'text' },
      attributes: { type: 'object', enabled: false },
      record: {
        properties: { topic: { type: 'keyword' }, partition: { type: 'integer' }, offset: { type: 'long' } },
      },
    },
  },
};

/** The daily indices of log records in a query store, over Elasticsearch's API. */
export class LogIndices {
  readonly name: string;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #signal: AbortSignal;
  readonly #made = new Set<string>();

  constructor({ name = 'headwater-logs', signal, url }: LogIndicesOptions) {
    const { headers, url: plainUrl } = withoutLogin(url);
    this.name = name;
    this.#url = plainUrl.replace(/\/+$/, '');
    this.#headers = { ...headers, 'x-opaque-id': 'headwater-logs' };
    this.#signal = signal;
  }

  /** The index of a day in UTC: `headwater-logs-2026.11.22`. */
  indexOf(timestampMs: number): string {
    return `${this.name}-${new Date(timestampMs).toISOString().slice(0, 10).replaceAll('-', '.')}`;
  }

  /** Made when it is not there: a write would make it with fields for whatever comes. */
  async ensure(index: string): Promise<void> {
    if (this.#made.has(index)) return;
    const body = { ...logIndexBody, aliases: { [this.name]: {} } };
    try {
      await this.#ask('PUT', `/${index}`, JSON.stringify(body));
    } catch (error) {
      if (!/resource_already_exists/.test((error as Error).message)) throw error;
    }
    this.#made.add(index);
  }

  /** Indices are looked for again: somebody may have deleted them. */
  forget(): void {
    this.#made.clear();
  }

  /** @returns of each document, in their order */
  async bulk(lines: string): Promise<BulkOutcome[]> {
    const { errors, items } = (await this.#ask('POST', '/_bulk', lines, 'application/x-ndjson')) as BulkAnswer;
    if (!errors) return items.map(() => ({ status: 200 }));
    return items.map(({ index: { error, status } }) => ({ status, type: error?.type }));
  }

  /** Deletes the indices of days before `oldestMs`, and the oldest while more than `documentsMax` are held. @returns their names */
  async deleteOld(oldestMs: number, documentsMax: number): Promise<string[]> {
    const path = `/_cat/indices/${this.name}-*?format=json&h=index,docs.count`;
    const rows = (await this.#ask('GET', path)) as { index: string; 'docs.count': string }[];
    const isDay = /^\d{4}\.\d\d\.\d\d$/;
    const days = rows
      .filter(({ index }) => isDay.test(index.slice(this.name.length + 1)))
      .sort((a, b) => (a.index < b.index ? -1 : 1));
    let held = days.reduce((sum, row) => sum + Number(row['docs.count'] ?? 0), 0);
    const oldest = this.indexOf(oldestMs);
    const deleted: string[] = [];
    for (const [i, { index, 'docs.count': count }] of days.entries()) {
      // Today's stays, however large it is.
      if (index >= oldest && (held <= documentsMax || i === days.length - 1)) break;
      await this.#ask('DELETE', `/${index}`);
      this.#made.delete(index);
      held -= Number(count ?? 0);
      deleted.push(index);
    }
    return deleted;
  }

  async #ask(method: string, path: string, body?: string, type = 'application/json'): Promise<unknown> {
    let status: number;
    let text: string;
    try {
      const answer = await fetch(this.#url + path, {
        method,
        headers: { ...this.#headers, ...(body !== undefined && { 'content-type': type }) },
        ...(body !== undefined && { body }),
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]),
      });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      throw new LogStoreError(0, `the query store does not answer: ${(error as Error).message}`, error);
    }
    if (status >= 300) throw new LogStoreError(status, `the query store answered ${status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as unknown;
  }
}
