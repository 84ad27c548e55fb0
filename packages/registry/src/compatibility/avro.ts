import {
  type AvroEnum,
  type AvroField,
  type AvroFixed,
  type AvroNamed,
  type AvroRecord,
  type AvroSchema,
  type AvroUnion,
  fullNameOf,
  isNamed,
  typeNameOf,
} from '@headwater/serdes';
import type { Incompatibility } from './incompatibility.ts';

/** What a reader may be given beside its own type. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
};

/**
 * Whether `reader` reads all that `writer` has written, by the rules of schema resolution:
 * https://avro.apache.org/docs/1.12.0/specification/#schema-resolution. Empty when it does.
 */
export function avroIncompatibilities(reader: AvroSchema, writer: AvroSchema): Incompatibility[] {
  return new Check().compare(reader, writer, '/');
}

class Check {
  /** What was found for pairs of named types; nothing yet for those that are being compared: recursive types meet themselves. */
  readonly #found = new Map<AvroSchema, Map<AvroSchema, Incompatibility[]>>();

  compare(reader: AvroSchema, writer: AvroSchema, at: string): Incompatibility[] {
    if (!isNamed(reader) || !isNamed(writer)) return this.#compare(reader, writer, at);
    let found = this.#found.get(reader);
    if (found === undefined) this.#found.set(reader, (found = new Map()));
    const known = found.get(writer);
    if (known !== undefined) return known;
    found.set(writer, []);
    const result = this.#compare(reader, writer, at);
    found.set(writer, result);
    return result;
  }

  #compare(reader: AvroSchema, writer: AvroSchema, at: string): Incompatibility[] {
    if (isRecord(reader) && isRecord(writer)) return this.#records(reader, writer, at);
    if (reader.type === 'enum' && writer.type === 'enum') return enums(reader, writer, at);
    if (reader.type === 'fixed' && writer.type === 'fixed') return fixeds(reader, writer, at);
    if (reader.type === 'array' && writer.type === 'array')
      return this.compare(reader.items, writer.items, below(at, 'items'));
    if (reader.type === 'map' && writer.type === 'map')
      return this.compare(reader.values, writer.values, below(at, 'values'));
    if (writer.type === 'union') return this.#fromUnion(reader, writer, at);
    if (reader.type === 'union') return this.#intoUnion(reader, writer, at);
    if (reader.type === writer.type || promotions[reader.type]?.includes(writer.type)) return [];
    return [typeMismatch(reader, writer, at)];
  }

  /** Every branch that may have been written must be readable. */
  #fromUnion(reader: AvroSchema, { branches }: AvroUnion, at: string): Incompatibility[] {
    if (reader.type !== 'union') return branches.flatMap((branch) => this.compare(reader, branch, at));
    return branches.flatMap((branch, index) => this.#intoUnion(reader, branch, below(at, String(index))));
  }

  #intoUnion(reader: AvroUnion, writer: AvroSchema, at: string): Incompatibility[] {
    const isRead = reader.branches.some((branch) => this.compare(branch, writer, at).length === 0);
    if (isRead) return [];
    const name = typeNameOf(writer);
    return [
      {
        errorType: 'MISSING_UNION_BRANCH',
        description: `No branch of the reader's union at path '${at}' reads ${name}. Add a branch ${name} to it.`,
        additionalInfo: `reader union lacking writer type: ${name.toUpperCase()}`,
      },
    ];
  }

  #records(reader: AvroRecord, writer: AvroRecord, at: string): Incompatibility[] {
    const found = sameName(reader, writer, at);
    for (const [index, field] of reader.fields.entries()) {
      const path = below(below(at, 'fields'), String(index));
      const written = writtenField(writer, field);
      if (written !== undefined) found.push(...this.compare(field.schema, written.schema, below(path, 'type')));
      else if (field.defaultValue === undefined) found.push(withoutDefault(field, path));
    }
    return found;
  }
}

function writtenField(writer: AvroRecord, field: AvroField): AvroField | undefined {
  const byName = writer.fields.find(({ name }) => name === field.name);
  return byName ?? writer.fields.find(({ name }) => field.aliases.includes(name));
}

function withoutDefault({ name }: AvroField, path: string): Incompatibility {
  return {
    errorType: 'READER_FIELD_MISSING_DEFAULT_VALUE',
    description:
      `The field '${name}' at path '${path}' is not in what was written and has no default value. ` +
      'Give it a "default", or an alias that names the field it was.',
    additionalInfo: name,
  };
}

function enums(reader: AvroEnum, writer: AvroEnum, at: string): Incompatibility[] {
  const found = sameName(reader, writer, at);
  const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  if (missing.length === 0 || reader.defaultSymbol !== undefined) return found;
  const list = `[${missing.join(', ')}]`;
  return [
    ...found,
    {
      errorType: 'MISSING_ENUM_SYMBOLS',
      description: `The reader's enum at path '${below(at, 'symbols')}' lacks ${list}. Keep the symbols, or give the enum a "default".`,
      additionalInfo: list,
    },
  ];
}

function fixeds(reader: AvroFixed, writer: AvroFixed, at: string): Incompatibility[] {
  const found = sameName(reader, writer, at);
  if (reader.size === writer.size) return found;
  return [
    ...found,
    {
      errorType: 'FIXED_SIZE_MISMATCH',
      description: `The fixed at path '${below(at, 'size')}' was ${writer.size} bytes and is ${reader.size}. Keep its size, or add a field.`,
      additionalInfo: `expected: ${writer.size}, found: ${reader.size}`,
    },
  ];
}

/** Names match without their namespaces; or the reader says what it was called. */
function sameName(reader: AvroNamed, writer: AvroNamed, at: string): Incompatibility[] {
  if (reader.name === writer.name || reader.aliases.includes(fullNameOf(writer))) return [];
  return [
    {
      errorType: 'NAME_MISMATCH',
      description: `The type at path '${below(at, 'name')}' was ${fullNameOf(writer)} and is ${fullNameOf(reader)}. Keep its name, or make the old one an alias.`,
      additionalInfo: `expected: ${fullNameOf(writer)}`,
    },
  ];
}

function typeMismatch(reader: AvroSchema, writer: AvroSchema, at: string): Incompatibility {
  const [now, before] = [typeNameOf(reader), typeNameOf(writer)];
  return {
    errorType: 'TYPE_MISMATCH',
    description: `The type at path '${at}' was ${before} and is ${now}, which does not read it. Keep ${before}, or use a union of both.`,
    additionalInfo: `reader type: ${reader.type.toUpperCase()} not compatible with writer type: ${writer.type.toUpperCase()}`,
  };
}

function isRecord(schema: AvroSchema): schema is AvroRecord {
  return schema.type === 'record' || schema.type === 'error';
}

function below(at: string, part: string): string {
  return at.endsWith('/') ? `${at}${part}` : `${at}/${part}`;
}
