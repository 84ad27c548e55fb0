import type { Entity, RunningQueryLine, SourceDescription, SourceLine } from '@headwater/sql';
import { visible } from './display-width.ts';
import { tableText } from './table.ts';
import { fieldLine, schemaTypeText } from './type-text.ts';

/** What a statement is answered with, for a person. */
export function entityText(entity: Entity, terminalColumns: number): string {
  const table = (header: readonly string[], rows: readonly (readonly unknown[])[]) =>
    tableText(
      header,
      rows.map((row) => row.map((cell) => visible(String(cell ?? '')))),
      terminalColumns,
    );
  const warnings = (entity.warnings ?? []).map(({ message }) => `Warning: ${message}\n`).join('');
  return warnings + textOf(entity, table);
}

type Table = (header: readonly string[], rows: readonly (readonly unknown[])[]) => string;

function textOf(entity: Entity, table: Table): string {
  switch (entity['@type']) {
    case 'currentStatus':
      return entity.commandStatus.message;
    case 'streams':
      return sources(entity.streams, table);
    case 'tables':
      return sources(entity.tables, table);
    case 'kafka_topics':
      return table(
        ['Topic', 'Partitions', 'Replicas'],
        entity.topics.map(({ name, replicaInfo }) => [name, replicaInfo.length, [...new Set(replicaInfo)].join(', ')]),
      );
    case 'kafka_topics_extended':
      return table(
        ['Topic', 'Partitions', 'Replicas', 'Consumers', 'Groups'],
        entity.topics.map((each) => [
          each.name,
          each.replicaInfo.length,
          [...new Set(each.replicaInfo)].join(', '),
          each.consumerCount,
          each.consumerGroupCount,
        ]),
      );
    case 'queries':
      return queries(entity.queries, table);
    case 'properties':
      return table(
        ['Property', 'Scope', 'Override', 'Value'],
        entity.properties.map(({ name, scope, value }) => [
          name,
          scope,
          entity.overwrittenProperties.includes(name)
            ? 'SESSION'
            : entity.defaultProperties.includes(name)
              ? ''
              : 'SERVER',
          value ?? 'NULL',
        ]),
      );
    case 'function_names':
      return table(
        ['Function', 'Type', 'Category'],
        entity.functions.map(({ name, type, category }) => [name, type, category]),
      );
    case 'describe_function':
      return [
        `Name        : ${entity.name}`,
        `Type        : ${entity.type}`,
        `Description : ${entity.description}`,
        ...entity.functions.map(
          ({ arguments: parameters, returnType, description }) =>
            `\n${entity.name}(${parameters.map((each) => `${each.name} ${each.type}${each.isVariadic ? '...' : ''}`).join(', ')}) -> ${returnType}${description ? `\n  ${description}` : ''}`,
        ),
      ].join('\n');
    case 'sourceDescription':
      return description(entity.sourceDescription, table);
    case 'source_descriptions':
      return entity.sourceDescriptions.map((each) => description(each, table)).join('\n\n') || 'none';
    case 'queryDescription': {
      const { id, queryType, statementText, fields, rewind, sources: from, sinks, topology } = entity.queryDescription;
      const fieldTable = table(
        ['Field', 'Type'],
        fields.map((field) => fieldLine(field, true)),
      );
      return [
        `ID      : ${id}`,
        `Type    : ${queryType}`,
        `SQL     : ${statementText}`,
        ...(rewind === undefined ? [] : [`Rewind  : ${rewindText(rewind)}; it is to take the place of ${rewind.of}`]),
        `Sources : ${from.join(', ')}`,
        `Sinks   : ${sinks.join(', ')}`,
        fieldTable,
        topology,
      ].join('\n');
    }
    case 'type_list':
      return table(
        ['Type', 'Schema'],
        Object.entries(entity.types).map(([name, schema]) => [name, schemaTypeText(schema)]),
      );
    case 'variables':
      return table(
        ['Variable', 'Value'],
        entity.variables.map(({ name, value }) => [name, value]),
      );
    case 'terminate_query':
      return `${entity.queryId} ${entity.wasTerminated ? 'is terminated' : 'was not running'}`;
    case 'warning_entity':
      return entity.message;
    case 'assert_topic':
      return `Topic ${entity.topicName} ${entity.exists ? 'exists' : 'does not exist'}`;
    case 'assert_schema': {
      const named = [entity.subject && `subject ${entity.subject}`, entity.id !== null && `id ${entity.id}`];
      return `Schema of ${named.filter(Boolean).join(', ')} ${entity.exists ? 'exists' : 'does not exist'}`;
    }
    case 'connector_list':
      return table(
        ['Connector', 'Type', 'Class', 'State'],
        entity.connectors.map(({ name, type, className, state }) => [name, type, className, state]),
      );
    case 'drop_connector':
      return `Dropped connector ${entity.connectorName}`;
    default: {
      const { '@type': _type, statementText: _text, warnings: _warnings, ...rest } = entity;
      return JSON.stringify(rest, null, 2);
    }
  }
}

function sources(lines: readonly SourceLine[], table: Table): string {
  return table(
    ['Name', 'Topic', 'Key format', 'Value format', 'Windowed'],
    lines.map(({ name, topic, keyFormat, valueFormat, isWindowed }) => [
      name,
      topic,
      keyFormat,
      valueFormat,
      isWindowed,
    ]),
  );
}

function queries(lines: readonly RunningQueryLine[], table: Table): string {
  return table(
    ['Query', 'Type', 'State', 'Sink', 'Topic', 'Statement'],
    lines.map((each) => [
      each.id,
      each.queryType,
      each.rewind === undefined
        ? Object.entries(each.statusCount ?? {})
            .map(([state, count]) => `${state}:${count}`)
            .join(',')
        : rewindText(each.rewind),
      each.sinks.join(', '),
      each.sinkKafkaTopics.join(', '),
      each.queryString.replace(/\s+/g, ' '),
    ]),
  );
}

function writerText({ id, rewind }: RunningQueryLine): string {
  return rewind === undefined ? id : `${id} (${rewindText(rewind)})`;
}

/** `REWINDING 42 %, 1200 records left, 3 s` */
function rewindText({ error, etaMs, percent, recordsLeft, state }: NonNullable<RunningQueryLine['rewind']>): string {
  if (state === 'failed') return `REWINDING FAILED: ${error}`;
  const eta = etaMs === null ? '' : `, ${Math.ceil(etaMs / 1000)} s`;
  return `REWINDING ${percent} %, ${recordsLeft} records left${eta}`;
}

function description(source: SourceDescription, table: Table): string {
  const isTable = source.type === 'TABLE';
  const fields = table(
    ['Field', 'Type'],
    source.fields.map((field) => fieldLine(field, isTable)),
  );
  const head = `Name : ${source.name}\n${fields}`;
  if (!source.extended) return head;
  return [
    head,
    `Type       : ${source.type}`,
    `Topic      : ${source.topic} (partitions: ${source.partitions}, replication: ${source.replication})`,
    `Formats    : key ${source.keyFormat}, value ${source.valueFormat}`,
    `Timestamp  : ${source.timestamp || 'of the record'}`,
    `Statement  : ${source.statement}`,
    `Read by    : ${source.readQueries.map(({ id }) => id).join(', ') || 'nobody'}`,
    `Written by : ${source.writeQueries.map(writerText).join(', ') || 'no query'}`,
  ].join('\n');
}
