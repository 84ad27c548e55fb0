import type { ParsedSchema, ReferencedTexts } from '../schema.ts';
import { type AvroNamed, type AvroSchema, fullNameOf, isNamed } from './avro-schema.ts';
import { avroText, normalizedAvroText } from './avro-text.ts';
import { parseAvro } from './parse-avro.ts';

/** An Avro schema that was understood. */
export class ParsedAvroSchema implements ParsedSchema {
  readonly schemaType = 'AVRO';
  readonly schema: AvroSchema;
  readonly canonical: string;

  /** @throws SchemaError */
  constructor(text: string, references: ReferencedTexts = new Map()) {
    const known = new Set<AvroNamed>(references.size === 0 ? [] : parseAll(references.values()));
    const { schema, names } = parseAvro(text, references.values());
    this.schema = schema;
    // The parser made objects of its own for what is referred to.
    const referenced = Array.from(known, (each) => names.get(fullNameOf(each))!);
    this.canonical = avroText(schema, referenced);
  }

  get fullName(): string | undefined {
    return isNamed(this.schema) ? fullNameOf(this.schema) : undefined;
  }

  normalized(): string {
    return normalizedAvroText(this.schema);
  }

  formatted(format: string): string | undefined {
    if (format === '') return this.canonical;
    return format === 'resolved' ? avroText(this.schema) : undefined;
  }
}

function parseAll(texts: Iterable<string>): Iterable<AvroNamed> {
  const [last, ...others] = [...texts].reverse();
  return parseAvro(last!, others.reverse()).names.values();
}
