import { statementError } from '../../analyzer/statement-error.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { sourcesOf } from '../../plan/steps/step.ts';
import { SqlError } from '../../sql-error.ts';
import type { Rewind as RewindStatement } from '../../syntax/ast/index.ts';
import type { PersistentQuery } from '../engine-services.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';
import { persistentQuery } from '../statements/start-query.ts';
import type { Rewind, RewoundInput, StartOffsets } from './rewind.ts';

/** REWIND: a new generation of a query beside the one that runs, from what the log still holds. @throws SqlError where that cannot be */
export async function rewindQuery(
  engine: SqlEngine,
  statement: RewindStatement,
  text: string,
  session: Session,
): Promise<StatementResult> {
  const { rewinder } = engine;
  if (rewinder === null) throw new SqlError('HW_SQL_UNSUPPORTED', 'Queries cannot be rewound here: there is no log');
  const previous = rewoundQuery(engine, statement);
  checkRewindable(engine, previous);
  const inputs = inputsOf(previous.plan, statement);
  // Who was asked has found that it is possible, and has made its topic.
  const isGiven = session.inputs?.isGiven === true;
  const starts = isGiven ? null : await rewinder.starts(inputs, statement.to);
  const runId = session.inputs?.queryId ?? newRunId(engine, previous.id);
  if (session.inputs !== undefined) session.inputs.queryId = runId;
  const rewind = await newGeneration(engine, previous, { runId, statement: text, inputs, to: statement.to, starts });
  if (!isGiven) await createResultsTopic(engine, previous, rewind.resultsTopic ?? rewind.query.plan.sink.topic);
  engine.rewinds.set(runId, rewind);
  const from = await rewinder.start(rewind).catch(async (error: unknown) => {
    await cancelRewind(engine, runId);
    throw error;
  });
  const where = from === null ? '' : `, from ${startsText(from)}`;
  return done(
    `Query ${previous.id} is rebuilt as ${runId}${where}. It takes the place of ${previous.runId} when it has caught up; TERMINATE ${runId} ends it.`,
    runId,
  );
}

/** The first generation is the query itself; a number is given once. */
function newRunId({ generations }: SqlEngine, id: string): string {
  return `${id}_G${(generations.get(id) ?? 1) + 1}`;
}

function startsText(starts: StartOffsets): string {
  const lists = Object.entries(starts).map(([topic, offsets]) => {
    const places = Object.entries(offsets).map(([partition, offset]) => `${partition} = ${offset}`);
    return `${topic} (${places.join(', ')})`;
  });
  return lists.join(', ');
}

/** What is meant by its name: a query's id, or the stream or table that it makes. */
function rewoundQuery({ catalog, queries }: SqlEngine, { target, targetKind }: RewindStatement): PersistentQuery {
  const byId = targetKind === null || targetKind === 'QUERY' ? queries.get(target) : undefined;
  if (byId !== undefined) return byId;
  if (targetKind === 'QUERY') {
    throw statementError(`Query with id:${target} does not exist, use SHOW QUERIES to view the full set of queries.`);
  }
  const source = catalog.source(target);
  if (source === undefined) {
    const kind = targetKind === null ? 'stream, table or query' : targetKind.toLowerCase();
    throw statementError(`There is no ${kind} ${target}.`);
  }
  if (targetKind !== null && source.kind !== targetKind) {
    throw statementError(`Incompatible data source type is ${source.kind}, but statement was REWIND ${targetKind}`);
  }
  const maker = queries.makerOf(target);
  if (maker !== undefined) return maker;
  throw statementError(
    `No query makes ${target}: it is its topic, and always has all of it. Rewind what is made of it by CREATE … AS SELECT.`,
  );
}

function checkRewindable(engine: SqlEngine, { id, kind, plan, sinkName }: PersistentQuery): void {
  const { queries } = engine;
  checkNotRewound(engine, id);
  if (kind === 'CREATE_SOURCE') {
    throw statementError(`${sinkName} always has all of its topic: there is nothing to rewind.`);
  }
  if (kind === 'INSERT') {
    throw statementError(
      `${id} writes into ${sinkName} with others, and its results cannot be told from theirs. Rewind a stream or table that is made of ${sinkName}.`,
    );
  }
  if (plan.sink.kind === 'TABLE') return;
  const writers = queries.writersOf(sinkName).filter((query) => query.kind === 'INSERT');
  const readers = queries.readersOf(sinkName);
  if (writers.length > 0) {
    throw statementError(
      `Cannot rewind stream ${sinkName}: it would begin anew without what ${writers.map((query) => query.id).join(', ')} wrote into it. Terminate them before.`,
    );
  }
  if (readers.length > 0) {
    throw statementError(
      `Cannot rewind stream ${sinkName}: it begins anew in another topic, and ${readers.map((query) => query.id).join(', ')} would not hear of it. Rewind them in its place, or terminate them before.`,
    );
  }
}

