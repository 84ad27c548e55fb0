import type { Entity, RunningQueryLine, SourceLine } from '@headwater/sql';
import { connectorText, functionText, queryText, rewindText, sourceText, type Table } from './describe-text.ts';
import { visible } from './display-width.ts';
import { tableText } from './table.ts';
import { schemaTypeText } from './type-text.ts';

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
      return functionText(entity);
    case 'sourceDescription':
      return sourceText(entity.sourceDescription, table);
    case 'source_descriptions':
      return entity.sourceDescriptions.map((each) => sourceText(each, table)).join('\n\n') || 'none';
    case 'queryDescription':
      return queryText(entity.queryDescription, table);
    case 'query_descriptions':
      return entity.queryDescriptions.map((each) => queryText(each, table)).join('\n\n') || 'none';
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
    case 'connector_plugins_list':
      return table(
        ['Class', 'Type', 'Version'],
        entity.connectorsPlugins.map(({ className, type, version }) => [className, type, version]),
      );
    case 'connector_info':
      return `Created connector ${(entity.info as { name?: string } | null)?.name ?? ''}`;
    case 'connector_description':
      return connectorText(entity, table);
    case 'drop_connector':
      return `Dropped connector ${entity.connectorName}`;
    default:
      // What a newer server has, and this shell does not know.
      return JSON.stringify(entity, null, 2);
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
