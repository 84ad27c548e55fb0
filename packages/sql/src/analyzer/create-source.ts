import type { DataSource } from '../catalog/data-source.ts';
import type { SerdeFeature } from '../formats/format.ts';
import { checkFormatSchema } from '../formats/format-checks.ts';
import { parseFormatName } from '../formats/format-facts.ts';
import { withFieldNames } from '../formats/json/json-style.ts';
import { keyWrapping, valueWrapping } from '../formats/wrapping.ts';
import type { Column, HeaderColumn, LogicalSchema } from '../schema/column.ts';
import { findColumn, repeatedColumn } from '../schema/find-column.ts';
import { columnText } from '../schema/schema-text.ts';
import { isSystemColumn } from '../schema/system-columns.ts';
import type { ColumnDefinition, CreateSource } from '../syntax/ast/index.ts';
import { parseType } from '../syntax/parse.ts';
import { spellingsOf } from '../syntax/spellings.ts';
import { isSameType, typeText } from '../types/sql-type.ts';
import { joinedText, statementError } from './statement-error.ts';
import { checkTimestampColumn } from './timestamp-analysis.ts';
import { StatementProperties } from './with-properties.ts';

export interface CreatedSource {
  readonly source: DataSource;
  readonly properties: StatementProperties;
}

/**
 * The stream or table that a CREATE statement with columns describes.
 *
 * @throws SqlError for columns and formats that cannot be
 */
export function analyzeCreateSource(
  statement: CreateSource,
  text: string,
  settings: ReadonlyMap<string, string>,
): CreatedSource {
  const { isSource, name, sourceKind } = statement;
  const properties = new StatementProperties(statement.properties, 'source', settings);
  const topic = properties.text('KAFKA_TOPIC');
  if (topic === null) {
    throw statementError('Missing required property "KAFKA_TOPIC" which has no default value.', statement.range);
  }
  const keyName = properties.formatName('key') ?? defaultFormat(settings, 'key') ?? 'KAFKA';
  const valueName = properties.formatName('value') ?? defaultFormat(settings, 'value');
  if (valueName === null) {
    throw statementError(
      "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one or set a default via the 'ksql.persistence.default.format.value' config.",
      statement.range,
    );
  }
  if (statement.columns.length === 0)
    throw statementError('The statement does not define any columns.', statement.range);
  const schema = declaredSchema(statement);
  const keyFormat = properties.format('key', keyName, name);
  const spellings = spellingsOf(text);
  const valueFormat = withFieldNames(properties.format('value', valueName, name), schema.value, spellings);
  if (sourceKind === 'TABLE' && schema.key.length === 0) {
    throw statementError('Tables require a PRIMARY KEY. Please define the PRIMARY KEY.', statement.range);
  }
  const { window } = properties;
  if (window !== null && schema.key.length === 0) {
    throw statementError('Windowed sources require a key column.', statement.range);
  }
  const keyFeature = keyWrapping(keyName, schema.key.length);
  const valueFeature = valueWrapping(valueName, schema.value.length, properties.isWrapped, defaultWrapping(settings));
  checkFormatSchema('key', keyFormat, schema.key, keyFeature);
  checkFormatSchema('value', valueFormat, schema.value, valueFeature);
  const timestamp = properties.timestamp;
  if (timestamp !== null) checkTimestampColumn(schema, timestamp);
  const features = (feature: SerdeFeature | null) => new Set(feature === null ? [] : [feature]);
  return {
    properties,
    source: {
      kind: sourceKind,
      name,
      schema,
      topic,
      keyFormat: { format: keyFormat, features: features(keyFeature), window },
      valueFormat: { format: valueFormat, features: features(valueFeature) },
      timestamp,
      spellings,
      rowTtlMs: properties.rowTtlMs(sourceKind, properties.window),
      isReadOnly: isSource,
      isDerived: false,
      statement: text,
    },
  };
}

