import type { TimestampColumn, WindowInfo } from '../catalog/data-source.ts';
import { isPlainKsql } from '../dialect.ts';
import { literalValue } from '../expressions/list-item.ts';
import type { FormatInfo, FormatName } from '../formats/format.ts';
import { parseFormatName } from '../formats/format-facts.ts';
import type { Properties } from '../functions/function-registry.ts';
import type { SourceKind, WithProperties } from '../syntax/ast/index.ts';
import { DateTimePattern } from '../values/date-time-pattern/date-time-pattern.ts';
import { statementError } from './statement-error.ts';
import { parseDuration, parseWindowSize } from './window-size.ts';

/** Names of WITH, and where they may stand: on CREATE of a source, on CREATE … AS, on both. */
const places: ReadonlyMap<string, 'source' | 'derived' | 'both' | 'insert'> = new Map([
  ['KAFKA_TOPIC', 'both'],
  ['PARTITIONS', 'both'],
  ['REPLICAS', 'both'],
  ['RETENTION_MS', 'both'],
  ['CLEANUP_POLICY', 'both'],
  ['FORMAT', 'both'],
  ['KEY_FORMAT', 'both'],
  ['VALUE_FORMAT', 'both'],
  ['KEY_DELIMITER', 'both'],
  ['VALUE_DELIMITER', 'both'],
  ['WRAP_SINGLE_VALUE', 'both'],
  ['TIMESTAMP', 'both'],
  ['TIMESTAMP_FORMAT', 'both'],
  ['KEY_SCHEMA_ID', 'both'],
  ['VALUE_SCHEMA_ID', 'both'],
  ['KEY_SCHEMA_FULL_NAME', 'both'],
  ['VALUE_SCHEMA_FULL_NAME', 'both'],
  ['VALUE_AVRO_SCHEMA_FULL_NAME', 'both'],
  ['KEY_PROTOBUF_NULLABLE_REPRESENTATION', 'both'],
  ['VALUE_PROTOBUF_NULLABLE_REPRESENTATION', 'both'],
  ['WINDOW_TYPE', 'source'],
  ['WINDOW_SIZE', 'source'],
  ['SOURCED_BY_CONNECTOR', 'source'],
  ['QUERY_ID', 'insert'],
]);

/** Those that ksqlDB does not have. */
const additionalPlaces: ReadonlyMap<string, 'both' | 'query'> = new Map([
  ['ROW_TTL', 'both'],
  ['DEAD_LETTER_TOPIC', 'query'],
  ['JSON_OMIT_NULLS', 'both'],
  ['JSON_KEEP_CASE', 'both'],
]);

/** Of JSON: the names of WITH, and of the format's properties. */
const jsonFlags = [
  ['JSON_OMIT_NULLS', 'omitNulls'],
  ['JSON_KEEP_CASE', 'keepCase'],
] as const;

/** The WITH clause of a statement, looked at value by value. */
export class StatementProperties {
  readonly #values = new Map<string, string>();

