import {
  BoundedCache,
  ByteWriter,
  idPrefix,
  type JsonValue,
  type ParsedSchema,
  parseSchema,
  type RegistryClient,
  type SchemaSource,
  type SchemaType,
} from '@headwater/serdes';
import { type JsonStyle, type SchemaForm, schemaForm } from './schema-form.ts';

/** A registered schema that is ready for use. */
export interface KnownSchema {
  id: number | string;
  type: SchemaType;
  fullName: string | undefined;
  form: SchemaForm;
}

const knownMax = 1_000;

/** Schemas of a registry by id, parsed and compiled once. */
export class SchemaForms {
  readonly registry: RegistryClient;
  readonly #known = new BoundedCache<number | string, KnownSchema>(knownMax);
  readonly #writer = new ByteWriter();

  constructor(registry: RegistryClient) {
    this.registry = registry;
  }

  known(id: number | string): KnownSchema | undefined {
    return this.#known.get(id);
  }

  /** @throws RegistryClientError, SchemaError, SerializationError */
  byId(id: number | string): Promise<KnownSchema> {
    return this.#known.fetch(id, async () => this.#make(id, await this.registry.schemaById(id)));
  }

  /** As `byId`, of a schema whose text is known already. */
  of(id: number, source: SchemaSource): Promise<KnownSchema> {
    return this.#known.fetch(id, () => this.#make(id, source));
  }

  async parse(source: SchemaSource): Promise<ParsedSchema> {
    const texts = await this.registry.referencedTexts(source.references);
    return parseSchema(source.schemaType, source.schema, texts);
  }

  async #make(id: number | string, source: SchemaSource): Promise<KnownSchema> {
    const parsed = await this.parse(source);
    return { id, type: parsed.schemaType, fullName: parsed.fullName, form: schemaForm(parsed) };
  }

  /** A record's bytes: the schema's id, and the value. @throws SerializationError */
  encode({ id, form }: KnownSchema & { id: number }, json: JsonValue, style: JsonStyle): Buffer {
    const writer = this.#writer;
    writer.reset();
    writer.bytes(idPrefix(id, form.messageIndexes));
    form.encode(json, style, writer);
    const bytes = writer.finish();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}
