import { BoundedCache } from './bounded-cache.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Codec } from './codec.ts';
import { parseSchema } from './parse-schema.ts';
import type { RegisteredId, RegistryClient } from './registry-client.ts';
import type { ParsedSchema, SchemaSource } from './schema.ts';
import { encoderOf, messageIndexesOf, messageNameOf } from './schema-codecs.ts';
import { type ResolvedDefinition, resolveDefinition, type SchemaDefinition } from './schema-definition.ts';
import { SerializationError } from './serialization-error.ts';
import { type RecordPart, type SubjectNameStrategy, subjectName } from './subject-name.ts';
import { guidPrefix, idPrefix, schemaIdHeader, type WireHeader } from './wire-format.ts';

export interface SerializerOptions {
  registry: RegistryClient;
  /** What values are written with. May be left out with `useLatest` or `id`. */
  schema?: SchemaDefinition;
  /** Default `value`. */
  part?: RecordPart;
  /** Default `topic`. */
  subjectName?: SubjectNameStrategy;
  /** Registers the schema when the subject does not have it. Default true; else it must be there. */
  autoRegister?: boolean;
  /** Writes with the subject's newest version, looked for again after the client's `latestTtlMs`. Default false. */
  useLatest?: boolean;
  /** Writes with the schema of this id. */
  id?: number;
  /** Schemas that mean the same count as one. Default false. */
  normalize?: boolean;
  /** Protobuf: full name of the message. Default: the first of the file. */
  message?: string;
  /** Where the schema's identity is written: before the value, or its guid in a header of the record. Default `prefix`. */
  idIn?: 'prefix' | 'header';
}

interface Target {
  id: number;
  codec: Codec;
  prefix: Uint8Array;
  header: WireHeader | undefined;
}

const topicsMax = 1_000;
const codecsMax = 1_000;
const nothing = new Uint8Array();

/**
 * Values to bytes in Confluent's wire format, in the format of the schema. `await prepare(topic)` asks the registry what has to be known;
 * `serialize` is then synchronous.
 *
 * @example
 * const serializer = createSerializer<{ id: bigint }>({
 *   registry: createRegistryClient({ url: 'http://127.0.0.1:8081' }),
 *   schema: { schema: { type: 'record', name: 'Tweet', fields: [{ name: 'id', type: 'long' }] } },
 * });
 * await serializer.prepare('tweets');
 * serializer.serialize('tweets', { id: 1n }); // Uint8Array(6)
 */
export function createSerializer<T = unknown>(options: SerializerOptions): Serializer<T> {
  return new Serializer<T>(options);
}

export class Serializer<T = unknown> {
  readonly #options: SerializerOptions;
  readonly #part: RecordPart;
  readonly #writer = new ByteWriter();
  readonly #targets = new BoundedCache<string, Target>(topicsMax);
  readonly #codecs = new BoundedCache<number, { codec: Codec; parsed: ParsedSchema }>(codecsMax);
  #resolved: Promise<ResolvedDefinition> | undefined;
  #lastTopic: string | undefined;
  #last: Target | undefined;

  constructor(options: SerializerOptions) {
    const { schema, useLatest = false, id } = options;
    if (schema === undefined && !useLatest && id === undefined) {
      throw new TypeError('A serializer needs a schema: give `schema`, `useLatest: true` or `id`');
    }
    if (useLatest && id !== undefined)
      throw new TypeError('`useLatest` and `id` cannot both say which schema is meant');
    this.#options = options;
    this.#part = options.part ?? 'value';
  }

