import {
  BoundedCache,
  RegistryClientError,
  SchemaError,
  type SchemaSource,
  SerializationError,
  subjectName,
} from '@headwater/serdes';
import type { KnownSchema, SchemaForms } from '../schemas/schema-forms.ts';
import { ProxyError, refused, unprocessable } from './proxy-error.ts';
import type { SchemaDataType } from './record-data.ts';
import type { RegisteredSchema, SchemaBook, SchemaWish } from './schema-book.ts';

const wishesMax = 1_000;
/** How long the newest version of a subject is taken for the newest. */
const latestMs = 2_000;
const strategies = { TOPIC_NAME: 'topic', RECORD_NAME: 'record', TOPIC_RECORD_NAME: 'topic-record' } as const;
const dataTypeOf = { AVRO: 'AVRO', JSON: 'JSONSCHEMA', PROTOBUF: 'PROTOBUF' } as const;
const schemaTypeOf = { AVRO: 'AVRO', JSONSCHEMA: 'JSON', PROTOBUF: 'PROTOBUF' } as const;

/** The schemas of a registry, found as Confluent's proxy finds them. */
export class RegistryBook implements SchemaBook {
  readonly #forms: SchemaForms;
  readonly #found = new BoundedCache<string, { schema: RegisteredSchema; untilMs: number }>(wishesMax);

  constructor(forms: SchemaForms) {
    this.#forms = forms;
  }

  known(wish: SchemaWish): RegisteredSchema | undefined {
    const found = this.#found.get(keyOf(wish));
    return found !== undefined && performance.now() < found.untilMs ? found.schema : undefined;
  }

  async find(wish: SchemaWish): Promise<RegisteredSchema> {
    const schema = await this.#find(wish);
    const isLatest = wish.schemaId === undefined && wish.schemaVersion === undefined && wish.schema === undefined;
    const untilMs = isLatest ? performance.now() + latestMs : Number.POSITIVE_INFINITY;
    this.#found.set(keyOf(wish), { schema, untilMs });
    return schema;
  }

  #find(wish: SchemaWish): Promise<RegisteredSchema> {
    if (wish.schemaId !== undefined) return this.#byId(wish, wish.schemaId);
    if (wish.schema !== undefined) return this.#byText(wish, wish.schema);
    return this.#byVersion(wish, wish.schemaVersion ?? 'latest');
  }

  async #byId(wish: SchemaWish, id: number): Promise<RegisteredSchema> {
    const { registry } = this.#forms;
    const source = await told(registry.schemaById(id), `Error when fetching schema by id. schemaId = ${id}`);
    const known = await usable(this.#forms.of(id, source));
    const subject = subjectOf(wish, known.fullName);
    const { version } = await told(
      registry.lookUp(subject, source),
      `Error when fetching schema version. subject = ${subject}, schema = ${source.schema}`,
    );
    return this.#registered(known, id, subject, version);
  }

  async #byVersion(wish: SchemaWish, version: number | 'latest'): Promise<RegisteredSchema> {
    if (wish.subject === undefined && wish.strategy !== undefined && wish.strategy !== 'TOPIC_NAME') {
      throw refused(`Cannot use schema_subject_strategy=${wish.strategy} without schema_id or schema.`);
    }
    const subject = subjectOf(wish, undefined);
    let found: Awaited<ReturnType<typeof this.version>>;
    try {
      found = await this.version(subject, version);
    } catch (error) {
      if (version === 'latest' || !(error instanceof RegistryClientError)) {
        return await told(Promise.reject(error), `Error when fetching latest schema version. subject = ${subject}`);
      }
      throw refused(`Schema does not exist for subject: ${subject}, version: ${version}`, error);
    }
    return this.#registered(await usable(this.#forms.of(found.id, found)), found.id, found.subject, found.version);
  }

  private version(subject: string, version: number | 'latest') {
    return this.#forms.registry.version(subject, version);
  }

  async #byText(wish: SchemaWish, schema: string): Promise<RegisteredSchema> {
    const { registry } = this.#forms;
    const type = wish.type ?? 'AVRO';
    const source: SchemaSource = { schemaType: schemaTypeOf[type], schema, references: [] };
    const format = `format = ${type}`;
    let fullName: string | undefined;
    try {
      ({ fullName } = await this.#forms.parse(source));
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      throw unprocessable(
        42205,
        `Invalid schema: Error when parsing raw schema. ${format}, schema = ${schema}: ${error.message}`,
        error,
      );
    }
    const subject = subjectOf(wish, fullName);
    const about = `Error when registering schema. ${format}, subject = ${subject}, schema = ${schema}`;
    let place: { id: number; version: number };
    try {
      place = await registry.lookUp(subject, source);
    } catch (error) {
      if (!(error instanceof RegistryClientError) || !error.isNotFound) throw await told(Promise.reject(error), about);
      await told(registry.register(subject, source), about);
      place = await told(registry.lookUp(subject, source), about);
    }
    return this.#registered(await usable(this.#forms.of(place.id, source)), place.id, subject, place.version);
  }

  #registered(known: KnownSchema, id: number, subject: string, version: number): RegisteredSchema {
    const type: SchemaDataType = dataTypeOf[known.type];
    return {
      type,
      subject,
      id,
      version,
      encode: (data) => {
        try {
          return this.#forms.encode({ ...known, id }, data, 'strict');
        } catch (error) {
          if (error instanceof SerializationError) throw refused(error.message, error);
          throw error;
        }
      },
    };
  }
}

function keyOf({ topic, part, type, subject, strategy, schemaId, schemaVersion, schema }: SchemaWish): string {
  return `${topic}\n${part}\n${type}\n${subject}\n${strategy}\n${schemaId}\n${schemaVersion}\n${schema}`;
}

function subjectOf({ topic, part, subject, strategy }: SchemaWish, fullName: string | undefined): string {
  if (subject !== undefined) return subject;
  try {
    return subjectName(strategies[strategy ?? 'TOPIC_NAME'], topic, part, fullName);
  } catch (error) {
    throw refused((error as Error).message, error);
  }
}

/** What the registry refuses, or that it does not answer, as Confluent's proxy says it. */
async function told<T>(answer: Promise<T>, about: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RegistryClientError)) throw error;
    if (error.errorCode === 40301) throw new ProxyError(403, 40301, about, error);
    throw unprocessable(42207, `Error serializing message. ${about}\n${error.message}`, error);
  }
}

async function usable<T>(schema: Promise<T>): Promise<T> {
  try {
    return await schema;
  } catch (error) {
    if (error instanceof SchemaError) throw unprocessable(42205, `Invalid schema: ${error.message}`, error);
    if (error instanceof SerializationError) throw refused(error.message, error);
    if (error instanceof RegistryClientError)
      return await told(Promise.reject(error), 'Error when fetching a reference');
    throw error;
  }
}
