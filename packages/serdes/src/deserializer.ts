import { BoundedCache } from './bounded-cache.ts';
import { parseSchema } from './parse-schema.ts';
import type { RegistryClient } from './registry-client.ts';
import { RegistryClientError } from './registry-client-error.ts';
import type { ParsedSchema, SchemaSource } from './schema.ts';
import { type CodecOptions, type Decoder, decodersOf, type MessageDecoders } from './schema-codecs.ts';
import { resolveDefinition, type SchemaDefinition } from './schema-definition.ts';
import { SchemaError } from './schema-error.ts';
import { type RecordPlace, SerializationError } from './serialization-error.ts';
import { type RecordPart, type SubjectNameStrategy, subjectName } from './subject-name.ts';
import {
  idPrefixBytes,
  readId,
  readMessageIndexes,
  readSchemaHeader,
  schemaIdHeader,
  type WireHeader,
} from './wire-format.ts';

export interface DeserializerOptions extends CodecOptions {
  registry: RegistryClient;
  /** Default `value`. */
  part?: RecordPart;
  /**
   * What values are read as, whatever they were written with: a schema, or the newest of the subject (looked for again after the client's
   * `latestTtlMs`). Default: as they were written.
   */
  reader?: SchemaDefinition | 'latest';
  /** For `reader: 'latest'`. Default `topic`. */
  subjectName?: SubjectNameStrategy;
  /** How long an id that the registry does not know is not asked for again. Default 1,000: it may learn it the next moment. */
  unknownTtlMs?: number;
}

/** Where a record stands; its headers may hold the id of its schema. */
export interface SourcePlace extends RecordPlace {
  headers?: readonly WireHeader[];
}

/** A record as it was fetched. */
export interface SourceRecord {
  key?: Uint8Array | null;
  value?: Uint8Array | null;
  headers?: readonly WireHeader[];
}

interface Known {
  id: number | string;
  decoders: MessageDecoders;
  first: Decoder;
}

/** An id that cannot be used, until the registry may be asked again. */
interface Failure {
  error: SerializationError;
  untilMs: number;
}

const knownMax = 1_000;
/** Records of many schemas, or of junk, do not ask for all at once. */
const fetchesMax = 16;
const nowhere: SourcePlace = {};

/**
 * Bytes in Confluent's wire format to values, in whatever format they were written. `await prepare(records)` asks the registry for the
 * schemas that are not known yet; `deserialize` is then synchronous.
 *
 * @example
 * const deserializer = createDeserializer<{ id: bigint }>({ registry });
 * await deserializer.prepare(records, 'tweets');
 * for (const record of records) deserializer.deserialize(record.value, { topic: 'tweets', partition: 0, offset: record.offset });
 */
export function createDeserializer<T = unknown>(options: DeserializerOptions): Deserializer<T> {
  return new Deserializer<T>(options);
}

export class Deserializer<T = unknown> {
  readonly #options: DeserializerOptions;
  readonly #part: RecordPart;
  readonly #headerName: string;
  /** By topic too where the newest schema of its subject is the reader. */
  readonly #isByTopic: boolean;
  readonly #known = new BoundedCache<number | string, Known>(knownMax);
  readonly #failures = new BoundedCache<number | string, Failure>(knownMax);
  /** Ids of the newest schemas that are readers, by subject. */
  readonly #latest = new Map<string, number>();
  #latestUntilMs = 0;
  #given: Promise<ParsedSchema> | undefined;
  #lastTopic: string | undefined;
  #lastId: number | string = -1;
  #last: Known | undefined;

  constructor(options: DeserializerOptions) {
    this.#options = options;
    this.#part = options.part ?? 'value';
    this.#headerName = schemaIdHeader(this.#part);
    this.#isByTopic = options.reader === 'latest';
  }

  /**
   * Asks for the schemas of these records that are not known yet; undefined when all are. What is junk, or of a schema that the registry
   * does not have, is told by `deserialize`, with its place.
   *
   * @throws RegistryClientError when the registry is away
   */
  prepare(records: Iterable<SourceRecord | Uint8Array | null>, topic = ''): Promise<void> | undefined {
    const isStale = this.#isByTopic && this.#latest.size > 0 && performance.now() >= this.#latestUntilMs;
    if (isStale) return this.#refreshLatest().then(() => this.#fetchMissing(records, topic));
    return this.#fetchMissing(records, topic);
  }

