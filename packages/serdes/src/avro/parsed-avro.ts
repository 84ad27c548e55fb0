import type { ParsedSchema, ReferencedTexts } from '../schema.ts';
import { type AvroSchema, fullNameOf, isNamed } from './avro-schema.ts';
import { avroText, normalizedAvroText } from './avro-text.ts';
import { parseAvro } from './parse-avro.ts';

/** An Avro schema that was understood. */
export class ParsedAvroSchema implements ParsedSchema {
  readonly schemaType = 'AVRO';
  readonly schema: AvroSchema;
  readonly canonical: string;

  /** @throws SchemaError */
  constructor(text: string, references: ReferencedTexts = new Map()) {
    const { schema, referenced } = parseAvro(text, references.values());
    this.schema = schema;
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
