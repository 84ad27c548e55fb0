import type { DataSource } from '../catalog/data-source.ts';
import { newSession, type Session } from '../engine/session.ts';
import { SqlEngine } from '../engine/sql-engine.ts';
import { evaluatedAs } from '../engine/statements/insert-values.ts';
import { rowCodec } from '../formats/row-codec.ts';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import { sourceCodecSpec } from '../plan/physical/source-flow.ts';
import type { Column } from '../schema/column.ts';
import { SqlError } from '../sql-error.ts';
import type { AssertTombstone, AssertValues, Statement } from '../syntax/ast/index.ts';
import { parseScript, parseStatement, type ScriptStatement } from '../syntax/parse.ts';
import { isSameValue } from '../types/comparison.ts';
import { sqlTypes } from '../types/sql-type.ts';
import { assertSource } from './assert-source.ts';
import { LiveCluster } from './live-cluster.ts';
import { createMemoryRegistry } from './memory-registry.ts';
import { splitRecordWindow } from './record-bytes.ts';
import type { CaseResult } from './run-case.ts';
import type { ScriptTest } from './script-file.ts';

export interface RunScriptOptions {
  readonly functions: FunctionRegistry;
  /** The text that RUN SCRIPT names. */
  readScript(path: string): Promise<string>;
  /** Of the server. */
  readonly settings?: Iterable<readonly [string, string]>;
}

/** Runs the statements of a test one by one; each row that is inserted goes through all queries at once. */
export async function runScriptTest(test: ScriptTest, options: RunScriptOptions): Promise<CaseResult> {
  const run = new ScriptRun(options);
  try {
    await run.script(test.text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (test.expectedMessage === null) return { failures: [message], isMessageMet: null };
    return { failures: [], isMessageMet: message.includes(test.expectedMessage), message };
  } finally {
    run.close();
  }
  if (test.expectedMessage === null) return { failures: [], isMessageMet: null };
  return { failures: [`no rejection; expected: ${test.expectedMessage}`], isMessageMet: false };
}

class ScriptRun {
  readonly #cluster = new LiveCluster();
  readonly #engine: SqlEngine;
  readonly #session: Session = newSession();
  readonly #options: RunScriptOptions;
  /** How many records of a topic were asserted. */
  readonly #asserted = new Map<string, number>();

  constructor(options: RunScriptOptions) {
    this.#options = options;
    this.#engine = new SqlEngine({
      topics: this.#cluster,
      queries: this.#cluster,
      functions: options.functions,
      registry: createMemoryRegistry().client,
      settings: new Map([['auto.offset.reset', 'earliest'], ...(options.settings ?? [])]),
      now: () => 0,
    });
  }

  async script(text: string): Promise<void> {
    for (const statement of parseScript(text, { isTestScript: true })) await this.#statement(statement);
  }

  close(): void {
    this.#cluster.close();
  }

  async #statement(text: ScriptStatement): Promise<void> {
    const statement = parseStatement(text, {
      isTestScript: true,
      resolveType: (name) => this.#engine.catalog.type(name),
      variables: this.#session.variables,
    });
    switch (statement.kind) {
      case 'assertValues':
      case 'assertTombstone':
        return this.#assertRecord(statement);
      case 'assertSource':
        return assertSource(this.#engine, statement);
      case 'runScript':
        return this.script(await this.#options.readScript(statement.path.value));
      default:
        await this.#prepareTopic(statement);
        await this.#engine.execute(text, this.#session);
    }
  }

  /** Topics of sources are there, with one partition where nothing is said. */
  async #prepareTopic(statement: Statement): Promise<void> {
    if (statement.kind !== 'createSource') return;
    const topic = statement.properties.get('KAFKA_TOPIC');
    if (topic?.kind !== 'string' || (await this.#cluster.describe(topic.value)) !== undefined) return;
    const partitions = statement.properties.get('PARTITIONS');
    const count = partitions?.kind === 'integer' ? Number(partitions.value) : 1;
    this.#cluster.add({ name: topic.value, partitions: count, replicas: 1 });
  }

  #assertRecord(statement: AssertValues | AssertTombstone): void {
    const source = this.#engine.catalog.source(statement.source);
    if (source === undefined) throw new SqlError('HW_SQL_STATEMENT', `There is no stream or table ${statement.source}`);
    const at = this.#asserted.get(source.topic) ?? 0;
    this.#asserted.set(source.topic, at + 1);
    const record = this.#cluster.recordsOf(source.topic)[at];
    if (record === undefined) throw different(statement.source, at, 'there is no record');
    const row = new Map<string, unknown>([['ROWTIME', record.timestamp]]);
    let keyBytes = record.key;
    const { window } = source.keyFormat;
    if (window !== null && keyBytes !== null) {
      const split = splitRecordWindow(keyBytes, window.sizeMs);
      keyBytes = split.key;
      row.set('WINDOWSTART', split.window.startMs);
      row.set('WINDOWEND', split.window.endMs);
    }
    this.#read(row, source, 'key', keyBytes);
    this.#read(row, source, 'value', record.value);
    if (statement.kind === 'assertTombstone' && record.value !== null)
      throw different(statement.source, at, 'there is a value');
    const columns: readonly Column[] = [...source.schema.key, ...source.schema.value];
    const system = window === null ? ['ROWTIME'] : ['ROWTIME', 'WINDOWSTART', 'WINDOWEND'];
    const known = [...columns, ...system.map((name) => ({ name, type: sqlTypes.bigint }))];
    const names = statement.columns.length > 0 ? statement.columns : columns.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      const column = known.find((each) => each.name === name);
      if (column === undefined) throw new SqlError('HW_SQL_STATEMENT', `${statement.source} has no column ${name}`);
      const expected = evaluatedAs(statement.values[index]!, column, this.#engine, this.#session);
      const actual = row.get(name) ?? null;
      if (!isSameValue(expected, actual))
        throw different(statement.source, at, `${name} is ${String(actual)}, not ${String(expected)}`);
    }
  }

  #read(row: Map<string, unknown>, source: DataSource, part: 'key' | 'value', bytes: Buffer | null): void {
    if (bytes === null) return;
    const codec = rowCodec(sourceCodecSpec(source, part, this.#engine));
    const values = codec.decode(bytes, 0, bytes.length, source.topic);
    for (const [at, { name }] of source.schema[part].entries()) row.set(name, values[at] ?? null);
  }
}

function different(source: string, at: number, what: string): SqlError {
  return new SqlError('HW_SQL_STATEMENT', `Expected record does not match actual. Record ${at} of ${source}: ${what}`);
}
