/** Calls of Eureka's REST operations, as its clients make them; on any server. */
export interface EurekaInstance {
  instanceId?: string;
  status: string;
  overriddenStatus: string;
  actionType: string;
  [field: string]: unknown;
}

export interface Applications {
  versions__delta: string;
  apps__hashcode: string;
  application: { name: string; instance: EurekaInstance[] }[];
}

const defaultClass = 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo';
export const myOwn = { '@class': defaultClass, name: 'MyOwn' };

/** What Spring's client registers. */
export function springInstance(app: string, id: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    instanceId: id,
    app,
    appGroupName: null,
    ipAddr: '127.0.0.1',
    sid: 'na',
    homePageUrl: 'http://127.0.0.1:8080/',
    statusPageUrl: 'http://127.0.0.1:8080/actuator/info',
    healthCheckUrl: 'http://127.0.0.1:8080/actuator/health',
    secureHealthCheckUrl: null,
    vipAddress: app.toLowerCase(),
    secureVipAddress: app.toLowerCase(),
    countryId: 1,
    dataCenterInfo: myOwn,
    hostName: '127.0.0.1',
    status: 'UP',
    overriddenStatus: 'UNKNOWN',
    leaseInfo: {
      renewalIntervalInSecs: 20,
      durationInSecs: 60,
      registrationTimestamp: 0,
      lastRenewalTimestamp: 0,
      evictionTimestamp: 0,
      serviceUpTimestamp: 0,
    },
    isCoordinatingDiscoveryServer: false,
    lastUpdatedTimestamp: 1_700_000_000_000,
    lastDirtyTimestamp: 1_700_000_000_000,
    actionType: null,
    asgName: null,
    port: { $: 8080, '@enabled': 'true' },
    securePort: { $: 443, '@enabled': 'false' },
    metadata: { zone: 'zone-a', 'management.port': '8080' },
    ...fields,
  };
}

export class EurekaCalls {
  readonly base: string;

  /** @param base with the path: `http://127.0.0.1:8761/eureka` */
  constructor(base: string) {
    this.base = base;
  }

  async register(instance: Record<string, unknown>, app = String(instance['app'])): Promise<Response> {
    return await this.call('POST', `/apps/${app}`, { json: { instance } });
  }

  /** Registers, and fails when that is refused. */
  async registered(app: string, id: string, fields: Record<string, unknown> = {}): Promise<void> {
    const answer = await this.register(springInstance(app, id, fields));
    if (answer.status !== 204) throw new Error(`registering ${id}: ${answer.status} ${await answer.text()}`);
  }

  async status(method: string, path: string, headers: Record<string, string> = {}): Promise<number> {
    const answer = await this.call(method, path, { headers });
    await answer.arrayBuffer();
    return answer.status;
  }

  async json<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
    const answer = await this.call('GET', path, { headers: { accept: 'application/json', ...headers } });
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async applications(path = '/apps'): Promise<Applications> {
    return (await this.json<{ applications: Applications }>(path)).applications;
  }

  async instance(app: string, id: string): Promise<EurekaInstance> {
    return (await this.json<{ instance: EurekaInstance }>(`/apps/${app}/${id}`)).instance;
  }

  async call(
    method: string,
    path: string,
    {
      json,
      body,
      headers = {},
    }: { json?: unknown; body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return await fetch(this.base + path, {
      method,
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...((json !== undefined || body !== undefined) && { body: json === undefined ? body! : JSON.stringify(json) }),
    });
  }
}

/** Asks again until `check` does not throw; the last error when that takes too long. */
export async function eventually<T>(check: () => Promise<T>, withinMs = 20_000): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
