import { setTimeout as delay } from 'node:timers/promises';
import { Refusal, type Server } from './kill-run.ts';

/** Sends statements, and remembers which were acknowledged. */
export class StatementWriter {
  readonly #servers: readonly Server[];
  /** By name: whether the stream has to be there; null: a statement was not answered, so that it may be either. */
  readonly #streams = new Map<string, boolean | null>();
  readonly #refusals: string[] = [];
  doneCount = 0;

  constructor(servers: readonly Server[]) {
    this.#servers = servers;
  }

  async run(isWanted: () => boolean): Promise<void> {
    for (let n = 0; isWanted(); n++) {
      const name = `S${n % 7}`;
      const server = this.#servers[n % this.#servers.length]!;
      const isThere = this.#streams.get(name);
      if (isThere === true) await this.#send(server, `DROP STREAM ${name};`, name, false);
      else if (isThere === null) await this.#send(server, `DROP STREAM IF EXISTS ${name};`, name, false);
      else {
        const sql =
          n % 2 === 0
            ? `CREATE STREAM ${name} AS SELECT usr, n + ${n} AS m FROM events WHERE n < 0;`
            : `CREATE STREAM ${name} (usr STRING KEY, m INT) WITH (kafka_topic='events', value_format='JSON');`;
        await this.#send(server, sql, name, true);
      }
      await delay(30);
    }
  }

  async #send(server: Server, sql: string, name: string, isThere: boolean): Promise<void> {
    try {
      await server.run(sql);
      this.#streams.set(name, isThere);
      this.doneCount++;
    } catch (error) {
      this.#streams.set(name, null);
      if (error instanceof Refusal && error.status < 500) this.#refusals.push(`${sql} ${error.message}`);
      else await delay(100);
    }
  }

  /** What a server does not have that was acknowledged, and what it has that was dropped. */
  async judge(server: Server): Promise<string[]> {
    const [answer] = await server.run('SHOW STREAMS;');
    const names = new Set((answer!['streams'] as { name: string }[]).map(({ name }) => name));
    const wrong = [...this.#streams].flatMap(([name, isThere]) =>
      isThere === null || isThere === names.has(name) ? [] : [`stream ${name} is ${isThere ? 'lost' : 'there'}`],
    );
    // On another server a statement may not be known yet; with one there is none.
    if (this.#servers.length === 1) wrong.push(...this.#refusals);
    return wrong;
  }
}
