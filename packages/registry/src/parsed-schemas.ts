import { type ParsedSchema, parseSchema, type SchemaReference } from '@headwater/serdes';
import { errors } from './registry-error.ts';
import type { RegisteredSchema } from './state/records.ts';
import type { RegistryState } from './state/registry-state.ts';
import { defaultContext, parseSubject, subjectText } from './state/subject.ts';

const parsedMax = 2_000;
const referencesMax = 1_000;

/** Registered schemas, understood: the ones used last are kept. */
export class ParsedSchemas {
  readonly #state: RegistryState;
  readonly #parsed = new Map<string, ParsedSchema>();

  constructor(state: RegistryState) {
    this.#state = state;
  }

  of(schema: RegisteredSchema): ParsedSchema {
    const key = `${schema.schemaType} ${parseSubject(schema.subject).context} ${schema.guid}`;
    let parsed = this.#parsed.get(key);
    if (parsed === undefined) {
      parsed = parseSchema(schema.schemaType, schema.schema, this.textsOf(schema.subject, schema.references));
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

  /** A reference without a context is in the one of who refers. */
  subjectOf(subject: string, reference: SchemaReference): string {
    const target = parseSubject(reference.subject);
    if (target.context !== defaultContext) return reference.subject;
    return subjectText({ context: parseSubject(subject).context, name: target.name });
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
      const target = this.subjectOf(subject, reference);
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
