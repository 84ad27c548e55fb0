import type { RegistryClient } from '@headwater/serdes';
import type { AnalyzerContext } from '../analyzer/query-analyzer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ConnectClient } from '../connect/connect-client.ts';
import type { ErrorListener } from '../expressions/expression-writer.ts';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import { PushQueries } from '../queries/push-queries.ts';
import { SqlError } from '../sql-error.ts';
import type { Statement } from '../syntax/ast/index.ts';
import { readStatement, type ScriptStatement } from '../syntax/parse.ts';
import type { ConsumerGroups, QueryRuntime, Topics } from './engine-services.ts';
import { EngineState } from './engine-state.ts';
import type { RewindRuntime } from './rewind/rewind.ts';
import { cancelRewindsOf, rewindQuery } from './rewind/rewind-query.ts';
import type { Session } from './session.ts';
import { checkProperty, checkPropertyKnown } from './settings/check-property.ts';
import { SourceMoves } from './source-moves.ts';
import { isShaping } from './statement-inputs.ts';
import { StatementTurns } from './statement-turns.ts';
import { alterSource } from './statements/alter-source.ts';
import { createAs } from './statements/create-as.ts';
import { createSource } from './statements/create-source.ts';
import { createType, dropType } from './statements/custom-types.ts';
import { deleteRows } from './statements/delete-rows.ts';
import { dropSource } from './statements/drop-source.ts';
import { insertInto } from './statements/insert-into.ts';
import { insertValues } from './statements/insert-values.ts';
import { manageQuery } from './statements/manage-query.ts';
import { notHere } from './statements/not-here.ts';
import { ViewReaders } from './view-readers.ts';

export interface SqlEngineOptions {
  readonly topics: Topics;
  readonly queries: QueryRuntime;
  readonly functions: FunctionRegistry;
  /** Null: formats that need one are refused. */
  readonly registry: RegistryClient | null;
  /** Kafka Connect; default null: statements about connectors are refused. */
  readonly connect?: ConnectClient | null;
  /** What EXTENDED answers tell of groups; default null: nothing. */
  readonly groups?: ConsumerGroups | null;
  /** Of the server, by ksqlDB's names. */
  readonly settings?: ReadonlyMap<string, string>;
  /** Hears of expressions that failed at a row (ksqlDB's processing log). */
  readonly onError?: ErrorListener;
  now?(): number;
  /** Default: none, REWIND is refused. */
  readonly rewinder?: RewindRuntime;
  /** Default: nothing is there yet. */
  readonly state?: EngineState;
}

/** What a statement did, in words. */
export interface StatementResult {
  readonly message: string;
  readonly queryId: string | null;
  /** What may not be meant so, and what to write instead. */
  readonly warnings?: readonly string[];
}

/** Executes statements, one after the other, against a catalog. */
export class SqlEngine {
  readonly state: EngineState;
  readonly catalog: Catalog;
  readonly queries: EngineState['queries'];
  readonly rewinds: EngineState['rewinds'];
  readonly generations: EngineState['generations'];
  readonly paused: EngineState['paused'];
  readonly rewinder: RewindRuntime | null;
  readonly readers = new ViewReaders();
  readonly pushQueries = new PushQueries();
  readonly moves = new SourceMoves();
  readonly topics: Topics;
  readonly runtime: QueryRuntime;
  readonly functions: FunctionRegistry;
  readonly registry: RegistryClient | null;
  readonly connect: ConnectClient | null;
  readonly groups: ConsumerGroups | null;
  readonly settings: ReadonlyMap<string, string>;
  readonly onError: ErrorListener;
  readonly now: () => number;
  /** 'host:port' where this server answers, as its descriptions tell; null: nowhere. */
  address: string | null = null;
  readonly #turns = new StatementTurns();
  #nextQuery = 0;

  constructor(options: SqlEngineOptions) {
    this.state = options.state ?? new EngineState();
    this.catalog = this.state.catalog;
    this.queries = this.state.queries;
    this.rewinds = this.state.rewinds;
    this.generations = this.state.generations;
    this.paused = this.state.paused;
    this.topics = options.topics;
    this.runtime = options.queries;
    this.functions = options.functions;
    this.registry = options.registry;
    this.connect = options.connect ?? null;
    this.groups = options.groups ?? null;
    this.settings = options.settings ?? new Map();
    this.onError = options.onError ?? (() => {});
    this.now = options.now ?? Date.now;
    this.rewinder = options.rewinder ?? null;
  }

