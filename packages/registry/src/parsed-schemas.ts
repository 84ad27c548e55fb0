import { type ParsedSchema, parseSchema, SchemaError, type SchemaReference } from '@headwater/serdes';
import { errors } from './registry-error.ts';
import type { RegisteredSchema } from './state/records.ts';
import type { RegistryState } from './state/registry-state.ts';
import { parseSubject, subjectFrom } from './state/subject.ts';

const parsedMax = 2_000;
const referencesMax = 1_000;

/** Registered schemas, understood: the ones used last are kept. */
export class ParsedSchemas {
  readonly #state: RegistryState;
  readonly #parsed = new Map<string, ParsedSchema>();

  constructor(state: RegistryState) {
    this.#state = state;
  }

  /** @throws RegistryError 42201 when another system's schema is not understood here */
  of(schema: RegisteredSchema): ParsedSchema {
    const key = `${schema.schemaType} ${parseSubject(schema.subject).context} ${schema.guid}`;
    let parsed = this.#parsed.get(key);
    if (parsed === undefined) {
      parsed = this.#parse(schema);
      const oldest = this.#parsed.size >= parsedMax ? this.#parsed.keys().next().value : undefined;
      if (oldest !== undefined) this.#parsed.delete(oldest);
    } else this.#parsed.delete(key);
    this.#parsed.set(key, parsed);
    return parsed;
  }

  /**
   * Texts of all that is referred to, directly or by others, by the name that it is called by; what others need comes first.
   *
   * @throws RegistryError 42201
   */
  textsOf(subject: string, references: readonly SchemaReference[]): Map<string, string> {
    const texts = new Map<string, string>();
    this.#collect(subject, references, texts, new Set());
    return texts;
  }

  /** A version of -1 is the newest one now. @throws RegistryError 42201 */
  exactReference(subject: string, reference: SchemaReference): SchemaReference {
    if (reference.version !== -1) return reference;
    const latest = this.#state.latest(subjectFrom(subject, reference.subject));
    if (latest === undefined)
      throw errors.invalidSchema(`No schema reference found for subject "${reference.subject}" and version -1`);
    return { ...reference, version: latest.version };
  }

  #parse({ references, schema, schemaType, subject, version }: RegisteredSchema): ParsedSchema {
    try {
      return parseSchema(schemaType, schema, this.textsOf(subject, references));
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      throw errors.invalidSchema(
        `The schema of subject '${subject}' version ${version} cannot be understood: ${error.message}`,
      );
    }
  }

  #collect(
    subject: string,
    references: readonly SchemaReference[],
    texts: Map<string, string>,
    path: Set<string>,
  ): void {
    for (const reference of references) {
      if (texts.has(reference.name)) continue;
      if (texts.size >= referencesMax) throw errors.invalidSchema(`There are more than ${referencesMax} references.`);
      const target = subjectFrom(subject, reference.subject);
      const found = this.#state.version(target, reference.version);
      if (found === undefined) {
        throw errors.invalidSchema(
          `No schema reference found for subject "${reference.subject}" and version ${reference.version}`,
        );
      }
      const key = `${target} ${reference.version}`;
      if (path.has(key)) throw errors.invalidSchema(`The references of ${key} lead back to it.`);
      this.#collect(target, found.references, texts, new Set(path).add(key));
      texts.set(reference.name, found.schema);
    }
  }
}
