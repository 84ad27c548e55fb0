export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF';

/** `name` is what the schema's text calls it: an Avro full name, a protobuf import, a JSON Schema `$ref`. */
export interface SchemaReference {
  name: string;
  subject: string;
  version: number;
}

/** A schema as clients send it and the registry keeps it. */
export interface SchemaSource {
  schemaType: SchemaType;
  schema: string;
  references: readonly SchemaReference[];
}

/** A schema that was understood. */
export interface ParsedSchema {
  readonly schemaType: SchemaType;
  /** The text as a registry keeps it. */
  readonly canonical: string;
  /** Full name of the record or of the first message; undefined for what has none. */
  readonly fullName: string | undefined;
  /** The text that is the same for all ways to write the same schema. */
  normalized(): string;
  /** The text in one of the formats of the REST API; undefined when there is no such format. */
  formatted(format: string): string | undefined;
}

/** Texts of the schemas that are referred to, by the name that they are called by; what others need comes first. */
export type ReferencedTexts = ReadonlyMap<string, string>;