  /** @throws SqlError for names that are unknown, and for those that contradict each other */
  constructor(properties: WithProperties, place: 'source' | 'derived' | 'insert', settings: Properties = new Map()) {
    for (const [name, expression] of properties) {
      const upper = name.toUpperCase();
      const allowed = places.get(upper) ?? (isPlainKsql(settings) ? undefined : additionalPlaces.get(upper));
      if (allowed === 'query' && place === 'source') {
        throw statementError(
          `Invalid config variable(s) in the WITH clause: ${upper}. It is of a query, which works on the records: CREATE … AS SELECT, INSERT INTO`,
        );
      }
      if (allowed !== place && allowed !== 'query' && !(allowed === 'both' && place !== 'insert')) {
        throw statementError(`Invalid config variable(s) in the WITH clause: ${upper}`);
      }
      this.#values.set(upper, String(literalValue(expression)));
    }
    for (const part of ['KEY_FORMAT', 'VALUE_FORMAT']) {
      if (!this.#values.has('FORMAT') || !this.#values.has(part)) continue;
      throw statementError(
        `Cannot supply both '${part}' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.`,
      );
    }
    this.#check();
  }

  #check(): void {
    if (this.text('KAFKA_TOPIC') === '') throw statementError('Must have non-empty topic name.');
    if (this.#values.has('CLEANUP_POLICY')) {
      throw statementError(
        "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe CLEANUP_POLICY config is automatically inferred based on the type of source (STREAM or TABLE).\nUsers can't set the CLEANUP_POLICY config manually.",
      );
    }
    if (this.#values.has('VALUE_AVRO_SCHEMA_FULL_NAME') && this.#values.has('VALUE_SCHEMA_FULL_NAME')) {
      throw statementError(
        "Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME' properties. Please only set 'VALUE_SCHEMA_FULL_NAME'.",
      );
    }
    if ((this.integer('PARTITIONS') ?? 1) < 1) {
      throw statementError(`Invalid value ${this.text('PARTITIONS')} for property PARTITIONS: a topic has 1 or more`);
    }
    const format = this.text('TIMESTAMP_FORMAT');
    if (format !== null) checkPattern(format);
  }

