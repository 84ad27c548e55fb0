import type { Logger } from '@headwater/logger';
import { createDiscoveryClient, type ServiceInstance } from '@headwater/service/discovery';
import type { DiscoveredInstance } from './target.ts';

export interface DiscoverySource {
  /** Asks now; resolves when what it told is current. */
  refresh(): Promise<void>;
  readonly state: { status: string; error: string | null };
  close(): Promise<void>;
}

/** Follows the instances of a Eureka server, ours or another. */
export function followDiscovery(options: {
  url: string;
  ca?: string | undefined;
  onInstances: (instances: readonly DiscoveredInstance[]) => void;
  logger: Logger;
}): DiscoverySource {
  const { ca, logger, onInstances, url } = options;
  const client = createDiscoveryClient({ url, logger, ...(ca !== undefined && { ca }) });
  const tell = (): void => {
    const instances = client.services().flatMap((service) => client.allInstances(service));
    onInstances(instances.map(discovered));
  };
  client.onChange(tell);
  // An empty registry changes nothing, and is news all the same.
  client.ready().then(tell, () => {});
  return {
    refresh: () => client.refresh(),
    get state() {
      const { error, status } = client.state;
      return { status, error };
    },
    close: () => client.close(),
  };
}

function discovered({
  host,
  instanceId,
  isSecure,
  metadata,
  port,
  service,
  status,
  url,
}: ServiceInstance): DiscoveredInstance {
  const management = Number(metadata['management.port']);
  const hasOwnPort = Number.isInteger(management) && management > 0 && management < 65_536 && management !== port;
  const base = hasOwnPort
    ? `${isSecure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${management}`
    : url;
  // Spring Cloud writes it with or without the path of the actuator.
  const context = metadata['management.context-path'] ?? '/actuator';
  const path = /^\/[\w./-]{0,100}$/.test(context) ? context.replace(/\/$/, '') : '/actuator';
  const pid = Number(metadata['pid']);
  const startedMs = Date.parse(metadata['started'] ?? '');
  return {
    service,
    instance: instanceId,
    url: base,
    healthUrls: [`${base}${path}/health`, `${base}/health`],
    status,
    pid: Number.isInteger(pid) && pid > 0 ? pid : null,
    startedMs: Number.isFinite(startedMs) ? startedMs : null,
    version: metadata['version'] ?? null,
  };
}