  /**
   * The value of a record; null for a tombstone. Byte arrays in it may be views of these bytes.
   *
   * @throws SerializationError with topic, partition, offset and id, as far as they are known
   */
  deserialize(bytes: Uint8Array | null | undefined, place: SourcePlace = nowhere): T | null {
    if (bytes === null || bytes === undefined) return null;
    let id: number | string | undefined;
    try {
      let start = idPrefixBytes;
      const header = place.headers === undefined ? undefined : this.#headerOf(place.headers);
      const held = header === undefined ? undefined : readSchemaHeader(header);
      id = held === undefined ? readId(bytes) : held.id;
      const known = this.#find(id, place.topic ?? '');
      if (known.decoders.hasIndexes) {
        if (held === undefined && bytes[idPrefixBytes] === 0) start = idPrefixBytes + 1;
        else return this.#decodeMessage(known, bytes, header, held?.end);
      } else if (held !== undefined) start = 0;
      return known.first.decode(bytes, start, bytes.length) as T;
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error;
      throw located(error, place, id);
    }
  }

  /** `prepare` and `deserialize` in one. */
  async decode(bytes: Uint8Array | null | undefined, place: SourcePlace = nowhere): Promise<T | null> {
    if (bytes === null || bytes === undefined) return null;
    const { headers } = place;
    await this.prepare([{ [this.#part]: bytes, ...(headers && { headers }) }], place.topic);
    return this.deserialize(bytes, place);
  }

  /** Id or guid of the schema that a record was written with; undefined for a tombstone and for junk. */
  schemaId(record: SourceRecord | Uint8Array | null): number | string | undefined {
    return this.#idOf(record);
  }

  #decodeMessage(known: Known, bytes: Uint8Array, header: Uint8Array | undefined, headerEnd: number | undefined): T {
    // The indexes stand after the id, wherever that stands.
    const isInHeader = header !== undefined && headerEnd !== undefined;
    const { indexes, end } = isInHeader
      ? readMessageIndexes(header, headerEnd)
      : readMessageIndexes(bytes, idPrefixBytes);
    return known.decoders.message(indexes).decode(bytes, isInHeader ? 0 : end, bytes.length) as T;
  }

  #find(id: number | string, topic: string): Known {
    if (id === this.#lastId && (!this.#isByTopic || topic === this.#lastTopic)) return this.#last!;
    const key = this.#keyOf(id, topic);
    const known = this.#known.get(key);
    if (known === undefined) {
      const failure = this.#failures.get(key);
      throw failure?.error ?? new SerializationError('Its schema is not known yet: await prepare(records) first');
    }
    this.#lastTopic = topic;
    this.#lastId = id;
    this.#last = known;
    return known;
  }

  #isKnown(key: number | string): boolean {
    if (this.#known.get(key) !== undefined) return true;
    const failure = this.#failures.get(key);
    return failure !== undefined && performance.now() < failure.untilMs;
  }

  #keyOf(id: number | string, topic: string): number | string {
    return this.#isByTopic ? `${id} ${topic}` : id;
  }

  #idOf(record: SourceRecord | Uint8Array | null): number | string | undefined {
    if (record === null) return undefined;
    const isBytes = record instanceof Uint8Array;
    const bytes = isBytes ? record : record[this.#part];
    if (bytes === null || bytes === undefined) return undefined;
    try {
      const header = isBytes || record.headers === undefined ? undefined : this.#headerOf(record.headers);
      return header === undefined ? readId(bytes) : readSchemaHeader(header).id;
    } catch {
      return undefined;
    }
  }

  #headerOf(headers: readonly WireHeader[]): Uint8Array | undefined {
    for (const header of headers) if (header.key === this.#headerName && header.value !== null) return header.value;
    return undefined;
  }

  #fetchMissing(records: Iterable<SourceRecord | Uint8Array | null>, topic: string): Promise<void> | undefined {
    let missing: Map<number | string, number | string> | undefined;
    for (const record of records) {
      const id = this.#idOf(record);
      if (id === undefined || (id === this.#lastId && (!this.#isByTopic || topic === this.#lastTopic))) continue;
      const key = this.#keyOf(id, topic);
      if (this.#isKnown(key)) continue;
      missing ??= new Map();
      missing.set(key, id);
    }
    return missing === undefined ? undefined : this.#fetchAll([...missing], topic);
  }

  async #fetchAll(missing: readonly (readonly [number | string, number | string])[], topic: string): Promise<void> {
    for (let first = 0; first < missing.length; first += fetchesMax) {
      const some = missing.slice(first, first + fetchesMax);
      await Promise.all(some.map(([key, id]) => this.#fetchKnown(key, id, topic)));
    }
  }

  async #fetchKnown(key: number | string, id: number | string, topic: string): Promise<void> {
    try {
      await this.#known.fetch(key, () => this.#knownOf(id, topic));
      this.#failures.delete(key);
    } catch (cause) {
      const reason = failureReason(cause, id, this.#options.registry);
      if (reason === undefined) throw cause;
      const error = new SerializationError(reason, '', { cause });
      this.#failures.set(key, { error, untilMs: performance.now() + (this.#options.unknownTtlMs ?? 1_000) });
    }
  }

  async #knownOf(id: number | string, topic: string): Promise<Known> {
    const writer = await this.#parse(await this.#options.registry.schemaById(id));
    const reader = await this.#readerOf(writer, topic);
    const decoders = decodersOf(writer, reader, this.#options);
    return { id, decoders, first: decoders.first };
  }

  async #readerOf(writer: ParsedSchema, topic: string): Promise<ParsedSchema | undefined> {
    const { registry, reader, subjectName: strategy = 'topic' } = this.#options;
    if (reader === undefined) return undefined;
    if (reader !== 'latest') {
      return this.#givenReader(reader);
    }
    const subject = subjectName(strategy, topic, this.#part, writer.fullName);
    const found = await registry.version(subject, 'latest');
    if (this.#latest.size === 0) this.#latestUntilMs = performance.now() + registry.latestTtlMs;
    if (this.#latest.size < knownMax) this.#latest.set(subject, found.id);
    return this.#parse(found);
  }

  /** Once; what could not be had is tried again. */
  #givenReader(definition: SchemaDefinition): Promise<ParsedSchema> {
    if (this.#given === undefined) {
      const options = { autoRegister: false, normalize: false };
      this.#given = resolveDefinition(this.#options.registry, definition, options).then(({ source, texts }) =>
        parseSchema(source.schemaType, source.schema, texts),
      );
      this.#given.catch(() => {
        this.#given = undefined;
      });
    }
    return this.#given;
  }

  /** Where a subject has a newer schema, what was made for the one before is made again. */
  async #refreshLatest(): Promise<void> {
    const { registry } = this.#options;
    for (const [subject, id] of this.#latest) {
      const found = await registry.version(subject, 'latest');
      if (found.id === id) continue;
      this.#known.clear();
      this.#lastId = -1;
      this.#latest.clear();
      break;
    }
    this.#latestUntilMs = performance.now() + registry.latestTtlMs;
  }

  async #parse(source: SchemaSource): Promise<ParsedSchema> {
    const texts = await this.#options.registry.referencedTexts(source.references);
    return parseSchema(source.schemaType, source.schema, texts);
  }
}

/** Undefined when it says nothing about this schema: the registry is away. */
function failureReason(error: unknown, id: number | string, registry: RegistryClient): string | undefined {
  if (error instanceof SchemaError) return `Its schema cannot be used: ${error.message}`;
  if (!(error instanceof RegistryClientError)) {
    return error instanceof TypeError || error instanceof SerializationError ? error.message : undefined;
  }
  if (error.isNotFound) {
    return `${registry.url} does not have schema ${id}, or something that is needed to read it: it was written with another registry, or is no record of a serializer (${error.message})`;
  }
  return undefined;
}

function located(error: SerializationError, place: SourcePlace, id: number | string | undefined): SerializationError {
  const { topic, partition, offset } = place;
  return error.at({
    ...(topic !== undefined && { topic }),
    ...(partition !== undefined && { partition }),
    ...(offset !== undefined && { offset }),
    ...(id !== undefined && { schemaId: id }),
  });
}