export function defaultFormat(settings: ReadonlyMap<string, string>, part: 'key' | 'value') {
  const text = settings.get(`ksql.persistence.default.format.${part}`);
  return text === undefined || text === '' ? null : parseFormatName(text);
}

export function defaultWrapping(settings: ReadonlyMap<string, string>): boolean | null {
  const text = settings.get('ksql.persistence.wrap.single.values');
  return text === undefined || text === '' ? null : text.toLowerCase() === 'true';
}

function declaredSchema({ columns, sourceKind }: CreateSource): LogicalSchema {
  const key: Column[] = [];
  const value: Column[] = [];
  const headers: HeaderColumn[] = [];
  for (const definition of columns) {
    const { constraint, name, range, type } = definition;
    if (isSystemColumn(name)) {
      throw statementError(`'${name}' is a reserved column name. You cannot use it as a name for a column.`, range);
    }
    switch (constraint.kind) {
      case 'value':
        value.push({ name, type });
        break;
      case 'key':
        if (sourceKind === 'TABLE') {
          throw statementError(
            `Column \`${name}\` is a 'KEY' column: please use 'PRIMARY KEY' for tables.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.`,
            range,
          );
        }
        key.push({ name, type });
        break;
      case 'primaryKey':
        if (sourceKind === 'STREAM') {
          throw statementError(
            `Column \`${name}\` is a 'PRIMARY KEY' column: please use 'KEY' for streams.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.`,
            range,
          );
        }
        key.push({ name, type });
        break;
      default:
        headers.push(headerColumn(definition));
    }
  }
  checkOnce(key, 'key');
  checkOnce(value, 'value');
  const clashing = [
    ...key.filter(({ name }) => findColumn(value, name) !== undefined),
    ...headers.filter(({ name }) => findColumn(key, name) !== undefined || findColumn(value, name) !== undefined),
  ];
  if (clashing.length > 0) {
    throw statementError(
      `Duplicate column names: ${joinedText(
        clashing.map(({ name }) => name),
        'and',
      )}`,
    );
  }
  checkHeaders(headers);
  return { key, value, headers };
}

const headersType = parseType('ARRAY<STRUCT<KEY STRING, VALUE BYTES>>');

function headerColumn({ constraint, name, range, type }: ColumnDefinition): HeaderColumn {
  if (constraint.kind === 'header') {
    if (type.kind !== 'BYTES') {
      throw statementError(
        `Invalid type for HEADER('${constraint.key}') column: expected BYTES, got ${typeText(type)}`,
        range,
      );
    }
    return { name, type, headerKey: constraint.key };
  }
  if (!isSameType(type, headersType)) {
    throw statementError(
      `Invalid type for HEADERS column: expected ARRAY<STRUCT<\`KEY\` STRING, \`VALUE\` BYTES>>, got ${typeText(type)}`,
      range,
    );
  }
  return { name, type, headerKey: null };
}

function checkHeaders(headers: readonly HeaderColumn[]): void {
  const isAll = headers.some(({ headerKey }) => headerKey === null);
  if (isAll && headers.length > 1) {
    const several = headers.filter(({ headerKey }) => headerKey === null).length > 1;
    throw statementError(
      several
        ? 'Schema already contains a HEADERS column.'
        : "Schema already contains a HEADERS column: HEADER('key') columns cannot stand beside it.",
    );
  }
  const seen = new Set<string>();
  for (const { headerKey } of headers) {
    if (headerKey === null) continue;
    if (seen.has(headerKey)) throw statementError(`Schema already contains a HEADER('${headerKey}') column.`);
    seen.add(headerKey);
  }
}

function checkOnce(columns: readonly Column[], part: 'key' | 'value'): void {
  const duplicate = repeatedColumn(columns);
  if (duplicate === undefined) return;
  throw statementError(`Duplicate ${part} columns found in schema: ${columnText(duplicate)}`);
}
