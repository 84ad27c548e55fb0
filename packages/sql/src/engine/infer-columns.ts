import { ParsedProtobufSchema, type ParsedSchema, type RegistryClient, RegistryClientError } from '@headwater/serdes';
import { defaultFormat } from '../analyzer/create-source.ts';
import { statementError } from '../analyzer/statement-error.ts';
import { StatementProperties } from '../analyzer/with-properties.ts';
import type { DataSource } from '../catalog/data-source.ts';
import type { FormatName } from '../formats/format.ts';
import { formatFacts } from '../formats/format-facts.ts';
import { columnsOfSchema } from '../formats/registry/infer-columns.ts';
import { isReadable } from '../formats/registry/is-readable.ts';
import { schemaBookOf } from '../formats/registry/schema-book.ts';
import { rowCodec } from '../formats/row-codec.ts';
import { keyWrapping, type Wrapping } from '../formats/wrapping.ts';
import { sourceCodecSpec } from '../plan/physical/source-flow.ts';
import type { Column } from '../schema/column.ts';
import { columnText } from '../schema/schema-text.ts';
import { SqlError } from '../sql-error.ts';
import type { ColumnConstraint, CreateSource } from '../syntax/ast/index.ts';
import { isSameType, typeText } from '../types/sql-type.ts';
import type { SqlEngine } from './sql-engine.ts';
import type { StatementInputs } from './statement-inputs.ts';

/**
 * The statement with the columns that it leaves to the registry: those of the key, of the value, or both.
 *
 * @throws SqlError where the registry has no schema for them
 */
export async function withInferredColumns(
  engine: SqlEngine,
  statement: CreateSource,
  settings: ReadonlyMap<string, string>,
  inputs?: StatementInputs,
): Promise<CreateSource> {
  const properties = new StatementProperties(statement.properties, 'source', settings);
  const keyFormat = properties.formatName('key') ?? defaultFormat(settings, 'key') ?? 'KAFKA';
  const valueFormat = properties.formatName('value') ?? defaultFormat(settings, 'value');
  if (valueFormat === null || properties.text('KAFKA_TOPIC') === null) return statement;
  const isKey = ({ kind }: ColumnConstraint) => kind === 'key' || kind === 'primaryKey';
  const hasKey = statement.columns.some(({ constraint }) => isKey(constraint));
  const hasValue = statement.columns.some(({ constraint }) => constraint.kind === 'value');
  const isKeyWanted = isWanted('KEY', keyFormat, hasKey, properties);
  const isValueWanted = isWanted('VALUE', valueFormat, hasValue, properties);
  if (!isKeyWanted && !isValueWanted) return statement;
  const found = async (part: 'key' | 'value', format: FormatName, wrapping: Wrapping | null) => {
    const columns =
      inputs?.columns.get(part) ?? (await inferred(engine, part, format, wrapping, properties, statement));
    inputs?.columns.set(part, columns);
    return columns;
  };
  const keys = isKeyWanted ? await found('key', keyFormat, keyWrapping(keyFormat, 1)) : [];
  const explicit = properties.isWrapped;
  const valueWrapping = explicit === null ? null : explicit ? 'WRAP_SINGLES' : 'UNWRAP_SINGLES';
  const values = isValueWanted ? await found('value', valueFormat, valueWrapping) : [];
  const constraint: ColumnConstraint = { kind: statement.sourceKind === 'TABLE' ? 'primaryKey' : 'key' };
  return {
    ...statement,
    columns: [
      ...keys.map(({ name, type }) => ({ range: null, name, type, constraint })),
      ...statement.columns,
      ...values.map(({ name, type }) => ({ range: null, name, type, constraint: { kind: 'value' } as const })),
    ],
  };
}

function isWanted(
  part: 'KEY' | 'VALUE',
  format: FormatName,
  isDeclared: boolean,
  properties: StatementProperties,
): boolean {
  const isById = properties.text(`${part}_SCHEMA_ID`) !== null;
  const { needsRegistry } = formatFacts(format);
  if (isById && !needsRegistry) {
    throw statementError(
      `${part}_FORMAT should support schema inference when ${part}_SCHEMA_ID is provided. Current format is ${format}.`,
    );
  }
  if (isById && isDeclared) {
    throw statementError(`Table elements and ${part}_SCHEMA_ID cannot both exist for create statement.`);
  }
  return needsRegistry && !isDeclared;
}

async function inferred(
  { registry }: SqlEngine,
  part: 'key' | 'value',
  format: FormatName,
  wrapping: Wrapping | null,
  properties: StatementProperties,
  { name }: CreateSource,
): Promise<readonly Column[]> {
  if (registry === null) {
    throw statementError(
      `The format ${format} needs a schema registry: configure ksql.schema.registry.url, or name the columns`,
    );
  }
  const topic = properties.text('KAFKA_TOPIC')!;
  const subject = `${topic}-${part}`;
  const id = properties.integer(`${part.toUpperCase()}_SCHEMA_ID`);
  const book = schemaBookOf(registry);
  const schema = await (async () => {
    try {
      return id === null ? await book.parse(await registry.version(subject, 'latest')) : await book.fetch(id);
    } catch (error) {
      throw statementError(
        `Schema for message ${part}s on topic '${topic}' does not exist in the Schema Registry.\nSubject: ${subject}${id === null ? '' : ` (schema id ${id})`}\n${(error as Error).message}`,
      );
    }
  })();
  checkOneDefinition(schema, part, properties);
  const columns = columnsOfSchema(schema, {
    format: properties.format(part, format, name),
    part,
    wrapping,
    names: id === null ? 'upper' : 'kept',
  });
  if (part === 'key' && columns.length > 1) {
    throw statementError(
      `The key schema for topic: ${topic}${id === null ? '' : `, schema id: ${id}`} contains multiple columns, which is not supported by ksqlDB at this time: name the columns of the key in the statement.\nSchema:${schema.canonical}`,
    );
  }
  return columns;
}

