import type { Logger } from '@headwater/logger';
import type { Configuration } from '../configuration.ts';
import { HeadwaterError } from '../headwater-error.ts';
import { type PartKey, partKeys, partTable } from '../part-table.ts';
import { choosePort } from '../port.ts';
import type { Security } from '../secure/security.ts';
import { type PlacedService, type ServiceEnvironment, serviceEnvironment } from '../service-environment.ts';

export interface PortMove {
  name: string;
  from: number;
  to: number;
}

export interface GroundOptions {
  configuration: Configuration;
  security: Security;
  env: NodeJS.ProcessEnv;
  logger: (name: string) => Logger;
}

/** What parts stand on while they start: configuration, addresses so far, ports, credentials, and what is to be closed again. */
export class Ground {
  readonly configuration: Configuration;
  readonly security: Security;
  readonly logger: (name: string) => Logger;
  /** Part key → address, of those that are up or whose place is known. */
  readonly addresses: Partial<Record<PartKey, string>> = {};
  readonly placed: PlacedService[] = [];
  readonly moves: PortMove[] = [];
  /** HTTP beside the event store; null: it runs elsewhere. */
  brokerAdminUrl: string | null = null;
  /** HTTP beside the analytics store; null: it runs elsewhere. */
  postgresAdminUrl: string | null = null;
  /** HTTP of the part `logs`, whose address is for lines; null: it runs elsewhere. */
  logsUrl: string | null = null;
  /** Databases of the part `postgres` that run now; null: it runs elsewhere, or not at all. */
  runningDatabases: (() => readonly string[]) | null = null;
  readonly #env: NodeJS.ProcessEnv;
  readonly #reserved: Set<number>;
  readonly #closers: { name: string; close: () => Promise<void> }[] = [];
  readonly #serviceClosers: { name: string; close: () => Promise<void> }[] = [];

  constructor({ configuration, env, logger, security }: GroundOptions) {
    this.configuration = configuration;
    this.security = security;
    this.logger = logger;
    this.#env = env;
    this.#reserved = new Set(partKeys.map((key) => configuration.parts[key].port));
    this.onClose('security', () => security.close());
    for (const key of partKeys) {
      const { url } = configuration.parts[key];
      if (url !== undefined) this.addresses[key] = url;
    }
  }

  /** The address of a part as `forWhom` dials it. Throws HW_UP_MISSING_PART. */
  needed(key: PartKey, forWhom: string): string {
    const address = this.addresses[key];
    if (address !== undefined) return this.security.addressFor(forWhom, key, address);
    throw new HeadwaterError(
      'HW_UP_MISSING_PART',
      `${forWhom} needs ${key}: start it too, or give its address by ${key}.url in headwater.yaml or HEADWATER_${key.toUpperCase()}_URL`,
    );
  }

  registryUrlFor(part: PartKey): { registryUrl?: string } {
    return this.addresses.registry === undefined ? {} : { registryUrl: this.needed('registry', part) };
  }

  /** What a service, or the gateway, is told: addresses with its own name and password where they are asked for. */
  serviceEnvironment(name: string, own?: PlacedService): ServiceEnvironment {
    const addresses: Partial<Record<PartKey, string>> = {};
    for (const key of partKeys) {
      const address = this.addresses[key];
      if (address !== undefined) addresses[key] = this.security.addressFor(name, key, address);
    }
    return {
      ...serviceEnvironment(this.configuration, addresses, this.placed, this.#env, this.security.scheme, own),
      ...this.security.environment(name),
    };
  }

  /** Tells the others where a part of HTTP will be, before it is up: those who need it at once try until it answers. */
  async place(key: PartKey): Promise<void> {
    await this.placeSocket(key);
    this.addresses[key] = `${this.security.scheme}://${this.addresses[key]}`;
  }

  /** As `place`, for a part whose address is `host:port`, since it speaks more than HTTP. */
  async placeSocket(key: PartKey): Promise<void> {
    const { host } = this.configuration.parts[key];
    const port = await this.port(key);
    this.addresses[key] = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async port(key: PartKey): Promise<number> {
    const { host, port } = this.configuration.parts[key];
    return await this.choosePort(partTable[key].title, host, port);
  }

  async choosePort(name: string, host: string, port: number): Promise<number> {
    const reserved = new Set(this.#reserved);
    reserved.delete(port);
    const choice = await choosePort({ name, host, port, isStrict: this.configuration.isStrictPorts, reserved });
    this.#reserved.add(choice.port);
    if (choice.movedFrom !== undefined) this.moves.push({ name, from: choice.movedFrom, to: choice.port });
    return choice.port;
  }

  onClose(name: string, close: () => Promise<void>): void {
    this.#closers.push({ name, close });
  }

  /** Services are closed before the parts that they tell of it, and after what lets requests in. */
  onCloseService(name: string, close: () => Promise<void>): void {
    this.#serviceClosers.push({ name, close });
  }

  /** Closes what was started, the last first. */
  async close(): Promise<void> {
    const closeOne = async ({ name, close }: { name: string; close: () => Promise<void> }): Promise<void> => {
      try {
        await close();
      } catch (error) {
        this.logger(name).error({ error: (error as Error).message }, 'did not close cleanly');
      }
    };
    const lastFirst = this.#closers.reverse();
    const front = ['ready file', 'gateway'];
    for (const each of lastFirst) if (front.includes(each.name)) await closeOne(each);
    await Promise.all(this.#serviceClosers.map(closeOne));
    for (const each of lastFirst) if (!front.includes(each.name)) await closeOne(each);
  }
}