  text(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  /** @throws SqlError for what is no whole number */
  integer(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = Number(text);
    if (!Number.isSafeInteger(value))
      throw statementError(`Invalid value ${text} for property ${name}: Not a number of type INT`);
    return value;
  }

  get isWrapped(): boolean | null {
    return this.flag('WRAP_SINGLE_VALUE');
  }

  /** @throws SqlError for what is neither true nor false */
  flag(name: string): boolean | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!/^(true|false)$/i.test(text)) {
      throw statementError(`Invalid value ${text} for property ${name}: Expected value to be either true or false`);
    }
    return text.toLowerCase() === 'true';
  }

  get timestamp(): TimestampColumn | null {
    const name = this.text('TIMESTAMP');
    return name === null ? null : { name: columnName(name), format: this.text('TIMESTAMP_FORMAT') };
  }

  get window(): WindowInfo | null {
    const type = this.text('WINDOW_TYPE')?.toUpperCase() ?? null;
    const size = this.text('WINDOW_SIZE');
    if (type === null) {
      if (size !== null) throw statementError("'WINDOW_SIZE' should only be set together with 'WINDOW_TYPE'.");
      return null;
    }
    if (type !== 'TUMBLING' && type !== 'HOPPING' && type !== 'SESSION') {
      throw statementError(
        `Error in WITH clause property 'WINDOW_TYPE': Unknown window type: '${type}'\nValid values are: SESSION, HOPPING, TUMBLING`,
      );
    }
    if (type === 'SESSION') {
      if (size !== null) throw statementError("'WINDOW_SIZE' should not be set for SESSION windows.");
      return { type, sizeMs: null };
    }
    if (size === null) {
      throw statementError(
        `'${type}' windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: 'WINDOW_SIZE'='10 SECONDS'`,
      );
    }
    return { type, sizeMs: parseWindowSize(size) };
  }

  /**
   * Where records go that a query cannot work on.
   *
   * @param used topics that the query reads and writes
   * @throws SqlError for what is no topic's name, and for topics of the query
   */
  deadLetterTopic(used: readonly string[]): string | undefined {
    const name = this.text('DEAD_LETTER_TOPIC');
    if (name === null) return undefined;
    if (!/^[A-Za-z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
      throw statementError(
        `Invalid value ${name} for property DEAD_LETTER_TOPIC: a topic's name has 1 to 249 letters, digits, '.', '_' and '-'`,
      );
    }
    if (used.includes(name)) {
      throw statementError(
        `Invalid value ${name} for property DEAD_LETTER_TOPIC: the query reads or writes this topic, and would meet its dead letters again. Name another.`,
      );
    }
    return name;
  }

  /**
   * How long a table's rows stay after their last update.
   *
   * @throws SqlError for what keeps no rows, or lets them go with their windows
   */
  rowTtlMs(kind: SourceKind, window: WindowInfo | null): number | null {
    const text = this.text('ROW_TTL');
    if (text === null) return null;
    if (kind === 'STREAM') {
      throw statementError(
        "Invalid config variable in the WITH clause: ROW_TTL. Streams keep no rows; RETENTION_MS says how long their topic's records stay.",
      );
    }
    if (window !== null) {
      throw statementError(
        'Invalid config variable in the WITH clause: ROW_TTL. Rows of windows go with their windows: write RETENTION into the WINDOW clause.',
      );
    }
    return parseDuration(text, 'ROW_TTL', 'The time');
  }

  /** The format that is named for keys or values; null where none is. */
  formatName(part: 'key' | 'value'): FormatName | null {
    const text = this.text('FORMAT') ?? this.text(part === 'key' ? 'KEY_FORMAT' : 'VALUE_FORMAT');
    return text === null ? null : parseFormatName(text);
  }

  /** A format with what the clause says of it. @param sinkName what Avro's records of keys are named by */
  format(part: 'key' | 'value', name: FormatName, sinkName: string): FormatInfo {
    const prefix = part === 'key' ? 'KEY' : 'VALUE';
    const properties = new Map<string, string>();
    const fullName =
      (part === 'value' ? this.text('VALUE_AVRO_SCHEMA_FULL_NAME') : null) ?? this.text(`${prefix}_SCHEMA_FULL_NAME`);
    if (fullName !== null) properties.set('fullSchemaName', fullName);
    else if (part === 'key' && name === 'AVRO') {
      properties.set('fullSchemaName', `io.confluent.ksql.avro_schemas.${camelCase(sinkName)}Key`);
    }
    const delimiter = this.text(`${prefix}_DELIMITER`);
    if (delimiter !== null) properties.set('delimiter', delimiter);
    // Messages such as google.protobuf.StringValue are their value in all new statements.
    if (name === 'PROTOBUF') properties.set('unwrapPrimitives', 'true');
    const representation = this.text(`${prefix}_PROTOBUF_NULLABLE_REPRESENTATION`);
    if (representation !== null) {
      if (name !== 'PROTOBUF' && name !== 'PROTOBUF_NOSR') {
        throw statementError(
          `Property ${prefix}_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with protobuf format`,
        );
      }
      if (!/^(optional|wrapper)$/i.test(representation)) {
        throw statementError(
          `Invalid value ${representation} for property ${prefix}_PROTOBUF_NULLABLE_REPRESENTATION: String must be one of: OPTIONAL, WRAPPER`,
        );
      }
      properties.set('nullableRepresentation', representation.toLowerCase());
    }
    for (const [property, key] of jsonFlags) {
      const flag = part === 'value' ? this.flag(property) : null;
      if (flag === null) continue;
      if (name !== 'JSON') throw statementError(`Property ${property} can only be used with values in the JSON format`);
      properties.set(key, String(flag));
    }
    const schemaId = this.integer(`${prefix}_SCHEMA_ID`);
    if (schemaId !== null) properties.set('schemaId', String(schemaId));
    return { name, properties };
  }
}

function checkPattern(format: string): void {
  try {
    new DateTimePattern(format);
  } catch (error) {
    throw statementError(`Invalid datetime format for config:TIMESTAMP_FORMAT, reason:${(error as Error).message}`);
  }
}

/** As statements name a column: upper case unless it is quoted. */
function columnName(text: string): string {
  const quoted = /^(["`])(.*)\1$/s.exec(text);
  return quoted === null ? text.toUpperCase() : quoted[2]!;
}

/** `SOME_NAME` → `SomeName`. */
function camelCase(name: string): string {
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('');
}