/** A file of Protobuf may have several messages: the statement says which is meant. */
function checkOneDefinition(schema: ParsedSchema, part: 'key' | 'value', properties: StatementProperties): void {
  const property = `${part.toUpperCase()}_SCHEMA_FULL_NAME`;
  if (!(schema instanceof ParsedProtobufSchema) || properties.text(property) !== null) return;
  const { enums, messages, package: packageName } = schema.file;
  const names = [...messages, ...enums].map(({ name }) =>
    packageName === undefined ? name : `${packageName}.${name}`,
  );
  if (names.length < 2) return;
  throw statementError(
    `${part === 'key' ? 'Key' : 'Value'} schema has multiple schema definitions.\n\n${names.map((name) => `- ${name}`).join('\n')}\n\nPlease specify a schema full name in the WITH clause using ${property}`,
  );
}

/**
 * That a result fits the schemas that its statement names by their ids: columns in the same places.
 *
 * @throws SqlError in ksqlDB's words
 */
export async function checkGivenSchemas({ registry }: SqlEngine, sink: DataSource): Promise<void> {
  for (const part of ['key', 'value'] as const) {
    const { features, format } = part === 'key' ? sink.keyFormat : sink.valueFormat;
    const id = format.properties.get('schemaId');
    if (id === undefined || registry === null) continue;
    const schema = await schemaBookOf(registry)
      .fetch(Number(id))
      .catch((error: Error) => {
        throw statementError(
          `Schema for message ${part}s on topic '${sink.topic}' does not exist in the Schema Registry.\nSchema id: ${id}\n${error.message}`,
        );
      });
    const wrapping =
      part === 'key' ? keyWrapping(format.name, 1) : features.has('UNWRAP_SINGLES') ? 'UNWRAP_SINGLES' : null;
    const inferred = columnsOfSchema(schema, { format, part, wrapping, names: 'kept' });
    const columns = sink.schema[part];
    const changed = columns.filter(({ name, type }, index) => {
      const other = inferred[index];
      return other === undefined || other.name !== name || !isSameType(other.type, type);
    });
    if (changed.length === 0) continue;
    const text = (some: readonly Column[]) =>
      `[${some.map((column) => columnText(column) + (part === 'key' ? ' KEY' : '')).join(', ')}]`;
    throw statementError(
      `The following ${part} columns are changed, missing or reordered: ${text(changed)}. Schema from schema registry is ${text(inferred)}`,
    );
  }
}

/**
 * Puts the schemas of a source's columns into the registry where its topic has none yet; those that the statement named by their ids belong to the
 * topic from now on.
 *
 * @throws SqlError where the registry refuses
 */
export async function registerSource(engine: SqlEngine, source: DataSource): Promise<void> {
  const { registry } = engine;
  for (const part of ['key', 'value'] as const) {
    const { format } = part === 'key' ? source.keyFormat : source.valueFormat;
    if (registry === null || !formatFacts(format.name).needsRegistry || source.schema[part].length === 0) continue;
    try {
      const subject = `${source.topic}-${part}`;
      const id = format.properties.get('schemaId');
      // What is only read need not be such that it can be written.
      if (id !== undefined) await schemaBookOf(registry).registerById(subject, Number(id));
      else if (!(await checkedAgainst(registry, subject, source, part)))
        await rowCodec(sourceCodecSpec(source, part, engine)).register?.();
    } catch (error) {
      if (error instanceof SqlError) throw error;
      throw statementError(`Could not register schema for topic: ${(error as Error).message}`);
    }
  }
}

/** Whether there is a schema. @throws SqlError where columns cannot be read from what it says */
async function checkedAgainst(
  registry: RegistryClient,
  subject: string,
  source: DataSource,
  part: 'key' | 'value',
): Promise<boolean> {
  let written: readonly Column[];
  try {
    const { schemaType, schema: text, references } = await registry.version(subject, 'latest');
    const { features, format } = part === 'key' ? source.keyFormat : source.valueFormat;
    const schema = await schemaBookOf(registry).parse({ schemaType, schema: text, references });
    const unwrapped = features.has('UNWRAP_SINGLES') ? 'UNWRAP_SINGLES' : null;
    const wrapping = part === 'key' ? keyWrapping(format.name, source.schema.key.length) : unwrapped;
    written = columnsOfSchema(schema, { format, part, wrapping, names: 'upper' });
  } catch (error) {
    if (error instanceof RegistryClientError) {
      if (error.isNotFound) return false;
      throw error;
    }
    // A schema that is no columns: only records can tell.
    return true;
  }
  const { name: format } = (part === 'key' ? source.keyFormat : source.valueFormat).format;
  for (const { name, type } of source.schema[part]) {
    const other = written.find((column) => column.name === name.toUpperCase());
    if (other === undefined || isReadable(other.type, type, format)) continue;
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `The column ${name} cannot be ${typeText(type)}: the schema of subject ${subject} says ${typeText(other.type)}, and no record could be read.`,
      {
        hint: `Write ${name} ${typeText(other.type)}, or leave the columns of the ${part} away: they are taken from the schema`,
      },
    );
  }
  return true;
}
