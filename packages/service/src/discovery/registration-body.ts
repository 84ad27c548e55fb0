/** An instance as it is to be told to discovery. */
export interface InstanceRegistration {
  /** The service's name. */
  service: string;
  /** Default `host:service:port`, as Spring has it. */
  instanceId?: string;
  /** The name or address that others reach it by. Default 127.0.0.1. */
  host?: string;
  port: number;
  /** The port speaks TLS. Default false. */
  isSecure?: boolean;
  /** Default: UP. */
  status?: 'UP' | 'DOWN' | 'STARTING' | 'OUT_OF_SERVICE';
  metadata?: Readonly<Record<string, string>>;
  /** Paths, or whole addresses. Defaults `/`, `/actuator/info`, `/actuator/health`. */
  homePath?: string;
  statusPath?: string;
  healthPath?: string;
  /** How often the lease is renewed. Default 5 s. */
  renewalSeconds?: number;
  /** How long the lease lasts without renewal. Default three renewals. */
  leaseSeconds?: number;
}

export function defaultInstanceId({ service, host = '127.0.0.1', port }: InstanceRegistration): string {
  return `${host}:${service}:${port}`;
}

/** The JSON of a registration, field by field as Spring's client sends it. */
export function registrationBody(registration: InstanceRegistration, status: string, dirtyMs: number): string {
  const { service, host = '127.0.0.1', port, isSecure = false, renewalSeconds = 5 } = registration;
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const base = `${isSecure ? 'https' : 'http'}://${shownHost}:${port}`;
  const address = (path: string): string => (/^https?:/.test(path) ? path : `${base}${path}`);
  const health = address(registration.healthPath ?? '/actuator/health');
  const metadata = registration.metadata ?? {};
  return JSON.stringify({
    instance: {
      instanceId: registration.instanceId ?? defaultInstanceId(registration),
      app: service.toUpperCase(),
      appGroupName: null,
      ipAddr: host,
      sid: 'na',
      homePageUrl: address(registration.homePath ?? '/'),
      statusPageUrl: address(registration.statusPath ?? '/actuator/info'),
      healthCheckUrl: isSecure ? null : health,
      secureHealthCheckUrl: isSecure ? health : null,
      vipAddress: service,
      secureVipAddress: service,
      countryId: 1,
      dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
      hostName: host,
      status,
      overriddenStatus: 'UNKNOWN',
      leaseInfo: {
        renewalIntervalInSecs: renewalSeconds,
        durationInSecs: registration.leaseSeconds ?? renewalSeconds * 3,
        registrationTimestamp: 0,
        lastRenewalTimestamp: 0,
        evictionTimestamp: 0,
        serviceUpTimestamp: 0,
      },
      isCoordinatingDiscoveryServer: false,
      lastUpdatedTimestamp: Date.now(),
      lastDirtyTimestamp: dirtyMs,
      actionType: null,
      asgName: null,
      port: { $: isSecure ? 80 : port, '@enabled': String(!isSecure) },
      securePort: { $: isSecure ? port : 443, '@enabled': String(isSecure) },
      metadata: Object.keys(metadata).length === 0 ? { '@class': 'java.util.Collections$EmptyMap' } : metadata,
    },
  });
}
