import { type Application, javaArgs } from './build.ts';
import { freePorts, type ProcessOptions, type Running, startProcess } from './processes.ts';
import type { Servers } from './servers.ts';

/** What the checks see: the servers, and the services that were pointed at them. */
export interface Fabric {
  servers: Servers;
  configDir: string;
  logDir: string;
  jar(name: Application): string;
  front: Running;
  echoes: Running[];
  /** One more of a service; it is in `echoes` when it is one. */
  startService(name: 'front' | 'echo', env?: Record<string, string>): Promise<Running>;
  serviceOptions(name: 'front' | 'echo', port: number, env?: Record<string, string>): ProcessOptions;
  startAdmin(): Promise<Running>;
  startSpringGateway(): Promise<Running>;
  /** What checks have started, ended with the rest. */
  closers: (() => Promise<void>)[];
  /** Client credentials of the realm's service client. */
  token(): Promise<string>;
}

/** Thrown by a check that cannot be made here. */
export class Skip extends Error {}

export interface Check {
  area: string;
  name: string;
  /** In the short form too. */
  isShort?: boolean;
  /** A word on what was seen. */
  run(fabric: Fabric): Promise<string | undefined>;
}

/** The environment of a service: URLs, nothing else. */
export function serviceEnv(servers: Servers): Record<string, string> {
  const { kafka, discoveryUrl, configUrl, issuer, zipkinUrl } = servers;
  return {
    FABRIC_KAFKA: kafka,
    FABRIC_EUREKA_URL: discoveryUrl ?? 'http://127.0.0.1:1',
    ...(discoveryUrl === null && { EUREKA_CLIENT_ENABLED: 'false' }),
    FABRIC_CONFIG_URL: configUrl ?? '',
    ...(configUrl === null && { SPRING_CLOUD_CONFIG_ENABLED: 'false', FABRIC_CONFIG_IMPORT: 'optional:configserver:' }),
    FABRIC_ISSUER: issuer ?? 'http://127.0.0.1:1',
    FABRIC_ZIPKIN_URL: zipkinUrl ?? 'http://127.0.0.1:1',
    FABRIC_ZIPKIN: String(zipkinUrl !== null),
    SPRING_PROFILES_ACTIVE: 'dev,eu',
  };
}

export function serviceOptions(
  { jar, servers, logDir }: Pick<Fabric, 'jar' | 'servers' | 'logDir'>,
  name: 'front' | 'echo' | 'admin' | 'gateway',
  port: number,
  env: Record<string, string> = {},
): ProcessOptions {
  return {
    name,
    command: 'java',
    args: [...javaArgs, '-jar', jar(name)],
    env: { ...serviceEnv(servers), SERVER_PORT: String(port), ...env },
    port,
    readyPath: '/actuator/info',
    logDir,
  };
}

export async function makeFabric(base: Pick<Fabric, 'servers' | 'configDir' | 'logDir' | 'jar'>): Promise<Fabric> {
  const { servers } = base;
  const closers: (() => Promise<void>)[] = [];
  const startOther = async (name: 'admin' | 'gateway'): Promise<Running> => {
    const [port] = await freePorts(1);
    const service = await startProcess(serviceOptions(base, name, port!));
    closers.push(() => service.kill());
    return service;
  };
  const fabric: Fabric = {
    ...base,
    closers,
    front: undefined as unknown as Running,
    echoes: [],
    serviceOptions: (name, port, env) => serviceOptions(base, name, port, env),
    async startService(name, env) {
      const [port] = await freePorts(1);
      const service = await startProcess(serviceOptions(base, name, port!, env));
      closers.push(() => service.kill());
      servers.startTimes[name] ??= service.startMs;
      if (name === 'echo') fabric.echoes.push(service);
      else fabric.front = service;
      return service;
    },
    startAdmin: () => startOther('admin'),
    startSpringGateway: () => startOther('gateway'),
    async token() {
      if (servers.issuer === null) throw new Skip('no identity');
      return await clientCredentials(servers.issuer);
    },
  };
  const close = servers.close.bind(servers);
  servers.close = async () => {
    await Promise.all(closers.map((each) => each()));
    await close();
  };
  return fabric;
}

async function clientCredentials(issuer: string): Promise<string> {
  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
    token_endpoint: string;
  };
  const response = await fetch(metadata.token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('headwater-service:headwater-service-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`${metadata.token_endpoint} answered ${response.status} and no token`);
  return token;
}
