import type { Column } from '../schema/column.ts';
import { SqlError } from '../sql-error.ts';
import { quotedName, type SqlType, typeText } from '../types/sql-type.ts';
import { parseDelimiter } from './delimited/delimiter.ts';
import type { FormatInfo, FormatName } from './format.ts';
import { formatFacts } from './format-facts.ts';
import { kafkaKinds } from './kafka-format.ts';
import type { Wrapping } from './wrapping.ts';

/** Properties that the format knows, and none of them empty. @throws SqlError HW_SQL_STATEMENT */
export function checkFormatProperties({ name, properties }: FormatInfo): void {
  const unknown = [...properties.keys()].filter((key) => !formatFacts(name).properties.has(key));
  if (unknown.length > 0) {
    throw new SqlError('HW_SQL_STATEMENT', `${name} does not support the following configs: [${unknown.join(', ')}]`);
  }
  for (const [key, value] of properties) {
    if (value.trim() !== '') continue;
    const text = Array.from(properties, ([name, value]) => `${name}=${value}`).join(', ');
    throw new SqlError('HW_SQL_STATEMENT', `${key} cannot be empty. Format configuration: {${text}}`);
  }
  if (properties.has('delimiter')) parseDelimiter(properties.get('delimiter')!);
}

/**
 * That a format can hold these columns: as key or value of a source, or between the steps of a query.
 *
 * @throws SqlError HW_SQL_STATEMENT in ksqlDB's words
 */
export function checkFormatSchema(
  part: 'key' | 'value',
  format: FormatInfo,
  columns: readonly Column[],
  wrapping: Wrapping | null,
): void {
  if (part === 'key') for (const column of columns) checkKeyColumn(column);
  try {
    checkFormatProperties(format);
    checkColumns(part, format.name, columns);
    if (format.name.startsWith('PROTOBUF')) checkProtobufNames(format, columns, wrapping);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const texts = columns.map((column) => columnText(part, column)).join(', ');
    throw new SqlError(
      error.code,
      `${part === 'key' ? 'Key' : 'Value'} format does not support schema.\nformat: ${format.name}\nschema: Persistence{columns=[${texts}], features=[${wrapping ?? ''}]}\nreason: ${error.message}`,
      { cause: error },
    );
  }
}

/** Maps have no order, so that one key could have several forms in bytes. */
function checkKeyColumn({ name, type }: Column): void {
  if (!hasMap(type)) return;
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: ${quotedName(name)}. Column type: ${typeText(type)}. See https://github.com/confluentinc/ksql/issues/6621 for more.`,
  );
}

function hasMap(type: SqlType): boolean {
  switch (type.kind) {
    case 'MAP':
      return true;
    case 'ARRAY':
      return hasMap(type.element);
    case 'STRUCT':
      return type.fields.some((field) => hasMap(field.type));
    default:
      return false;
  }
}

function checkColumns(part: 'key' | 'value', format: FormatName, columns: readonly Column[]): void {
  switch (format) {
    case 'NONE':
      if (columns.length > 0) {
        refuse(`The 'NONE' format can only be used when no columns are defined. Got: ${columnTexts(part, columns)}`);
      }
      return;
    case 'KAFKA':
      if (columns.length > 1) {
        refuse(`The 'KAFKA' format only supports a single field. Got: ${columnTexts(part, columns)}`);
      }
      for (const { type } of columns) {
        if (!kafkaKinds.has(type.kind)) refuse(`The 'KAFKA' format does not support type '${type.kind}'`);
      }
      return;
    case 'DELIMITED':
      for (const { name, type } of columns) {
        if (type.kind === 'ARRAY' || type.kind === 'MAP' || type.kind === 'STRUCT') {
          refuse(`The 'DELIMITED' format does not support type '${type.kind}', column: ${quotedName(name)}`);
        }
      }
      return;
    case 'JSON':
    case 'JSON_SR':
      checkMapKeys(columns, 'JSON only supports MAP types with STRING keys');
      return;
    case 'AVRO':
      checkMapKeys(columns, 'Avro only supports MAPs with STRING keys');
      for (const { name, type } of columns) checkAvroName(name, type);
      return;
    default:
      checkMapKeys(
        columns,
        'PROTOBUF format only supports MAP types with STRING keys. See https://github.com/confluentinc/ksql/issues/6177.',
      );
  }
}

function columnTexts(part: 'key' | 'value', columns: readonly Column[]): string {
  return `[${columns.map((column) => columnText(part, column)).join(', ')}]`;
}

function columnText(part: 'key' | 'value', { name, type }: Column): string {
  return `${quotedName(name)} ${typeText(type)}${part === 'key' ? ' KEY' : ''}`;
}

function checkMapKeys(columns: readonly Column[], message: string): void {
  const check = (type: SqlType): void => {
    if (type.kind === 'ARRAY') check(type.element);
    else if (type.kind === 'STRUCT') for (const field of type.fields) check(field.type);
    else if (type.kind === 'MAP') {
      check(type.value);
      if (type.key.kind !== 'STRING') refuse(message);
    }
  };
  for (const { type } of columns) check(type);
}

/** Avro's names are letters, digits and underscores, and do not begin with a digit. */
function checkAvroName(name: string, type: SqlType): void {
  if (!/^[A-Za-z_]/.test(name)) refuse(`Schema is not compatible with Avro: Illegal initial character: ${name}`);
  if (!/^\w+$/.test(name)) refuse(`Schema is not compatible with Avro: Illegal character in: ${name}`);
  if (type.kind === 'STRUCT') for (const field of type.fields) checkAvroName(field.name, field.type);
  if (type.kind === 'ARRAY') checkAvroFields(type.element);
  if (type.kind === 'MAP') checkAvroFields(type.value);
}

function checkAvroFields(type: SqlType): void {
  if (type.kind === 'STRUCT') for (const field of type.fields) checkAvroName(field.name, field.type);
  if (type.kind === 'ARRAY') checkAvroFields(type.element);
  if (type.kind === 'MAP') checkAvroFields(type.value);
}

/** Names become part of a schema's text: only what is a name there may. A column that is not wrapped has none. */
function checkProtobufNames({ properties }: FormatInfo, columns: readonly Column[], wrapping: Wrapping | null): void {
  const fullName = properties.get('fullSchemaName')?.trim();
  if (fullName !== undefined && !/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(fullName)) {
    refuse(`Schema is not compatible with Protobuf: "${fullName}" is not a valid identifier.`);
  }
  const checkField = ({ name, type }: Column): void => {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      refuse(`Schema is not compatible with Protobuf: "${name}" is not a valid identifier.`);
    }
    checkType(type);
  };
  const checkType = (type: SqlType): void => {
    if (type.kind === 'STRUCT') for (const field of type.fields) checkField(field);
    else if (type.kind === 'ARRAY') checkType(type.element);
    else if (type.kind === 'MAP') checkType(type.value);
  };
  for (const column of columns) wrapping === 'UNWRAP_SINGLES' ? checkType(column.type) : checkField(column);
}

function refuse(message: string): never {
  throw new SqlError('HW_SQL_STATEMENT', message);
}
