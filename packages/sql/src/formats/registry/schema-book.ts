import {
  BoundedCache,
  type ParsedSchema,
  parseSchema,
  type RegistryClient,
  RegistryClientError,
  SchemaError,
  type SchemaSource,
} from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';

const schemasMax = 10_000;
/** How long a schema that was not there is not asked for again. */
const failureMs = 1_000;

interface Failure {
  readonly error: Error;
  readonly untilMs: number;
}

/**
 * The schemas of one registry, understood, for all codecs that read with it: thousands of queries parse a schema once. Schemas never change.
 */
export class SchemaBook {
  readonly registry: RegistryClient;
  readonly #schemas = new BoundedCache<number, ParsedSchema>(schemasMax);
  readonly #failures = new BoundedCache<number, Failure>(1_000);

  constructor(registry: RegistryClient) {
    this.registry = registry;
  }

  /** Undefined until it was fetched. */
  known(id: number): ParsedSchema | undefined {
    return this.#schemas.get(id);
  }

  /** Why a schema cannot be had; undefined where it can, or may. */
  failure(id: number): Error | undefined {
    const failure = this.#failures.get(id);
    return failure !== undefined && performance.now() < failure.untilMs ? failure.error : undefined;
  }

  /** @throws RegistryClientError, SchemaError */
  async fetch(id: number): Promise<ParsedSchema> {
    return this.#schemas.fetch(id, async () => this.parse(await this.registry.schemaById(id)));
  }

  /**
   * As `fetch`, but what says that this schema cannot be read at all is kept as its failure.
   *
   * @throws RegistryClientError when the registry is away
   */
  async tryFetch(id: number): Promise<void> {
    try {
      await this.fetch(id);
      this.#failures.delete(id);
    } catch (error) {
      const isFinal = error instanceof SchemaError || (error instanceof RegistryClientError && error.isNotFound);
      if (!isFinal) throw error;
      this.#failures.set(id, { error, untilMs: performance.now() + failureMs });
    }
  }

  /** @throws RegistryClientError, SchemaError */
  async parse(source: SchemaSource): Promise<ParsedSchema> {
    const texts = await this.registry.referencedTexts(source.references);
    return parseSchema(source.schemaType, source.schema, texts);
  }

  /**
   * A schema that is there already belongs to the subject, too, from now on.
   *
   * @throws SqlError when the registry gives it another id there
   */
  async registerById(subject: string, id: number): Promise<{ id: number; schema: ParsedSchema }> {
    const schema = await this.fetch(id);
    const source = await this.registry.schemaById(id);
    const registered = await this.registry.register(subject, source);
    if (registered.id === id) return { id, schema };
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `Schema id registered is ${registered.id} which is different from the id ${id} that the statement provides.\nSubject: ${subject}\nSchema: ${source.schema}`,
    );
  }

  /** @throws RegistryClientError */
  async register(subject: string, source: SchemaSource): Promise<{ id: number; schema: ParsedSchema }> {
    const { id } = await this.registry.register(subject, source);
    return { id, schema: await this.fetch(id) };
  }
}

const books = new WeakMap<RegistryClient, SchemaBook>();

export function schemaBookOf(registry: RegistryClient): SchemaBook {
  const known = books.get(registry);
  if (known !== undefined) return known;
  const book = new SchemaBook(registry);
  books.set(registry, book);
  return book;
}