  /**
   * Finds out, or registers, what values of this topic are written with. To be awaited before the first record; with `useLatest` also
   * from time to time, which costs nothing until the client's `latestTtlMs` is over.
   *
   * @throws RegistryClientError, SchemaError
   */
  async prepare(topic: string): Promise<void> {
    if (this.#options.useLatest === true) return this.#prepareLatest(topic);
    await this.#targets.fetch(topic, () => this.#findTarget(topic));
  }

  /**
   * The bytes of a record, of its own; `null` and `undefined` are a tombstone: null.
   *
   * @throws SerializationError when the value does not fit the schema, or the topic is not prepared
   */
  serialize(topic: string, value: T | null | undefined): Uint8Array | null {
    if (value === null || value === undefined) return null;
    const target = this.#target(topic);
    const writer = this.#writer;
    writer.reset();
    writer.bytes(target.prefix);
    try {
      target.codec.encode(value, writer);
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error;
      throw error.at({ topic, schemaId: target.id });
    }
    return writer.finish();
  }

  /** The header that records of this topic need; undefined where the schema's id stands before the value. */
  header(topic: string): WireHeader | undefined {
    return this.#target(topic).header;
  }

  /** Id of the schema that values of this topic are written with. */
  schemaId(topic: string): number {
    return this.#target(topic).id;
  }

  /** `prepare` and `serialize` in one. */
  async encode(topic: string, value: T | null | undefined): Promise<Uint8Array | null> {
    await this.prepare(topic);
    return this.serialize(topic, value);
  }

  #target(topic: string): Target {
    if (topic === this.#lastTopic) return this.#last!;
    const target = this.#targets.get(topic);
    if (target === undefined) {
      throw new SerializationError('Nothing is known of this topic yet: await prepare(topic) first', '', {
        where: { topic },
      });
    }
    this.#lastTopic = topic;
    this.#last = target;
    return target;
  }

  async #prepareLatest(topic: string): Promise<void> {
    const { registry, schema } = this.#options;
    const fullName =
      schema === undefined ? undefined : messageNameOf(await this.#parsedSchema(), this.#options.message);
    const found = await registry.version(this.#subject(topic, fullName), 'latest');
    if (this.#targets.get(topic)?.id === found.id) return;
    this.#targets.set(topic, await this.#targetOf(found.id, found.guid, found));
    this.#lastTopic = undefined;
  }

  async #findTarget(topic: string): Promise<Target> {
    const { registry, id, autoRegister = true, normalize = false } = this.#options;
    if (id !== undefined) {
      const found = await registry.schemaById(id);
      return this.#targetOf(id, found.guid, found);
    }
    const { source } = await this.#definition();
    const subject = this.#subject(topic, messageNameOf(await this.#parsedSchema(), this.#options.message));
    const registered: RegisteredId = autoRegister
      ? await registry.register(subject, source, { normalize })
      : await registry.lookUp(subject, source, { normalize });
    return this.#targetOf(registered.id, registered.guid, source);
  }

  #subject(topic: string, fullName: string | undefined): string {
    return subjectName(this.#options.subjectName ?? 'topic', topic, this.#part, fullName);
  }

  async #parsedSchema(): Promise<ParsedSchema> {
    const { source, texts } = await this.#definition();
    return parseSchema(source.schemaType, source.schema, texts);
  }

  /** Once; what could not be had is tried again. */
  #definition(): Promise<ResolvedDefinition> {
    const { registry, schema, autoRegister = true, useLatest = false, normalize = false } = this.#options;
    if (this.#resolved === undefined) {
      this.#resolved = resolveDefinition(registry, schema!, { autoRegister: autoRegister && !useLatest, normalize });
      this.#resolved.catch(() => {
        this.#resolved = undefined;
      });
    }
    return this.#resolved;
  }

  async #targetOf(id: number, guid: string | undefined, source: SchemaSource): Promise<Target> {
    const { registry, message, idIn = 'prefix' } = this.#options;
    const { codec, parsed } = await this.#codecs.fetch(id, async () => {
      const texts = await registry.referencedTexts(source.references);
      const parsed = parseSchema(source.schemaType, source.schema, texts);
      return { codec: encoderOf(parsed, message), parsed };
    });
    const indexes = messageIndexesOf(parsed, message);
    if (idIn === 'prefix') return { id, codec, prefix: idPrefix(id, indexes), header: undefined };
    if (guid === undefined) {
      throw new SerializationError(
        `${registry.url} tells no guid of its schemas, so it cannot stand in a header: write the id before the value (idIn: 'prefix')`,
        '',
        { where: { schemaId: id } },
      );
    }
    return {
      id,
      codec,
      prefix: nothing,
      header: { key: schemaIdHeader(this.#part), value: guidPrefix(guid, indexes) },
    };
  }
}
