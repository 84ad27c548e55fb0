import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { after, before, beforeEach, test } from 'node:test';
import {
  type Entity,
  type RequestSession,
  type RestServer,
  type ResultRow,
  type RunningQuery,
  type ScriptStatement,
  SqlError,
  type SqlService,
  sqlTypes,
  startRestServer,
} from '@headwater/sql';
import { readHistory, writeHistory } from './history-file.ts';
import { sqlCommand } from './sql-command.ts';

/** What the shell says to a server, at the seam of the REST API. */
class ServiceOfTest implements Partial<SqlService> {
  readonly executed: { text: string; properties: Map<string, string>; variables: Map<string, string> }[] = [];
  rows: ResultRow[] = [];
  isEndless = false;
  readonly closed: Promise<void>;
  #close: () => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  async info() {
    return { version: '9.9', kafkaClusterId: 'k', serviceId: 's' };
  }

  async check(): Promise<void> {}

  async execute({ text }: ScriptStatement, { properties, variables }: RequestSession): Promise<Entity> {
    if (text.includes('BAD')) throw new SqlError('HW_SQL_STATEMENT', 'BAD is not good.', { statementText: text });
    if (!text.startsWith('SHOW') || text.includes('EXTENDED')) this.executed.push({ text, properties, variables });
    const head = { statementText: text, warnings: [] };
    if (text.startsWith('SHOW STREAMS')) {
      const streams = [
        {
          type: 'STREAM' as const,
          name: 'BOATS',
          topic: 'boats',
          keyFormat: 'KAFKA',
          valueFormat: 'JSON',
          isWindowed: false,
        },
      ];
      return { '@type': 'streams', ...head, streams };
    }
    const commandStatus = { status: 'SUCCESS' as const, message: 'Stream created', queryId: null };
    return { '@type': 'currentStatus', ...head, commandId: 'a/b/c', commandStatus, commandSequenceNumber: 1 };
  }

  async waitForCommand(): Promise<void> {}

  checkProperty(): void {}

  async query(): Promise<RunningQuery> {
    const { rows, isEndless, closed } = this;
    const close = this.#close;
    return {
      id: 'q',
      kind: isEndless ? 'push' : 'pull',
      columns: [
        { name: 'NAME', type: sqlTypes.string, isKey: true },
        { name: 'KNOTS', type: sqlTypes.bigint, isKey: false },
      ],
      rows: (async function* () {
        yield rows;
        if (isEndless) await closed;
      })(),
      finalMessage: () => null,
      close,
    };
  }

  async print() {
    return (async function* () {
      yield 'key: a';
    })();
  }
}

let service = new ServiceOfTest();
let server: RestServer;
const cwd = mkdtempSync(join(tmpdir(), 'sql-shell-'));

before(async () => {
  const current = new Proxy({} as SqlService, {
    get: (_target, name) => {
      const value = Reflect.get(service, name);
      return typeof value === 'function' ? value.bind(service) : value;
    },
  });
  server = await startRestServer({ service: current, drainTimeoutMs: 100 });
});
beforeEach(() => {
  service = new ServiceOfTest();
  service.rows = [
    { values: ['日本', 9007199254740993n], isTombstone: false },
    { values: ['b', null], isTombstone: false },
  ];
});
after(async () => {
  await server.close();
  rmSync(cwd, { recursive: true, force: true });
});

/** Remembers what is written, and resolves when a text has been. */
class Screen extends Writable {
  text = '';
  isTTY?: boolean;
  columns = 80;
  #waiting: { pattern: RegExp; from: number; resolve: () => void }[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.#waiting = this.#waiting.filter(({ pattern, from, resolve }) => {
      if (!pattern.test(this.text.slice(from))) return true;
      resolve();
      return false;
    });
    done();
  }

  shows(pattern: RegExp, from = 0): Promise<void> {
    if (pattern.test(this.text.slice(from))) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ pattern, from, resolve }));
  }
}

function start(args: readonly string[], input: PassThrough & { isTTY?: boolean } = new PassThrough()) {
  const output = new Screen();
  const errors = new Screen();
  if (input.isTTY) output.isTTY = true;
  const env = { HEADWATER_SQL_HISTORY: join(cwd, 'history'), TERM: 'dumb' };
  const code = sqlCommand(['--url', server.url, ...args], {
    env,
    cwd,
    input,
    output,
    errors,
    version: '0.1.0',
    signal: new AbortController().signal,
  });
  return { code, output, errors, input };
}

async function run(...args: string[]) {
  const { code, output, errors } = start(args);
  return { code: await code, output: output.text, errors: errors.text };
}

test('statements of the command line, with what SET and DEFINE set before', async () => {
  const { code, output } = await run(
    '-e',
    "SET 'auto.offset.reset'='earliest'; DEFINE fleet='x'; CREATE STREAM a (b INT); UNSET 'auto.offset.reset'; DROP STREAM a",
  );
  equal(code, 0);
  equal(output, 'Stream created\nStream created\n');
  deepEqual(
    service.executed.map(({ text, properties, variables }) => [text, [...properties], [...variables]]),
    [
      ['CREATE STREAM a (b INT);', [['auto.offset.reset', 'earliest']], [['fleet', 'x']]],
      ['DROP STREAM a\n;', [], [['fleet', 'x']]],
    ],
  );
});

