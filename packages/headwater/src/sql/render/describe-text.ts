import type {
  ConnectorDescription,
  FunctionDescription,
  QueryDescription,
  QueryOffsetSummary,
  RunningQueryLine,
  SourceDescription,
} from '@headwater/sql';
import { fieldLine } from './type-text.ts';

export type Table = (header: readonly string[], rows: readonly (readonly unknown[])[]) => string;

/** DESCRIBE of a stream or table. */
export function sourceText(source: SourceDescription, table: Table): string {
  const isTable = source.type === 'TABLE';
  const fields = table(
    ['Field', 'Type'],
    source.fields.map((field) => fieldLine(field, isTable)),
  );
  const head = `Name : ${source.name}\n${fields}`;
  if (!source.extended) return head;
  const { clusterErrorStats = [], clusterStatistics = [], sourceConstraints = [] } = source;
  const counted = [...clusterStatistics, ...clusterErrorStats];
  return [
    head,
    `Type       : ${source.type}`,
    `Topic      : ${source.topic} (partitions: ${source.partitions}, replication: ${source.replication})`,
    `Formats    : key ${source.keyFormat}, value ${source.valueFormat}`,
    `Timestamp  : ${source.timestamp || 'of the record'}`,
    `Statement  : ${source.statement}`,
    `Read by    : ${queriesText(source.readQueries) || 'nobody'}`,
    `Written by : ${queriesText(source.writeQueries) || 'no query'}`,
    ...(sourceConstraints.length > 0 ? [`Dropped after : ${sourceConstraints.join(', ')}`] : []),
    ...(counted.length > 0
      ? [
          table(
            ['Server', 'Counted', 'Value', 'Newest record'],
            counted.map(({ host, name, value, timestamp }) => [host, name, value, momentText(timestamp)]),
          ),
        ]
      : []),
    ...(source.queryOffsetSummaries ?? []).map((summary) => offsetsText(summary, table)),
  ].join('\n');
}

function queriesText(queries: readonly RunningQueryLine[]): string {
  return queries
    .map(({ id, rewind, state }) => `${id} (${rewind === undefined ? (state ?? 'UNKNOWN') : rewindText(rewind)})`)
    .join(', ');
}

/** `REWINDING 42 %, 1200 records left, 3 s` */
export function rewindText({
  error,
  etaMs,
  percent,
  recordsLeft,
  state,
}: NonNullable<RunningQueryLine['rewind']>): string {
  if (state === 'failed') return `REWINDING FAILED: ${error}`;
  const eta = etaMs === null ? '' : `, ${Math.ceil(etaMs / 1000)} s`;
  return `REWINDING ${percent} %, ${recordsLeft} records left${eta}`;
}

function momentText(timestamp: number): string {
  return timestamp === 0 ? 'none' : new Date(timestamp).toISOString();
}

function offsetsText({ groupId, topicSummaries }: QueryOffsetSummary, table: Table): string {
  const rows = topicSummaries.flatMap(({ kafkaTopic, offsets }) =>
    offsets.map((each) => [
      kafkaTopic,
      each.partition,
      each.logStartOffset,
      each.logEndOffset,
      each.consumerOffset,
      each.logEndOffset - each.consumerOffset,
    ]),
  );
  if (rows.length === 0) return `Group ${groupId} : nothing was committed yet`;
  return `Group ${groupId}\n${table(['Topic', 'Partition', 'Start', 'End', 'Offset', 'Lag'], rows)}`;
}

/** EXPLAIN. */
export function queryText(query: QueryDescription, table: Table): string {
  const { executionPlan, id, ksqlHostQueryStatus = {}, overriddenProperties = {}, topology } = query;
  const { fields, queryType, rewind, sinks, sources, statementText } = query;
  const servers = Object.entries(ksqlHostQueryStatus).map(([host, status]) => `${host} ${status}`);
  const settings = Object.entries(overriddenProperties).map(([name, value]) => `${name}=${value}`);
  return [
    `ID       : ${id}`,
    `Type     : ${queryType}`,
    `SQL      : ${statementText}`,
    ...(rewind === undefined ? [] : [`Rewind   : ${rewindText(rewind)}; it is to take the place of ${rewind.of}`]),
    `Sources  : ${sources.join(', ')}`,
    `Sinks    : ${sinks.join(', ')}`,
    ...(servers.length > 0 ? [`Servers  : ${servers.join(', ')}`] : []),
    ...(settings.length > 0 ? [`Settings : ${settings.join(', ')}`] : []),
    table(
      ['Field', 'Type'],
      fields.map((field) => fieldLine(field, true)),
    ),
    ...(executionPlan ? ['Execution plan', executionPlan.replaceAll('\t', '  ').trimEnd()] : []),
    ...(topology ? ['Topology', topology.trimEnd()] : []),
  ].join('\n');
}

/** DESCRIBE FUNCTION. */
export function functionText({ description, functions, name, path, type }: FunctionDescription): string {
  return [
    `Name        : ${name}`,
    `Type        : ${type}`,
    `Description : ${description}`,
    ...(path === 'internal' || !path ? [] : [`Module      : ${path}`]),
    ...functions.map(
      ({ arguments: parameters, returnType, description: own }) =>
        `\n${name}(${parameters.map((each) => `${each.name} ${each.type}${each.isVariadic ? '...' : ''}`).join(', ')}) -> ${returnType}${own ? `\n  ${own}` : ''}`,
    ),
  ].join('\n');
}

/** DESCRIBE CONNECTOR. */
export function connectorText({ connectorClass, sources, status, topics }: ConnectorDescription, table: Table): string {
  const { connector, name, tasks, type } = status;
  return [
    `Name   : ${name}`,
    `Class  : ${connectorClass}`,
    `Type   : ${type ?? ''}`,
    `State  : ${connector.state} on ${connector.worker_id}`,
    ...(connector.trace ? [`Trace  : ${connector.trace}`] : []),
    `Topics : ${topics.join(', ') || 'none yet'}`,
    ...(sources.length > 0 ? [`Read as: ${sources.map((each) => each.name).join(', ')}`] : []),
    ...(tasks.length > 0
      ? [
          table(
            ['Task', 'State', 'Worker', 'Trace'],
            tasks.map((each) => [each.id, each.state, each.worker_id, each.trace?.split('\n')[0] ?? '']),
          ),
        ]
      : []),
  ].join('\n');
}
