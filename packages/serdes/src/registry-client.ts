import { BoundedCache } from './bounded-cache.ts';
import { RegistryClientError } from './registry-client-error.ts';
import { type RegistryRequestOptions, RegistryRequests } from './registry-request.ts';
import type { ReferencedTexts, SchemaReference, SchemaSource, SchemaType } from './schema.ts';

export interface RegistryClientOptions extends RegistryRequestOptions {
  /** Schemas kept by id, by guid, by version and by text, each. Default 1,000. */
  cacheMax?: number;
  /** How long the newest version of a subject is taken for the newest. Default 60,000; 0 asks each time. */
  latestTtlMs?: number;
}

/** A schema by its id. */
export interface SchemaById extends SchemaSource {
  /** Not all registries tell it. */
  guid: string | undefined;
}

/** A version of a subject. */
export interface SchemaVersion extends SchemaById {
  subject: string;
  version: number;
  id: number;
}

export interface RegisterOptions {
  /** Schemas that mean the same count as one. Default false. */
  normalize?: boolean;
}

export interface RegisteredId {
  id: number;
  /** Not all registries tell it. */
  guid: string | undefined;
}

export interface RegisteredVersion extends RegisteredId {
  version: number;
}

const referencesMax = 1_000;

/**
 * Any registry that speaks Confluent's REST API. Schemas never change, so answers are kept, within a bound; what several want at the same
 * time is asked once.
 *
 * @example
 * const registry = createRegistryClient({ url: 'http://127.0.0.1:8081' });
 * const { id } = await registry.register('tweets-value', { schemaType: 'AVRO', schema: '"string"', references: [] });
 * (await registry.schemaById(id)).schema; // '"string"'
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  return new RegistryClient(options);
}

export class RegistryClient {
  /** How long the newest version of a subject is taken for the newest. */
  readonly latestTtlMs: number;
  readonly #requests: RegistryRequests;
  readonly #byId: BoundedCache<number | string, SchemaById>;
  readonly #versions: BoundedCache<string, SchemaVersion>;
  readonly #latest: BoundedCache<string, { found: SchemaVersion; untilMs: number }>;
  readonly #registered: BoundedCache<string, RegisteredId>;
  readonly #lookedUp: BoundedCache<string, RegisteredVersion>;

  constructor(options: RegistryClientOptions) {
    const { cacheMax = 1_000, latestTtlMs = 60_000 } = options;
    this.#requests = new RegistryRequests(options);
    this.latestTtlMs = latestTtlMs;
    this.#byId = new BoundedCache(cacheMax);
    this.#versions = new BoundedCache(cacheMax);
    this.#latest = new BoundedCache(cacheMax);
    this.#registered = new BoundedCache(cacheMax);
    this.#lookedUp = new BoundedCache(cacheMax);
  }

  /** Its addresses, for messages. */
  get url(): string {
    return this.#requests.url;
  }

  /** The schema of an id, or of a guid when it is a text. @throws RegistryClientError 40403 when there is none */
  schemaById(id: number | string): Promise<SchemaById> {
    return this.#byId.fetch(id, async () => {
      const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${encodeURIComponent(id)}`;
      return schemaOf(await this.#requests.send('GET', path));
    });
  }

  /** Under which subjects, and as which version, a schema stands at present. @throws RegistryClientError 40403 */
  async versionsOf(id: number | string): Promise<{ subject: string; version: number }[]> {
    if (typeof id !== 'number') return [];
    const answer = await this.#requests.send('GET', `/schemas/ids/${id}/versions`);
    if (!Array.isArray(answer)) throw unexpected('is no list');
    return answer.map((one) => ({
      subject: textOf(objectOf(one), 'subject') ?? '',
      version: numberOf(objectOf(one), 'version'),
    }));
  }

  /** @throws RegistryClientError 40401, 40402 */
  async version(subject: string, version: number | 'latest'): Promise<SchemaVersion> {
    if (version !== 'latest') {
      return this.#versions.fetch(`${version} ${subject}`, () => this.#fetchVersion(subject, version));
    }
    const kept = this.#latest.get(subject);
    if (kept !== undefined && performance.now() >= kept.untilMs) this.#latest.delete(subject);
    const { found } = await this.#latest.fetch(subject, async () => ({
      found: await this.#fetchVersion(subject, 'latest'),
      untilMs: performance.now() + this.latestTtlMs,
    }));
    return found;
  }

  /** Registers a schema, or finds it registered. @throws RegistryClientError 409 when it is not compatible, 42201 */
  register(subject: string, source: SchemaSource, options: RegisterOptions = {}): Promise<RegisteredId> {
    return this.#registered.fetch(keyOf(subject, source, options), async () => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions${queryOf(options)}`;
      const answer = objectOf(await this.#requests.send('POST', path, bodyOf(source)));
      this.#latest.delete(subject);
      return { id: numberOf(answer, 'id'), guid: textOf(answer, 'guid') };
    });
  }

  /** The version of the subject that is this schema. @throws RegistryClientError 40401, 40403 */
  lookUp(subject: string, source: SchemaSource, options: RegisterOptions = {}): Promise<RegisteredVersion> {
    return this.#lookedUp.fetch(keyOf(subject, source, options), async () => {
      const path = `/subjects/${encodeURIComponent(subject)}${queryOf(options)}`;
      const answer = objectOf(await this.#requests.send('POST', path, bodyOf(source)));
      return { id: numberOf(answer, 'id'), guid: textOf(answer, 'guid'), version: numberOf(answer, 'version') };
    });
  }

  /** Names of all subjects. */
  async subjects(): Promise<string[]> {
    return (await this.#requests.send('GET', '/subjects')) as string[];
  }

  /** Whether the schema may follow what the subject has, and what stands against it. */
  async checkCompatibility(
    subject: string,
    source: SchemaSource,
    version: number | 'latest' = 'latest',
  ): Promise<{ isCompatible: boolean; messages: string[] }> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/${version}?verbose=true`;
    const answer = objectOf(await this.#requests.send('POST', path, bodyOf(source)));
    return { isCompatible: answer['is_compatible'] === true, messages: (answer['messages'] as string[]) ?? [] };
  }

  /**
   * Texts of all that a schema refers to, directly or by others; what others need comes first.
   *
   * @throws RegistryClientError when one is missing, when there are more than 1,000, or when they lead in a circle
   */
  async referencedTexts(references: readonly SchemaReference[]): Promise<ReferencedTexts> {
    const texts = new Map<string, string>();
    await this.#collect(references, texts, []);
    return texts;
  }

  /** Ends what is under way; may be called twice. */
  close(): void {
    this.#requests.close();
  }

  async #collect(
    references: readonly SchemaReference[],
    texts: Map<string, string>,
    path: readonly string[],
  ): Promise<void> {
    for (const { name, subject, version } of references) {
      if (texts.has(name)) continue;
      const key = `${subject} version ${version}`;
      const isCircle = path.includes(key);
      if (isCircle || texts.size >= referencesMax) {
        const why = isCircle
          ? `The references of ${key} lead back to it`
          : `There are more than ${referencesMax} references`;
        throw new RegistryClientError('HW_SERDES_REGISTRY', why);
      }
      const found = await this.version(subject, version === -1 ? 'latest' : version);
      await this.#collect(found.references, texts, [...path, key]);
      texts.set(name, found.schema);
    }
  }

  async #fetchVersion(subject: string, version: number | 'latest'): Promise<SchemaVersion> {
    // What is deleted softly is still referred to.
    const query = version === 'latest' ? '' : '?deleted=true';
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}${query}`;
    const answer = objectOf(await this.#requests.send('GET', path));
    return {
      ...schemaOf(answer),
      subject: textOf(answer, 'subject') ?? subject,
      version: numberOf(answer, 'version'),
      id: numberOf(answer, 'id'),
    };
  }
}