  /**
   * Executes one statement. `session` holds what SET and DEFINE said before it, and hears what this one says.
   *
   * @throws SqlError with the statement's text
   */
  async execute(statement: string | ScriptStatement, session: Session): Promise<StatementResult> {
    return this.#turns.shared(() => this.#executed(statement, session));
  }

  /** Work that statements are part of: no swap of a rewound query comes between. */
  shared<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.shared(work);
  }

  /** Waits for statements that are being executed, and does work between them: the swap of a rewound query. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.exclusive(work);
  }

  async #executed(statement: string | ScriptStatement, session: Session): Promise<StatementResult> {
    const text = typeof statement === 'string' ? statement : statement.text;
    try {
      const { statement: tree, text: meant } = readStatement(statement, {
        resolveType: (name) => this.catalog.type(name),
        variables: session.variables,
      });
      return await this.#execute(tree, meant, session);
    } catch (error) {
      if (!(error instanceof SqlError) || error.statementText !== undefined) throw error;
      throw error.told({ statementText: text });
    }
  }

  /** With what the session has set; those of Kafka Streams without `ksql.streams.` before their names. */
  settingsOf(session: Session): ReadonlyMap<string, string> {
    const settings = new Map<string, string>();
    const isGiven = session.inputs?.isGiven === true;
    const set = (name: string, value: string) => settings.set(name.replace(/^ksql\.streams\./, ''), value);
    for (const [name, value] of this.settings) if (!isGiven || !isShaping(name)) set(name, value);
    for (const [name, value] of session.properties) set(name, value);
    return settings;
  }

  analyzerContext(session: Session): AnalyzerContext {
    return { catalog: this.catalog, functions: this.functions, properties: this.settingsOf(session) };
  }

  /** The number that the next query's id ends in. */
  nextQueryNumber(): number {
    return this.#nextQuery++;
  }

  numberQueriesFrom(number: number): void {
    this.#nextQuery = number;
  }

  /** The id of the query that a statement starts: the one that it has already, or that it keeps from now on. */
  queryIdOf({ inputs }: Session, newId: (number: number) => string): string {
    const id = inputs?.queryId ?? newId(this.nextQueryNumber());
    if (inputs !== undefined) inputs.queryId = id;
    return id;
  }

  async endQuery(id: string): Promise<void> {
    await cancelRewindsOf(this, id);
    this.queries.delete(id);
    this.paused.delete(id);
    await this.runtime.stop(id);
  }

  async #execute(statement: Statement, text: string, session: Session): Promise<StatementResult> {
    switch (statement.kind) {
      case 'createSource':
        return createSource(this, statement, text, session);
      case 'createAsSelect':
        return createAs(this, statement, text, session);
      case 'insertInto':
        return insertInto(this, statement, text, session);
      case 'insertValues':
        return insertValues(this, statement, session);
      case 'deleteRows':
        return deleteRows(this, statement, session);
      case 'dropSource':
        return dropSource(this, statement, session);
      case 'alterSource':
        return alterSource(this, statement, text);
      case 'rewind':
        return rewindQuery(this, statement, text, session);
      case 'createType':
        return createType(this, statement);
      case 'dropType':
        return dropType(this, statement);
      case 'terminate':
      case 'pause':
      case 'resume':
        return manageQuery(this, statement);
      case 'setProperty':
        checkProperty(statement.name, statement.value);
        session.properties.set(statement.name, statement.value);
        return done(`Successfully changed local property '${statement.name}' to '${statement.value}'.`);
      case 'unsetProperty':
        checkPropertyKnown(statement.name);
        session.properties.delete(statement.name);
        return done(`Successfully unset local property '${statement.name}'.`);
      case 'defineVariable':
        session.variables.set(statement.name, statement.value);
        return done(`Variable '${statement.name}' is defined.`);
      case 'undefineVariable':
        session.variables.delete(statement.name);
        return done(`Variable '${statement.name}' is undefined.`);
      default:
        throw notHere(statement);
    }
  }
}

export function done(
  message: string,
  queryId: string | null = null,
  warnings: readonly string[] = [],
): StatementResult {
  return { message, queryId, ...(warnings.length > 0 && { warnings }) };
}
