import { once } from 'node:events';
import { connect } from 'node:http2';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import type { SqlServerOptions } from '../server/sql-server-options.ts';
import { type SqlServer, startSql } from '../server/start-sql.ts';

type Settings = Readonly<Record<string, string>>;

/** A server on a broker of its own, asked over HTTP. For tests. */
export class SqlUnderTest {
  readonly broker: Broker;
  readonly client: KafkaClient;
  readonly server: SqlServer;

  private constructor(broker: Broker, client: KafkaClient, server: SqlServer) {
    this.broker = broker;
    this.client = client;
    this.server = server;
  }

  /** Reads from the beginning, and tells of each update, unless the options say otherwise. */
  static async start(options: Partial<SqlServerOptions> = {}): Promise<SqlUnderTest> {
    const broker = await startBroker();
    const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
    const server = await startSql({
      bootstrap: broker.bootstrap,
      port: 0,
      settings: [
        ['ksql.streams.auto.offset.reset', 'earliest'],
        ['cache.max.bytes.buffering', '0'],
      ],
      ...options,
    });
    return new SqlUnderTest(broker, client, server);
  }

  get url(): string {
    return this.server.url;
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
  async run(ksql: string): Promise<any> {
    const { answer, status } = await this.#post('/ksql', { ksql });
    if (status !== 200) throw new Error(JSON.stringify(answer));
    return answer;
  }

  /** The answer of `/query`. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async query(ksql: string, streamsProperties: Settings = {}): Promise<any[]> {
    const { answer, status } = await this.#post('/query', { ksql, streamsProperties });
    if (status !== 200) throw new Error(answer.message);
    return answer;
  }

  async rows(ksql: string, settings: Settings = {}): Promise<unknown[][]> {
    const answer = await this.query(ksql, settings);
    const failed = answer.find(({ errorMessage }) => errorMessage !== undefined);
    if (failed !== undefined) throw new Error(failed.errorMessage.message);
    return answer.flatMap(({ row }) => (row === undefined ? [] : [row.columns]));
  }

  /** Asks until the queries have worked on all that was inserted. */
  async rowsWhen(
    ksql: string,
    count: number,
    isWanted: (rows: readonly unknown[][]) => boolean = () => true,
  ): Promise<unknown[][]> {
    const until = performance.now() + 60_000;
    for (;;) {
      const rows = await this.rows(ksql);
      if (rows.length === count && isWanted(rows)) return rows;
      if (performance.now() > until) throw new Error(`${ksql} still gives ${JSON.stringify(rows)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The message with which a query is refused. */
  async refusal(ksql: string, streamsProperties: Settings = {}): Promise<string> {
    const { answer, status } = await this.#post('/query', { ksql, streamsProperties });
    if (status !== 200) return answer.message;
    const failed = answer.find?.(({ errorMessage }: { errorMessage?: unknown }) => errorMessage !== undefined);
    if (failed !== undefined) return failed.errorMessage.message;
    throw new Error(`it was answered: ${JSON.stringify(answer)}`);
  }

  /** The text of an answer over HTTP/2. */
  async overHttp2(path: string, body: string): Promise<string> {
    const session = connect(this.url);
    try {
      const stream = session.request({ ':method': 'POST', ':path': path });
      stream.setEncoding('utf8');
      let text = '';
      stream.on('data', (chunk: string) => {
        text += chunk;
      });
      stream.end(body);
      await once(stream, 'end');
      return text;
    } finally {
      session.close();
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async #post(path: string, body: object): Promise<{ status: number; answer: any }> {
    const response = await fetch(`${this.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, answer: await response.json() };
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await this.server.close();
    await this.client.close();
    await this.broker.close();
  }
}