function bodyOf({ schemaType, schema, references }: SchemaSource): Record<string, unknown> {
  return { schema, ...(schemaType !== 'AVRO' && { schemaType }), ...(references.length > 0 && { references }) };
}

function queryOf({ normalize = false }: RegisterOptions): string {
  return normalize ? '?normalize=true' : '';
}

function keyOf(subject: string, source: SchemaSource, { normalize = false }: RegisterOptions): string {
  return JSON.stringify([normalize, subject, source.schemaType, source.references, source.schema]);
}

function schemaOf(answer: unknown): SchemaById {
  const fields = objectOf(answer);
  const schema = textOf(fields, 'schema');
  if (schema === undefined) throw unexpected('has no "schema"');
  return {
    schemaType: (textOf(fields, 'schemaType') ?? 'AVRO') as SchemaType,
    schema,
    references: (fields['references'] as SchemaReference[] | undefined | null) ?? [],
    guid: textOf(fields, 'guid'),
  };
}

function objectOf(answer: unknown): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw unexpected('is no object');
  return answer as Record<string, unknown>;
}

function textOf(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

function numberOf(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw unexpected(`has no "${name}"`);
  return value;
}

function unexpected(what: string): RegistryClientError {
  return new RegistryClientError(
    'HW_SERDES_REGISTRY',
    `The schema registry's answer ${what}: is this the address of a schema registry, with its whole path?`,
  );
}
