import type { CompletionNames, SqlClient } from '@headwater/sql';

/** Sources whose columns are asked for. */
const describedMax = 100;

/** The names that a server knows, for completion. Asked for in the background; what cannot be had is not completed. */
export class ShellNames {
  names: CompletionNames = {};
  #isAsking = false;

  async refresh(client: SqlClient): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const sources: string[] = [];
      const functions: string[] = [];
      const topics: string[] = [];
      const columns = new Set<string>();
      for (const entity of await client.execute('SHOW STREAMS; SHOW TABLES; SHOW FUNCTIONS; SHOW TOPICS;')) {
        if (entity['@type'] === 'streams') sources.push(...entity.streams.map(({ name }) => name));
        else if (entity['@type'] === 'tables') sources.push(...entity.tables.map(({ name }) => name));
        else if (entity['@type'] === 'function_names') functions.push(...entity.functions.map(({ name }) => name));
        else if (entity['@type'] === 'kafka_topics') topics.push(...entity.topics.map(({ name }) => name));
      }
      this.names = { sources, functions, topics };
      const script = sources.slice(0, describedMax).map((name) => `DESCRIBE \`${name.replaceAll('`', '``')}\`;`);
      for (const entity of script.length === 0 ? [] : await client.execute(script.join('\n')))
        if (entity['@type'] === 'sourceDescription')
          for (const { name } of entity.sourceDescription.fields) columns.add(name);
      this.names = { sources, functions, topics, columns };
    } catch {
      // The next statement says what is wrong with the server.
    } finally {
      this.#isAsking = false;
    }
  }
}
