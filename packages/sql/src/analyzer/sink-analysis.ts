import type { DataSource } from '../catalog/data-source.ts';
import { isPlainKsql } from '../dialect.ts';
import type { FormatInfo, FormatName, SerdeFeature } from '../formats/format.ts';
import { checkFormatSchema } from '../formats/format-checks.ts';
import { formatFacts } from '../formats/format-facts.ts';
import { withFieldNames } from '../formats/json/json-style.ts';
import { keyWrapping, valueWrapping } from '../formats/wrapping.ts';
import { windowInfo } from '../plan/physical/aggregate-flow.ts';
import type { QueryPlan } from '../plan/query-plan.ts';
import type { HeaderColumn } from '../schema/column.ts';
import { schemaText } from '../schema/schema-text.ts';
import type { SqlError } from '../sql-error.ts';
import type { CreateAsSelect, InsertInto } from '../syntax/ast/index.ts';
import { spellingsOf } from '../syntax/spellings.ts';
import { isSameType, sqlTypes } from '../types/sql-type.ts';
import { defaultFormat, defaultWrapping } from './create-source.ts';
import { type AnalyzedQuery, type AnalyzerContext, analyzeQuery } from './query-analyzer.ts';
import { statementError } from './statement-error.ts';
import { checkTimestampColumn } from './timestamp-analysis.ts';
import { StatementProperties } from './with-properties.ts';

export interface AnalyzedSink {
  readonly plan: QueryPlan;
  readonly properties: StatementProperties;
  /** Partitions and replicas are its topic's unless the statement says otherwise. */
  readonly first: DataSource;
}

/** CREATE STREAM|TABLE … AS SELECT: the query, and the source that is made by it. @throws SqlError */
export function analyzeCreateAs(statement: CreateAsSelect, text: string, context: AnalyzerContext): AnalyzedSink {
  const { name, sourceKind } = statement;
  const properties = new StatementProperties(statement.properties, 'derived', context.properties);
  const analyzed = analyzeQuery(statement.query, context, { name, existing: null });
  const { first, step } = analyzed;
  if (analyzed.isTable !== (sourceKind === 'TABLE')) {
    const [made, other] = analyzed.isTable ? ['TABLE', 'TABLE'] : ['STREAM', 'STREAM'];
    throw statementError(
      `Invalid result type. Your SELECT query produces a ${made}. Please use CREATE ${other} AS SELECT statement instead.`,
      statement.range,
    );
  }
  const { schema } = step;
  const keyFormat = keyFormatOf(properties, analyzed, name, context);
  const valueName = properties.formatName('value') ?? first.valueFormat.format.name;
  const spellings = spellingsOf(text, sourceSpellings(analyzed, spellingsOf(text)));
  const ownFormat = inherited(properties.format('value', valueName, name), first.valueFormat.format);
  const valueFormat = withFieldNames(ownFormat, schema.value, spellings);
  const keyFeature = keyWrapping(keyFormat.name, schema.key.length);
  const valueFeature = valueWrapping(
    valueName,
    schema.value.length,
    properties.isWrapped,
    defaultWrapping(context.properties),
  );
  checkFormatSchema('key', keyFormat, schema.key, keyFeature);
  checkFormatSchema('value', valueFormat, schema.value, valueFeature);
  const { timestamp } = properties;
  if (timestamp !== null) checkTimestampColumn(schema, timestamp);
  const prefix = context.properties.get('ksql.output.topic.name.prefix') ?? '';
  const features = (feature: SerdeFeature | null) => new Set(feature === null ? [] : [feature]);
  const window = windowOf(statement, first);
  const sink: DataSource = {
    kind: sourceKind,
    name,
    schema: { key: schema.key, value: schema.value, headers: headerColumns(step) },
    topic: properties.text('KAFKA_TOPIC') ?? prefix + name,
    keyFormat: { format: keyFormat, features: features(keyFeature), window },
    valueFormat: { format: valueFormat, features: features(valueFeature) },
    timestamp,
    spellings,
    rowTtlMs: properties.rowTtlMs(sourceKind, window),
    isReadOnly: false,
    isDerived: true,
    statement: text,
  };
  return { plan: planOf(analyzed, sink, properties), properties, first };
}

