import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';
import { createSqlClient, type SqlServer, startSql } from '@headwater/sql';
import { ShellSession } from '../../packages/headwater/src/sql/shell-session.ts';
import { testCommand } from '../../packages/headwater/src/sql/test-command.ts';

const root = resolve(import.meta.dirname, '../..');

/** A block of the guide: what is typed, and what is shown then. */
interface Walk {
  readonly language: string;
  readonly text: string;
  readonly shown: string | null;
}

function walksOf(guide: string): Walk[] {
  const blocks = [...guide.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
  return blocks.map((block, at) => ({
    ...block,
    shown: blocks[at + 1]?.language === 'text' ? blocks[at + 1]!.text : null,
  }));
}

/** The statements of the blocks, given to the shell; what it has shown since. */
class Typist {
  readonly #session: ShellSession;
  #shown = '';
  /** What went wrong, of all that was typed. */
  complaints = '';

  /** Another server, with what the session has set. */
  goOnWith(url: string): void {
    this.#session.connectTo(createSqlClient({ url }));
  }

  constructor(url: string, cwd: string) {
    const show = (text: string) => {
      this.#shown += text;
    };
    const complain = (text: string) => {
      this.complaints += text;
      show(`${text}\n`);
    };
    this.#session = new ShellSession({
      client: createSqlClient({ url }),
      terminal: { columns: () => 120, write: async (text) => show(text), complain },
      version: '0.1.0',
      cwd,
      output: 'tabular',
    });
  }

  async type(text: string): Promise<string> {
    this.#shown = '';
    await this.#session.run(text, AbortSignal.timeout(60_000));
    return this.#shown;
  }

  close(): void {
    this.#session.close();
  }
}

test('every statement of the guide does what it says', { timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const walks = walksOf(readFileSync(join(import.meta.dirname, 'streaming-sql.md'), 'utf8'));
  for (const { language, text } of walks) {
    const name = /^(?:\/\/|--) (\S+\.(?:ts|sql))\n/.exec(text)?.[1];
    if (name === undefined) continue;
    assert.ok(language === 'ts' || language === 'sql');
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  await using broker = await startBroker({ port: 0 });
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  t.after(() => registry.close());
  const start = (): Promise<SqlServer> =>
    startSql({
      bootstrap: broker.bootstrap,
      registryUrl: registry.url,
      port: 0,
      functionsDir: join(folder, 'functions'),
      settings: [['ksql.streams.commit.interval.ms', '100']],
    });
  let sql = await start();
  t.after(() => sql.close());
  const typist = new Typist(sql.url, folder);
  t.after(() => typist.close());
  for (const { language, shown, text } of walks) {
    if (text.startsWith('# Ctrl-C')) {
      await sql.close();
      sql = await start();
      typist.goOnWith(sql.url);
    }
    if (language !== 'sql' || text.startsWith('-- ')) continue;
    let given = await typist.type(text);
    // What queries make comes a moment after what they read.
    const isLookedUp = /^SELECT(?![\s\S]*EMIT)|^DESCRIBE/.test(text);
    while (isLookedUp && shown !== null && given !== shown) given = await typist.type(text);
    if (shown !== null) assert.equal(given, shown, text);
    else assert.equal(typist.complaints, '', text);
    typist.complaints = '';
  }
  const said: string[] = [];
  assert.equal(
    await testCommand(['--functions', 'functions', 'pipelines'], {
      cwd: folder,
      env: {},
      say: (line) => said.push(line),
    }),
    0,
    said.join('\n'),
  );
});