test('rows as a table, or as JSON with every digit', async () => {
  const table = ['+----+----------------+', '|NAME|KNOTS           |', '+----+----------------+'];
  const rows = ['|日本|9007199254740993|', '|b   |null            |', table[0]];
  equal((await run('-e', 'SELECT * FROM boats;')).output, `${[...table, ...rows].join('\n')}\n`);
  equal(
    (await run('--output', 'json', '-e', 'SELECT * FROM boats;')).output,
    '{"NAME":"日本","KNOTS":9007199254740993}\n{"NAME":"b","KNOTS":null}\n',
  );
  match((await run('-e', 'SHOW STREAMS;')).output, /\|BOATS\|boats\|KAFKA {5}\|JSON {8}\|false {3}\|/);
  equal((await run('-e', 'PRINT boats;')).output, 'key: a\n');
});

test('a failing statement ends the script with 1, and a caret shows a mistake of syntax', async () => {
  const { code, errors } = await run('-e', 'DROP STREAM BAD; DROP STREAM a;');
  const notRun = 'BAD is not good.\nThe statement after it was not run: DROP STREAM a;\n';
  deepEqual([code, errors, service.executed.length], [1, notRun, 0]);
  const more = await run('-e', 'DROP STREAM BAD;\nDROP STREAM a\n;\nDROP STREAM b;');
  equal(more.errors, 'BAD is not good.\n2 statements after it were not run: DROP STREAM a …\n');
  const syntax = await run('-e', 'SHOW TABLES;\nDROP STREM a;');
  match(syntax.errors, /Syntax Error[\s\S]*\n1 \| DROP STREM a;\n {9}\^\n$/);
  equal(syntax.code, 1);
  const away = await run('--url', 'http://127.0.0.1:1', '-e', 'SHOW STREAMS;');
  deepEqual([away.code, /is it running/.test(away.errors)], [1, true]);
  await rejects(run('--output', 'xml'), { code: 'HW_CLI_USAGE' });
  await rejects(run('--nothing'), { code: 'HW_CLI_USAGE' });
});

test('SET takes what the server would take', async () => {
  const { code, errors } = await run('-e', "SET 'colour'='red'; SHOW STREAMS;");
  deepEqual([code, errors], [1, 'Unknown property: colour\nThe statement after it was not run: SHOW STREAMS;\n']);
  match((await run('-e', "SET 'auto.offset.reset'='never';")).errors, /String must be one of: latest, earliest/);
});

test('files, scripts within scripts, spools and the standard input', async () => {
  writeFileSync(join(cwd, 'inner.sql'), 'CREATE STREAM inner_one (b INT);');
  writeFileSync(
    join(cwd, 'outer.sql'),
    "SPOOL 'spool.log'; RUN SCRIPT 'inner.sql'; SPOOL OFF; OUTPUT JSON; DROP STREAM c;",
  );
  const { code, output } = await run('-f', 'outer.sql');
  equal(code, 0);
  match(output, /^Stream created\nOutput: JSON\n\[\n/);
  equal(readFileSync(join(cwd, 'spool.log'), 'utf8').includes('Stream created'), true);
  writeFileSync(join(cwd, 'circle.sql'), "RUN SCRIPT 'circle.sql';");
  match((await run('-f', 'circle.sql')).errors, /more than 20 deep/);
  equal((await run('-f', 'nowhere.sql')).code, 1);
  const piped = start([]);
  piped.input.end('CREATE STREAM d (e INT);\nVERSION;\nEXIT; DROP STREAM d;');
  equal(await piped.code, 0);
  equal(piped.output.text, 'Stream created\nShell: 0.1.0\nServer: 9.9\n');
});

test('the shell: statements over lines, commands without semicolon, history', async () => {
  writeHistory(join(cwd, 'history'), ['SHOW TABLES;']);
  const { code, output, input } = start([], Object.assign(new PassThrough(), { isTTY: true }));
  await output.shows(/sql> /);
  input.write('CREATE STREAM a\n  (b INT);\n');
  await output.shows(/Stream created/);
  input.write('HISTORY\n');
  await output.shows(/1 {2}SHOW TABLES;\r?\n +2 {2}CREATE STREAM a \(b INT\);[\s\S]*sql> /);
  const { length } = output.text;
  input.write('\u001b[A\u001b[A');
  await output.shows(/CREATE STREAM a \(b INT\);/, length);
  input.write('\u0003');
  input.write("SET 'commit.interval.ms'='5';\n");
  await output.shows(/commit\.interval\.ms is '5' until/, length);
  input.write("SET 'ssl.password'='x';\nEXIT\n");
  equal(await code, 0);
  equal(service.executed[0]!.text, 'CREATE STREAM a\n  (b INT);');
  deepEqual(readHistory(join(cwd, 'history')), [
    'SHOW TABLES;',
    'CREATE STREAM a (b INT);',
    'HISTORY',
    "SET 'commit.interval.ms'='5';",
    'EXIT',
  ]);
});

test('Ctrl-C ends the running query and keeps the shell', async () => {
  service.isEndless = true;
  const { code, output, input } = start([], Object.assign(new PassThrough(), { isTTY: true }));
  await output.shows(/sql> /);
  input.write('SELECT * FROM boats EMIT CHANGES;\n');
  await output.shows(/9007199254740993/);
  const { length } = output.text;
  input.write('\u0003');
  await service.closed;
  await output.shows(/sql> /, length);
  input.write('SELECT half a statement\n\u0003');
  input.write('VERSION\n');
  await output.shows(/Server: 9\.9/, length);
  input.write('\u0004');
  equal(await code, 0);
});
