import { SqlError } from '../../sql-error.ts';
import type { SqlType, StructField } from '../../types/sql-type.ts';
import type { ProtobufOptions } from './message-shape.ts';

const scalars: Readonly<Record<string, readonly [scalar: string, wrapper: string]>> = {
  BOOLEAN: ['bool', 'google.protobuf.BoolValue'],
  INTEGER: ['int32', 'google.protobuf.Int32Value'],
  BIGINT: ['int64', 'google.protobuf.Int64Value'],
  DOUBLE: ['double', 'google.protobuf.DoubleValue'],
  STRING: ['string', 'google.protobuf.StringValue'],
  BYTES: ['bytes', 'google.protobuf.BytesValue'],
};

const files: Readonly<Record<string, string>> = {
  'google.type.Date': 'google/type/date.proto',
  'google.type.TimeOfDay': 'google/type/timeofday.proto',
  'google.protobuf.Timestamp': 'google/protobuf/timestamp.proto',
  'confluent.type.Decimal': 'confluent/type/decimal.proto',
};

/** Messages that have no name get Connect's: `ConnectDefault1`, `ConnectDefault2` … */
const defaultName = 'ConnectDefault';

/**
 * The `.proto` file that ksqlDB registers for columns.
 *
 * @throws SqlError HW_SQL_STATEMENT for arrays in arrays and others that a message cannot have
 */
export function protoOfColumns(
  columns: readonly StructField[],
  fullName: string | undefined,
  options: ProtobufOptions,
): string {
  return new ProtoText(options).file(columns, fullName);
}

class ProtoText {
  readonly #options: ProtobufOptions;
  readonly #imports: string[] = [];
  #names = 0;

  constructor(options: ProtobufOptions) {
    this.#options = options;
  }

  file(columns: readonly StructField[], fullName: string | undefined): string {
    const name = fullName ?? this.#nextName();
    const point = name.lastIndexOf('.');
    const message = this.#message(name.slice(point + 1), columns);
    const head = ['syntax = "proto3";', ...(point > 0 ? [`package ${name.slice(0, point)};`] : [])];
    return [...head, ...this.#imports.map((path) => `import "${path}";`), message].join('\n');
  }

  #nextName(): string {
    this.#names++;
    return `${defaultName}${this.#names}`;
  }

  #message(name: string, fields: readonly StructField[]): string {
    const inner: string[] = [];
    const lines = fields.map((field, index) => this.#field(field.name, field.type, index + 1, inner, false));
    return `message ${name} {\n${[...lines, ...inner].join('\n')}\n}`;
  }

  #field(name: string, type: SqlType, number: number, inner: string[], isInMap: boolean): string {
    const element = type.kind === 'ARRAY' ? type.element : type;
    if (type.kind === 'ARRAY' && isInMap) refuse('A map in Protobuf has no arrays as values');
    if (type.kind === 'ARRAY' && element.kind === 'ARRAY') refuse('Array cannot be nested');
    if (type.kind === 'ARRAY' && element.kind === 'MAP') refuse('An array in Protobuf has no maps');
    if (type.kind === 'MAP' && isInMap) refuse('A map in Protobuf has no maps as values');
    const label = this.#label(type, isInMap);
    const [typeName, option] = this.#type(name, element, inner);
    return `${label}${typeName} ${name} = ${number}${option};`;
  }

  #label(type: SqlType, isInMap: boolean): string {
    if (type.kind === 'ARRAY' || type.kind === 'MAP') return 'repeated ';
    return this.#options.nullable === 'optional' && !isInMap ? 'optional ' : '';
  }

  #type(field: string, type: SqlType, inner: string[]): [name: string, option: string] {
    switch (type.kind) {
      case 'STRUCT': {
        const name = this.#nextName();
        const messageName = name === field ? `${name}Message` : name;
        inner.push(this.#message(messageName, type.fields));
        return [messageName, ''];
      }
      case 'MAP': {
        const name = `${this.#nextName()}Entry`;
        const nested: string[] = [];
        const lines = [
          this.#field('key', type.key, 1, nested, true),
          this.#field('value', type.value, 2, nested, true),
        ];
        inner.push(`message ${name} {\n${[...lines, ...nested].join('\n')}\n}`);
        return [name, ''];
      }
      case 'DATE':
        return [this.#imported('google.type.Date'), ''];
      case 'TIME':
        return [this.#imported('google.type.TimeOfDay'), ''];
      case 'TIMESTAMP':
        return [this.#imported('google.protobuf.Timestamp'), ''];
      case 'DECIMAL':
        this.#import('confluent/meta.proto');
        return [
          this.#imported('confluent.type.Decimal'),
          ` [(confluent.field_meta) = {params: [{value: "${type.precision}", key: "precision"}, {value: "${type.scale}", key: "scale"}]}]`,
        ];
      default: {
        const [scalar, wrapper] = scalars[type.kind]!;
        if (this.#options.nullable !== 'wrapper') return [scalar, ''];
        this.#import('google/protobuf/wrappers.proto');
        return [wrapper, ''];
      }
    }
  }

  #imported(type: string): string {
    this.#import(files[type]!);
    return type;
  }

  #import(path: string): void {
    if (!this.#imports.includes(path)) this.#imports.push(path);
  }
}

function refuse(message: string): never {
  throw new SqlError('HW_SQL_STATEMENT', message);
}
