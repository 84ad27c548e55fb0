import type { RecordView } from '@headwater/protocol';
import {
  BoundedCache,
  idPrefixBytes,
  type RecordPart,
  RegistryClientError,
  readId,
  readMessageIndexes,
  readSchemaHeader,
  SerializationError,
  schemaIdHeader,
} from '@headwater/serdes';
import type { JsonStyle } from './schema-form.ts';
import type { KnownSchema, SchemaForms } from './schema-forms.ts';

/** What a schema is called where records are shown. */
export interface SchemaLabel {
  id: number | string;
  type: string;
  /** The subject that it stands under: that of the topic where it is one of them. */
  subject?: string;
  version?: number;
}

/** A key or value that was written by a registered schema: its JSON, or why there is none. */
export type ShownPart = { json: string; schema: SchemaLabel } | { error: string; schema?: SchemaLabel };

interface Named {
  subject: string;
  version: number;
}

const idsMax = 1_000;
/** How long what the registry did not know, or did not answer, is not asked for again. */
const failureMs = 2_000;
/** How long the subjects of a schema are taken for all that it stands under. */
const namesMs = 10_000;
const fetchesMax = 16;
const longBytes = 8;

/** Reads keys and values in the registry's wire format. `await prepare(records)`, then `show` is synchronous. */
export class RecordSchemas {
  readonly #forms: SchemaForms;
  readonly #names = new BoundedCache<number | string, { names: readonly Named[]; untilMs: number }>(idsMax);
  readonly #failures = new BoundedCache<number | string, { error: string; untilMs: number }>(idsMax);

  constructor(forms: SchemaForms) {
    this.#forms = forms;
  }

  /** Asks the registry for the schemas of these records that are not known yet. Never rejects: what is wrong is shown with each. */
  async prepare(records: Iterable<RecordView>): Promise<void> {
    const missing = new Set<number | string>();
    for (const record of records) {
      for (const part of ['key', 'value'] as const) {
        const id = schemaIdOf(record, part);
        if (id !== undefined && !this.#isReady(id)) missing.add(id);
      }
    }
    const ids = [...missing];
    for (let from = 0; from < ids.length; from += fetchesMax) {
      await Promise.all(ids.slice(from, from + fetchesMax).map((id) => this.#fetch(id)));
    }
  }

  /** True when `prepare` has nothing to ask for this record. */
  isReady(record: RecordView): boolean {
    for (const part of ['key', 'value'] as const) {
      const id = schemaIdOf(record, part);
      if (id !== undefined && !this.#isReady(id)) return false;
    }
    return true;
  }

  #isReady(id: number | string): boolean {
    const nowMs = performance.now();
    if (this.#forms.known(id) !== undefined) return nowMs < (this.#names.get(id)?.untilMs ?? 0);
    return nowMs < (this.#failures.get(id)?.untilMs ?? 0);
  }

  async #fetch(id: number | string): Promise<void> {
    try {
      await this.#forms.byId(id);
      // A registry that does not say under which subjects it stands takes nothing from the value.
      const names = await this.#forms.registry.versionsOf(id).catch(() => this.#names.get(id)?.names ?? []);
      this.#names.set(id, { names, untilMs: performance.now() + namesMs });
    } catch (error) {
      const why =
        error instanceof RegistryClientError && error.isNotFound
          ? `the registry does not know schema ${id}`
          : (error as Error).message;
      this.#failures.set(id, { error: why, untilMs: performance.now() + failureMs });
    }
  }

  /** Null for bytes that are not in the wire format, which are shown as they are. */
  show(record: RecordView, part: RecordPart, topic: string, style: JsonStyle = 'plain'): ShownPart | null {
    const bytes = record[part];
    const id = bytes === null ? undefined : schemaIdOf(record, part);
    if (bytes === null || id === undefined) return null;
    const known = this.#forms.known(id);
    if (known === undefined) {
      // Keys are often plain: eight bytes of a long begin with a 0 too. What no registry knows is shown as it is.
      if (part === 'key') return null;
      return { error: this.#failures.get(id)?.error ?? `schema ${id} is not known`, schema: { id, type: 'UNKNOWN' } };
    }
    const schema = this.#label(known, `${topic}-${part}`);
    // The bytes of a long may look like the id of a schema that is there for something else.
    if (part === 'key' && bytes.length === longBytes && schema.subject !== `${topic}-key`) return null;
    try {
      return { json: decodePart(known, bytes, record, part, style), schema };
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error;
      return { error: error.message, schema };
    }
  }

  #label({ id, type }: KnownSchema, wanted: string): SchemaLabel {
    const names = this.#names.get(id)?.names ?? [];
    const named = names.find(({ subject }) => subject === wanted) ?? names[0];
    return { id, type, ...(named === undefined ? {} : { subject: named.subject, version: named.version }) };
  }
}

function headerOf(record: RecordView, part: RecordPart): Buffer | undefined {
  const name = schemaIdHeader(part);
  for (const { key, value } of record.headers) if (key === name && value !== null) return value;
  return undefined;
}

/** The id, or guid, that a key or value is written by; undefined for what is not in the wire format. */
function schemaIdOf(record: RecordView, part: RecordPart): number | string | undefined {
  const bytes = record[part];
  if (bytes === null) return undefined;
  const header = headerOf(record, part);
  try {
    if (header !== undefined) return readSchemaHeader(header).id;
    return bytes[0] === 0 && bytes.length >= idPrefixBytes ? readId(bytes) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws SerializationError */
export function decodePart(
  { form, type }: KnownSchema,
  bytes: Buffer,
  record: RecordView,
  part: RecordPart,
  style: JsonStyle,
): string {
  const header = headerOf(record, part);
  // The indexes stand after the id, wherever that stands.
  const place =
    header === undefined ? { from: bytes, at: idPrefixBytes } : { from: header, at: readSchemaHeader(header).end };
  const { indexes, end } =
    type === 'PROTOBUF' ? readMessageIndexes(place.from, place.at) : { indexes: [], end: place.at };
  return form.decode(bytes, header === undefined ? end : 0, bytes.length, indexes, style);
}
