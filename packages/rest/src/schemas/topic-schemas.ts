import { HttpError } from '@headwater/http';
import {
  BoundedCache,
  type JsonValue,
  parseJson,
  type RecordPart,
  RegistryClientError,
  SchemaError,
  SerializationError,
} from '@headwater/serdes';
import type { KnownSchema, SchemaForms } from './schema-forms.ts';

/** The schema that a topic's keys or values are written by. */
export interface TopicSchema {
  subject: string;
  version: number;
  id: number;
  known: KnownSchema;
}

const subjectsMax = 2_000;
/** How long it is not asked again whether a subject has a newer version, or has come to be. */
const keptMs = 1_000;

/** The newest schemas of topics, by the names of their subjects: `<topic>-key` and `<topic>-value`. */
export class TopicSchemas {
  readonly #forms: SchemaForms;
  readonly #kept = new BoundedCache<string, { schema: TopicSchema | null; untilMs: number }>(subjectsMax);

  constructor(forms: SchemaForms) {
    this.#forms = forms;
  }

  /**
   * Null where the registry has no such subject. A registry that does not answer is an error: nothing is written unchecked because of it.
   *
   * @throws HttpError 503 when the registry is away, 502 when it says something else than the schema or that there is none
   */
  async find(topic: string, part: RecordPart): Promise<TopicSchema | null> {
    const subject = `${topic}-${part}`;
    const kept = this.#kept.get(subject);
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.schema;
    const schema = await this.#fetch(subject);
    this.#kept.set(subject, { schema, untilMs: performance.now() + keptMs });
    return schema;
  }

  async #fetch(subject: string): Promise<TopicSchema | null> {
    try {
      const found = await this.#forms.registry.version(subject, 'latest');
      return { subject, version: found.version, id: found.id, known: await this.#forms.of(found.id, found) };
    } catch (error) {
      if (error instanceof RegistryClientError && error.isNotFound) return null;
      const details = { subject, retryAfterSeconds: 1 };
      if (error instanceof RegistryClientError && error.code === 'HW_SERDES_REGISTRY_AWAY') {
        const message = `the schema registry does not answer, so that it is not known whether the record fits "${subject}": ${error.message}; try again`;
        throw new HttpError(503, 'HW_REST_REGISTRY_UNAVAILABLE', message, details, error);
      }
      if (error instanceof RegistryClientError || error instanceof SchemaError || error instanceof SerializationError) {
        const message = `the schema of "${subject}" cannot be used: ${error.message}`;
        throw new HttpError(502, 'HW_REST_REGISTRY_ERROR', message, { subject }, error);
      }
      throw error;
    }
  }

  /** The bytes of a value. @throws HttpError 422 with the path of what does not fit, as a JSON pointer */
  encode(schema: TopicSchema, json: JsonValue, part: RecordPart, where: Record<string, unknown> = {}): Buffer {
    const { subject, version, id, known } = schema;
    try {
      return this.#forms.encode({ ...known, id }, json, 'plain');
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error;
      const pointer = jsonPointer(error.path);
      const message = `the ${part} does not fit the schema of "${subject}", version ${version}: ${error.reason}${pointer === '' ? '' : ` (at ${pointer})`}`;
      throw new HttpError(
        422,
        'HW_REST_SCHEMA_MISMATCH',
        message,
        { part, path: pointer, subject, version, schemaId: id, ...where },
        error,
      );
    }
  }

  /** The bytes of a key that was given as text: JSON where the schema wants JSON, else the text itself. */
  encodeKey(schema: TopicSchema, text: string, where: Record<string, unknown> = {}): Buffer {
    let json: JsonValue = text;
    try {
      json = parseJson(text);
    } catch {
      return this.encode(schema, text, 'key', where);
    }
    try {
      return this.encode(schema, json, 'key', where);
    } catch (error) {
      // A key such as 42 is a text where the schema says so.
      try {
        return this.encode(schema, text, 'key', where);
      } catch {
        throw error;
      }
    }
  }
}

/** `lines[3].price` and `a["b c"]` as RFC 6901 has it: `/lines/3/price`, `/a/b c`. */
export function jsonPointer(path: string): string {
  // JSON Schema's errors have one already.
  if (path.startsWith('/')) return path;
  let pointer = '';
  for (const match of path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)) {
    const [, index, quoted, name] = match;
    const part = index ?? (quoted === undefined ? name! : (JSON.parse(quoted) as string));
    pointer += `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }
  return pointer;
}