/** INSERT INTO … SELECT. @throws SqlError */
export function analyzeInsertInto(statement: InsertInto, context: AnalyzerContext): AnalyzedSink {
  const properties = new StatementProperties(statement.properties, 'insert', context.properties);
  const sink = context.catalog.source(statement.target);
  if (sink === undefined) {
    throw statementError(`Source \`${statement.target}\` does not exist.`, behindWords(statement.range));
  }
  if (sink.kind !== 'STREAM') {
    throw statementError(`INSERT INTO can only be used to insert into a stream. ${sink.name} is a table.`);
  }
  if (sink.schema.headers.length > 0 && isPlainKsql(context.properties)) throw headerColumnsError(sink);
  if (sink.isReadOnly) throw statementError(`Cannot insert into read-only stream: ${sink.name}`);
  const analyzed = analyzeQuery(statement.query, context, { name: sink.name, existing: sink });
  if (analyzed.isTable) {
    throw statementError(
      `Incompatible data sink and query result. Data sink (${sink.name}) type is KSTREAM but select query result is KTABLE.`,
    );
  }
  checkHeaderColumns(sink, headerColumns(analyzed.step));
  const { schema } = analyzed.step;
  const result = { key: schema.key, value: schema.value, headers: [] };
  const isSame = (part: 'key' | 'value') =>
    result[part].length === sink.schema[part].length &&
    result[part].every(({ name, type }, at) => {
      const other = sink.schema[part][at]!;
      return other.name === name && isSameType(type, other.type);
    });
  if (!isSame('key') || !isSame('value')) {
    throw statementError(
      `Incompatible schema between results and sink.\nResult schema is ${schemaText(result)}\nSink schema is ${schemaText(sink.schema)}`,
    );
  }
  return { plan: planOf(analyzed, sink, properties), properties, first: analyzed.first };
}

/** Names of what is read: in joins those of `*` too, an alias and a column. */
function sourceSpellings(
  { sources }: AnalyzedQuery,
  written: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const { alias, source } of sources.all) {
    const prefix = sources.prefixOf(alias);
    for (const [name, spelled] of source.spellings) {
      all.set(name, spelled);
      if (prefix !== '') all.set(prefix + name, `${written.get(alias) ?? alias}_${spelled}`);
    }
  }
  return all;
}

/** The columns that show the headers which a query writes. */
function headerColumns(step: AnalyzedQuery['step']): readonly HeaderColumn[] {
  const headers = step.kind === 'project' ? (step.headers ?? []) : [];
  return headers.map(({ key, name }) => ({ name, type: sqlTypes.bytes, headerKey: key }));
}

/** Columns of headers are written by writing those headers. @throws SqlError */
function checkHeaderColumns(sink: DataSource, written: readonly HeaderColumn[]): void {
  const missing = sink.schema.headers.filter(({ headerKey }) => !written.some((each) => each.headerKey === headerKey));
  if (missing.length === 0) return;
  const named = missing.filter(({ headerKey }) => headerKey !== null);
  if (named.length < missing.length) throw headerColumnsError(sink);
  throw headerColumnsError(
    sink,
    `. Select what they are to be: ${named.map(({ headerKey, name }) => `… AS ${name} HEADER('${headerKey}')`).join(', ')}`,
  );
}

function headerColumnsError({ name }: DataSource, instead = ''): SqlError {
  return statementError(`Cannot insert into ${name} because it has header columns${instead}`);
}

/** Where the name of the target stands, behind INSERT INTO. */
function behindWords(range: InsertInto['range']): InsertInto['range'] {
  if (range === null) return null;
  const { column, index, line } = range.start;
  const length = 'INSERT INTO '.length;
  return { start: { line, column: column + length, index: index + length }, end: range.end };
}

function planOf({ sources, step }: AnalyzedQuery, sink: DataSource, properties: StatementProperties): QueryPlan {
  if (step.kind !== 'project') throw new Error('a query ends in a projection');
  const deadLetterTopic = properties.deadLetterTopic([sink.topic, ...sources.all.map(({ source }) => source.topic)]);
  return { step, sink, ...(deadLetterTopic !== undefined && { deadLetterTopic }) };
}

function windowOf({ query }: CreateAsSelect, first: DataSource) {
  if (query.window !== null) return windowInfo(query.window);
  // What is grouped anew by something else has no windows any more.
  return query.groupBy === null ? first.keyFormat.window : null;
}

function keyFormatOf(
  properties: StatementProperties,
  { first, isPartitionedByNull, step }: AnalyzedQuery,
  name: string,
  context: AnalyzerContext,
): FormatInfo {
  const explicit = properties.formatName('key');
  if (isPartitionedByNull) {
    if (explicit !== null && explicit !== 'NONE') {
      throw statementError('Key format specified for stream without key columns.');
    }
    return { name: 'NONE', properties: new Map() };
  }
  let formatName: FormatName = explicit ?? first.keyFormat.format.name;
  if (explicit === null && formatName === 'NONE' && step.schema.key.length > 0) {
    formatName = defaultFormat(context.properties, 'key') ?? 'KAFKA';
  }
  return inherited(properties.format('key', formatName, name), first.keyFormat.format);
}

/** What a format takes over from that of the query's first source. */
function inherited({ name, properties }: FormatInfo, from: FormatInfo): FormatInfo {
  if (name !== from.name) return { name, properties };
  const all = new Map<string, string>();
  for (const property of formatFacts(name).inheritableProperties) {
    const value = from.properties.get(property);
    if (value !== undefined) all.set(property, value);
  }
  for (const [property, value] of properties) all.set(property, value);
  return { name, properties: all };
}
