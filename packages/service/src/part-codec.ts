import {
  createDeserializer,
  createSerializer,
  type Deserializer,
  type RecordPart,
  type RegistryClient,
  RegistryClientError,
  type Serializer,
  type SourcePlace,
  type SourceRecord,
} from '@headwater/serdes';
import { ServiceError } from './service-error.ts';
import type { SchemaDefinition } from './topic-definitions.ts';

/** Keys, or values, of one topic: to bytes and back. */
export interface PartCodec {
  /** To be awaited before `write`. */
  prepareToWrite(): Promise<void>;
  write(value: unknown): Uint8Array | string | null;
  /** To be awaited before these records are read; undefined when there is nothing to wait for. */
  prepareToRead(records: readonly SourceRecord[]): Promise<void> | undefined;
  read(bytes: Uint8Array | null, place: SourcePlace): unknown;
}

/** Without a schema: bytes as they are, and texts to be written. */
export const rawCodec: PartCodec = {
  async prepareToWrite() {},
  write: (value) => value as Uint8Array | string | null,
  prepareToRead: () => undefined,
  read: (bytes) => bytes,
};

export interface SchemaCodecOptions {
  registry: RegistryClient;
  topic: string;
  part: RecordPart;
  definition: SchemaDefinition;
  /** Registers the schema when the subject does not have it. */
  register: boolean;
}

/** With the schema that the program was compiled against: it is what is written, and what all records are read as. */
export class SchemaCodec implements PartCodec {
  readonly #options: SchemaCodecOptions;
  readonly #serializer: Serializer;
  readonly #deserializer: Deserializer;

  constructor(options: SchemaCodecOptions) {
    const { registry, part, definition, register } = options;
    const { schemaType, schema, references = [], subject } = definition;
    const exact = references.map(({ name, subject, version }) => ({ name, subject, version }));
    const given = { schemaType, schema, references: exact };
    this.#options = options;
    this.#serializer = createSerializer({
      registry,
      part,
      schema: given,
      subjectName: () => subject,
      autoRegister: register,
    });
    // JSON values are not translated: each is as the version has it that wrote it.
    this.#deserializer = createDeserializer({ registry, part, ...(schemaType === 'JSON' ? {} : { reader: given }) });
  }

  async prepareToWrite(): Promise<void> {
    const { topic, definition, registry } = this.#options;
    try {
      await this.#serializer.prepare(topic);
    } catch (cause) {
      if (!(cause instanceof RegistryClientError) || !cause.isNotFound) throw cause;
      const { subject, version } = definition;
      throw new ServiceError(
        'HW_SERVICE_SCHEMA',
        `topic ${topic}: ${registry.url} does not have the schema that this program was compiled against (${subject}, there version ` +
          `${version}): register it there first, or connect with register: true, or run headwater types against this registry`,
        { cause },
      );
    }
  }

  write(value: unknown): Uint8Array | null {
    return this.#serializer.serialize(this.#options.topic, value);
  }

  prepareToRead(records: readonly SourceRecord[]): Promise<void> | undefined {
    return this.#deserializer.prepare(records, this.#options.topic);
  }

  read(bytes: Uint8Array | null, place: SourcePlace): unknown {
    return this.#deserializer.deserialize(bytes, place);
  }
}