/** @throws SqlError while a new generation of the query is rebuilt */
export function checkNotRewound({ rewinds }: SqlEngine, queryId: string): void {
  for (const { previous, runId } of rewinds.values()) {
    if (previous.id !== queryId) continue;
    throw statementError(
      `${queryId} is being rewound. Wait until it has caught up, or end that by TERMINATE ${runId}.`,
    );
  }
}

function inputsOf(plan: QueryPlan, { to }: RewindStatement): readonly RewoundInput[] {
  const inputs = new Map<string, RewoundInput>();
  for (const { source } of sourcesOf(plan.step)) {
    const { topic } = source;
    const isTable = source.kind === 'TABLE';
    const other = inputs.get(topic);
    if (other !== undefined && other.isTable !== isTable && to.kind !== 'beginning') {
      throw statementError(
        `The query reads topic ${topic} as a stream and as a table: it is rewound TO BEGINNING only.`,
      );
    }
    inputs.set(topic, { topic, isTable });
  }
  return [...inputs.values()];
}

async function newGeneration(
  engine: SqlEngine,
  previous: PersistentQuery,
  begin: Pick<Rewind, 'inputs' | 'runId' | 'starts' | 'statement' | 'to'>,
): Promise<Rewind> {
  const { id, kind, plan, settings, statement } = previous;
  const { runId } = begin;
  const generation = Number(/\d+$/.exec(runId)![0]);
  engine.generations.set(id, generation);
  const options = { kind, statement, runId, session: { properties: new Map(settings), variables: new Map() } };
  const { sink } = plan;
  const isTable = sink.kind === 'TABLE';
  const topic = isTable ? sink.topic : `${sink.topic.replace(/_G\d+$/, '')}_G${generation}`;
  const resultsTopic = isTable ? engine.rewinder!.resultsTopicOf(runId) : null;
  const lasting: QueryPlan = { ...plan, sink: { ...sink, topic } };
  const passing = resultsTopic === null ? lasting : { ...lasting, resultsTopic };
  const building = await persistentQuery(engine, { plan: passing }, { ...options, id: runId });
  const query = await persistentQuery(engine, { plan: lasting }, { ...options, id });
  return { ...begin, previous, building, query, resultsTopic };
}

async function createResultsTopic(
  { rewinder, topics }: SqlEngine,
  { plan }: PersistentQuery,
  name: string,
): Promise<void> {
  if ((await topics.describe(name)) !== undefined) {
    // Made for a statement that had to be tried again.
    if (await rewinder!.isEmpty(name)) return;
    throw statementError(`The new generation of ${plan.sink.name} needs the topic ${name}, which is there already.`);
  }
  const { partitions = 1, replicas = 1 } = (await topics.describe(plan.sink.topic)) ?? {};
  const isTable = plan.sink.kind === 'TABLE';
  await topics.create({ name, partitions, replicas, configs: new Map(isTable ? [['cleanup.policy', 'compact']] : []) });
}

/** TERMINATE of a new generation: the old one stays as it is. False where there is none of the id. */
export async function cancelRewind(engine: SqlEngine, runId: string): Promise<boolean> {
  const rewind = engine.rewinds.get(runId);
  if (rewind === undefined) return false;
  engine.rewinds.delete(runId);
  await engine.rewinder?.cancel(rewind);
  return true;
}

/** Of a query that ends: what is rebuilt of it ends too. */
export async function cancelRewindsOf(engine: SqlEngine, queryId: string): Promise<void> {
  for (const { previous, runId } of [...engine.rewinds.values()]) {
    if (previous.id === queryId) await cancelRewind(engine, runId);
  }
}

/**
 * The swap: from now on the new generation is the query. Does nothing where that is so already, or where it was ended.
 *
 * @param offsets of a stream's new topic, where those go on who have read the old one; default: its beginning
 */
export async function takePlace(
  engine: SqlEngine,
  runId: string,
  offsets: Readonly<Record<number, number>> = {},
): Promise<void> {
  const { rewinder } = engine;
  const rewind = engine.rewinds.get(runId);
  if (rewind === undefined || rewinder === null) return;
  engine.rewinds.delete(runId);
  const { previous, query } = rewind;
  const swap = () => {
    engine.catalog.put(query.plan.sink);
    engine.queries.set(query.id, query);
    const { topic } = query.plan.sink;
    if (topic !== previous.plan.sink.topic) engine.moves.tell(previous.plan.sink.topic, { topic, offsets });
  };
  await rewinder.takePlace(rewind, swap);
}
