import { createRegistryClient, parseSchema, type RegistryClient, type SchemaSource } from '@headwater/serdes';

interface Version {
  readonly id: number;
  readonly version: number;
  readonly source: SchemaSource;
}

/** A schema registry within the process, for tests of pipelines: subjects, versions and ids, and no rules of compatibility. */
export interface MemoryRegistry {
  readonly client: RegistryClient;
  /** Registers a schema, under an id of choice where one is given. */
  register(subject: string, source: SchemaSource, id?: number): number;
  /** The newest schema of a subject. */
  latest(subject: string): { readonly id: number; readonly source: SchemaSource } | undefined;
}

export function createMemoryRegistry(): MemoryRegistry {
  const subjects = new Map<string, Version[]>();
  const byId = new Map<number, SchemaSource>();
  let lastId = 0;

  function register(subject: string, source: SchemaSource, givenId?: number): number {
    const versions = subjects.get(subject) ?? [];
    const known = versions.find((version) => isSame(version.source, source));
    if (known !== undefined && (givenId === undefined || givenId === known.id)) return known.id;
    let id = givenId ?? [...byId].find(([, other]) => isSame(other, source))?.[0];
    if (id === undefined) {
      do lastId++;
      while (byId.has(lastId));
      id = lastId;
    }
    byId.set(id, source);
    versions.push({ id, version: versions.length + 1, source });
    subjects.set(subject, versions);
    return id;
  }

  function answer(method: string, path: string, body: unknown): unknown {
    const [, root, name = '', versions, version] = path.split('?')[0]!.split('/').map(decodeURIComponent);
    if (root === 'schemas' && versions !== undefined) {
      const id = Number(versions);
      const source = byId.get(id);
      if (source === undefined) return undefined;
      if (version !== 'versions') return schemaAnswer(source);
      return [...subjects].flatMap(([subject, all]) =>
        all.filter((one) => one.id === id).map((one) => ({ subject, version: one.version })),
      );
    }
    if (root !== 'subjects') return undefined;
    if (name === '') return [...subjects.keys()];
    if (method === 'POST') {
      const source = sourceOf(body);
      if (versions === 'versions') return { id: register(name, checked(source)) };
      const found = subjects.get(name)?.find((one) => isSame(one.source, source));
      return found && { subject: name, id: found.id, version: found.version, ...schemaAnswer(found.source) };
    }
    const all = subjects.get(name);
    if (version === undefined) return all?.map((one) => one.version);
    const found = version === 'latest' ? all?.at(-1) : all?.[Number(version) - 1];
    return found && { subject: name, id: found.id, version: found.version, ...schemaAnswer(found.source) };
  }

  const client = createRegistryClient({
    url: 'http://memory.invalid',
    latestTtlMs: 0,
    fetch: async (url, init) => {
      const found = answer(
        init?.method ?? 'GET',
        String(url).slice('http://memory.invalid'.length),
        typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
      );
      const [status, value] =
        found === undefined ? [404, { error_code: 40403, message: 'Schema or subject not found' }] : [200, found];
      return new Response(JSON.stringify(value), {
        status,
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      });
    },
  });
  return {
    client,
    register,
    latest(subject) {
      return subjects.get(subject)?.at(-1);
    },
  };
}

/** What cannot be parsed alone may need what it refers to. @throws SchemaError */
function checked(source: SchemaSource): SchemaSource {
  if (source.references.length === 0) parseSchema(source.schemaType, source.schema);
  return source;
}

function sourceOf(body: unknown): SchemaSource {
  const { schema, schemaType = 'AVRO', references = [] } = body as Partial<SchemaSource>;
  return { schema: schema!, schemaType, references };
}

function schemaAnswer({ schema, schemaType, references }: SchemaSource): Record<string, unknown> {
  return { schema, ...(schemaType !== 'AVRO' && { schemaType }), ...(references.length > 0 && { references }) };
}

function isSame(one: SchemaSource, other: SchemaSource): boolean {
  return (
    one.schemaType === other.schemaType &&
    one.schema === other.schema &&
    JSON.stringify(one.references) === JSON.stringify(other.references)
  );
}
