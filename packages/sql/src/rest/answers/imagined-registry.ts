import {
  type RegisteredId,
  type RegistryClient,
  RegistryClientError,
  type SchemaById,
  type SchemaSource,
  type SchemaVersion,
} from '@headwater/serdes';

/** A registry as it would be: what is registered is only compared with what there is, and is known here alone. */
export function imaginedRegistry(real: RegistryClient): RegistryClient {
  const imagined = new ImaginedRegistry(real);
  return new Proxy(real, {
    get(target, name) {
      const own: unknown = Reflect.get(imagined, name);
      if (typeof own === 'function' && name !== 'constructor') return own.bind(imagined);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

class ImaginedRegistry implements Pick<RegistryClient, 'register' | 'schemaById' | 'version'> {
  readonly #real: RegistryClient;
  readonly #byId = new Map<number | string, SchemaById>();
  readonly #newest = new Map<string, SchemaVersion>();

  constructor(real: RegistryClient) {
    this.#real = real;
  }

  /** @throws RegistryClientError 409, as the registry itself would */
  async register(subject: string, source: SchemaSource): Promise<RegisteredId> {
    const known = await this.#real.checkCompatibility(subject, source).catch((error: unknown) => {
      if (error instanceof RegistryClientError && error.isNotFound) return { isCompatible: true, messages: [] };
      throw error;
    });
    if (!known.isCompatible) {
      const message = `Schema being registered is incompatible with an earlier schema for subject "${subject}"`;
      throw new RegistryClientError('HW_SERDES_REGISTRY', `${message}: ${known.messages.join('; ')}`, {
        status: 409,
        errorCode: 409,
      });
    }
    const same = [...this.#byId].find(([, { schema, schemaType }]) => {
      return schema === source.schema && schemaType === source.schemaType;
    });
    const id = same === undefined ? -1 - this.#byId.size : Number(same[0]);
    const version = { ...source, guid: undefined, subject, version: 1, id };
    this.#byId.set(id, version);
    this.#newest.set(subject, version);
    return { id, guid: undefined };
  }

  async schemaById(id: number | string): Promise<SchemaById> {
    const schema = this.#byId.get(id) ?? (await this.#real.schemaById(id));
    this.#byId.set(id, schema);
    return schema;
  }

  async version(subject: string, version: number | 'latest'): Promise<SchemaVersion> {
    const newest = version === 'latest' ? this.#newest.get(subject) : undefined;
    return newest ?? this.#real.version(subject, version);
  }
}
