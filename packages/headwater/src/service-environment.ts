import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Configuration } from './configuration.ts';
import type { ExampleService } from './example.ts';
import type { PartKey } from './part-table.ts';

/** A service and the port that was chosen for it. */
export interface PlacedService {
  service: ExampleService;
  /** That of the service; `query-service-2` for its second instance. */
  name: string;
  /** 1, then 2 for the second of several. */
  instance: number;
  port?: number;
}

export type ServiceEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * What a service is told, in process or in one of its own: the addresses of the parts (`HEADWATER_KAFKA_URL` …), the settings
 * of its example (`tweets.minWords` → `HEADWATER_TWEETS_MIN_WORDS`), its port, and where the other services are.
 *
 * @param own the instance that is told; the gateway and others without one are told where the first instances are
 */
export function serviceEnvironment(
  configuration: Configuration,
  addresses: Readonly<Partial<Record<PartKey, string>>>,
  placed: readonly PlacedService[],
  env: NodeJS.ProcessEnv,
  scheme: 'http' | 'https' = 'http',
  own?: PlacedService,
): ServiceEnvironment {
  const result: Record<string, string | undefined> = { HEADWATER_INSTANCE: instanceOf(configuration.dataDir), ...env };
  for (const [key, address] of Object.entries(addresses)) result[`HEADWATER_${key.toUpperCase()}_URL`] = address;
  if (configuration.redisUrl !== undefined) result['HEADWATER_REDIS_URL'] = configuration.redisUrl;
  for (const [example, settings] of Object.entries(configuration.examples)) {
    for (const [name, value] of Object.entries(settings)) {
      result[`HEADWATER_${snakeCase(example)}_${snakeCase(name)}`] = Array.isArray(value)
        ? value.join(',')
        : String(value);
    }
  }
  for (const { instance, service, port } of placed) {
    if (port === undefined || instance > 1) continue;
    if (service.portVariable !== undefined) result[service.portVariable] = String(port);
    if (service.urlVariable !== undefined) result[service.urlVariable] = serviceUrl(port, scheme);
  }
  if (own !== undefined && own.instance > 1) {
    result['HEADWATER_INSTANCE'] += `-${own.instance}`;
    if (own.service.portVariable !== undefined) result[own.service.portVariable] = String(own.port);
  }
  return result;
}

/**
 * A name that is the same after a restart and another for every data directory: as `group.instance.id` it lets a service go on at once
 * after `kill -9`, instead of when the session of the dead one has run out.
 */
function instanceOf(dataDir: string): string {
  return `up-${createHash('sha256').update(`${hostname()}:${dataDir}`).digest('hex').slice(0, 12)}`;
}

export function serviceUrl(port: number, scheme: 'http' | 'https'): string {
  return `${scheme}://127.0.0.1:${port}`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
