import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Logger, silentLogger } from '@headwater/logger';
import {
  isSameMeaning,
  meaningOf,
  placeInFile,
  readViewFile,
  type ViewStatement,
  withoutPartitions,
} from './read-view-file.ts';
import { type KnownSource, SqlRefused, SqlServer } from './sql-server.ts';
import { MonitorViewsError } from './views-error.ts';

/** The views that come with Headwater. */
export const shippedViews = fileURLToPath(new URL('../../views/monitor.sql', import.meta.url));

export interface ApplyViewsOptions {
  /** The SQL server: `http://127.0.0.1:8088`, with name and password in it where they are asked for. */
  sqlUrl: string;
  /** Default: `shippedViews`. */
  file?: string;
  logger?: Logger;
  signal?: AbortSignal;
  /** How long a server that does not answer is waited for. Default 60 s. */
  waitMs?: number;
}

/** A statement that was not done. Line and column, from 1, are the file's. */
export interface ViewFailure {
  line: number;
  column: number;
  name: string | null;
  message: string;
}

/** What was done, by names of streams and tables. */
export interface AppliedViews {
  created: string[];
  unchanged: string[];
  /** Made again from what the log has: its statement is another than before. */
  replaced: string[];
  failed: ViewFailure[];
}

const retryMinMs = 100;
const retryMaxMs = 2_000;

/**
 * Gives a file of views to a SQL server. What is there already stays as it is, so that it may be done at each start; what has another statement
 * than before is made again from the beginning of the log. A statement that is refused is told with its place, and does not keep others from being done.
 *
 * @throws MonitorViewsError; the signal's reason when it is aborted
 * @example
 * const { failed } = await applyViews({ sqlUrl: 'http://127.0.0.1:8088', file: 'views.sql' });
 */
export async function applyViews(options: ApplyViewsOptions): Promise<AppliedViews> {
  const { file = shippedViews, logger = silentLogger } = options;
  const signal = options.signal ?? new AbortController().signal;
  const statements = readViewFile(await textOf(file));
  const server = new SqlServer(options.sqlUrl, signal);
  const known = await whenItAnswers(() => server.sources(), options.waitMs ?? 60_000, signal);
  const application = new Application(server, known, file, logger);
  for (const statement of statements) await application.apply(statement);
  const { created, failed, replaced, unchanged } = application.applied;
  logger.info(
    { file, created: created.length, replaced: replaced.length, unchanged: unchanged.length, failed: failed.length },
    'views are there',
  );
  return application.applied;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new MonitorViewsError(
      'HW_MONITOR_VIEWS_FILE',
      `the file of views ${file} cannot be read: name another as monitor.views, or say "none"`,
      { cause },
    );
  }
}

async function whenItAnswers<Result>(ask: () => Promise<Result>, waitMs: number, signal: AbortSignal): Promise<Result> {
  const untilMs = Date.now() + waitMs;
  for (let retryMs = retryMinMs; ; retryMs = Math.min(2 * retryMs, retryMaxMs)) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MonitorViewsError) || Date.now() > untilMs) throw error;
    }
    await delay(retryMs, undefined, { signal });
  }
}

class Application {
  readonly applied: AppliedViews = { created: [], unchanged: [], replaced: [], failed: [] };
  readonly #server: SqlServer;
  readonly #known: Map<string, KnownSource>;
  readonly #file: string;
  readonly #logger: Logger;
  /** As SET says, for the statements behind it. */
  readonly #properties: Record<string, string> = {};

  constructor(server: SqlServer, known: Map<string, KnownSource>, file: string, logger: Logger) {
    this.#server = server;
    this.#known = known;
    this.#file = file;
    this.#logger = logger;
  }

  async apply(statement: ViewStatement): Promise<void> {
    try {
      await this.#apply(statement);
    } catch (error) {
      if (!(error instanceof SqlRefused)) throw error;
      const { column, line } = placeInFile(statement, error.position ?? { line: 1, column: 1 });
      const name = statement.made?.name ?? null;
      this.applied.failed.push({ line, column, name, message: error.message });
      this.#logger.error(
        { file: this.#file, line, column },
        `${this.#file}:${line}:${column}: ${error.message}. The statement was left out: change it and start again`,
      );
    }
  }

  async #apply(statement: ViewStatement): Promise<void> {
    const { made, text } = statement;
    const [, setting, value] = /^SET '([^']+)' ?= ?'([^']*)'$/i.exec(meaningOf(text)) ?? [];
    if (setting !== undefined) {
      this.#properties[setting] = value!;
      return;
    }
    if (made === null) {
      if (
        !/^(?:CREATE TYPE IF NOT EXISTS|DROP \w+ IF EXISTS|ASSERT (?:NOT EXISTS )?(?:TOPIC|SCHEMA))\s/i.test(
          meaningOf(text),
        )
      ) {
        throw new SqlRefused({
          message:
            'a file of views is given to SQL at each start: it may CREATE streams and tables, INSERT INTO … WITH (QUERY_ID=…) SELECT, SET, ASSERT TOPIC or SCHEMA, CREATE TYPE IF NOT EXISTS, and DROP … IF EXISTS',
        });
      }
      await this.#server.execute(text, this.#properties);
      return;
    }
    const before = this.#known.get(made.name);
    if (before === undefined) {
      await this.#create(text);
      this.applied.created.push(made.name);
    } else if (isSameMeaning(before.statement, text)) this.applied.unchanged.push(made.name);
    else await this.#replace(statement, before);
  }

  async #create(text: string): Promise<void> {
    try {
      await this.#server.execute(text, this.#properties);
    } catch (error) {
      // Who writes to a topic may have made it first, with as many partitions as it likes.
      if (!(error instanceof SqlRefused) || !/different partition/.test(error.message)) throw error;
      await this.#server.execute(withoutPartitions(text), this.#properties);
    }
  }

  /** In place where SQL can do that, so that there are rows all the time; otherwise the old one goes first. */
  async #replace({ made, text }: ViewStatement, before: KnownSource): Promise<void> {
    const { isQuery, kind, name } = made!;
    const quoted = `\`${name.replaceAll('`', '``')}\``;
    const isDone = before.type === kind && kind !== 'QUERY' && (await this.#replaceInPlace(text));
    if (!isDone) {
      await this.#server.execute(
        before.type === 'QUERY'
          ? `TERMINATE ${quoted};`
          : `DROP ${before.type} ${quoted}${isQuery ? ' DELETE TOPIC' : ''};`,
      );
      try {
        await this.#server.execute(text, this.#properties);
      } catch (error) {
        // What cannot be made does not cost what there was.
        if (error instanceof SqlRefused) await this.#server.execute(before.statement, this.#properties);
        throw error;
      }
    } else if (isQuery) await this.#server.execute(`REWIND ${kind} ${quoted} TO BEGINNING;`);
    this.applied.replaced.push(name);
    this.#logger.info(
      { name },
      isQuery
        ? `${name} has another statement than before: it is made again from the beginning of the log`
        : `${name} has another statement than before`,
    );
  }

  async #replaceInPlace(text: string): Promise<boolean> {
    const inPlace = text
      .replace(/^CREATE\s+(?:OR\s+REPLACE\s+)?/i, 'CREATE OR REPLACE ')
      .replace(/^(CREATE OR REPLACE (?:SOURCE\s+)?(?:STREAM|TABLE)\s+)IF\s+NOT\s+EXISTS\s+/i, '$1');
    try {
      await this.#server.execute(inPlace, this.#properties);
      return true;
    } catch (error) {
      if (error instanceof SqlRefused) return false;
      throw error;
    }
  }
}
