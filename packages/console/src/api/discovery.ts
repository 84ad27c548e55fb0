/** What the discovery part says of its registry (`/api/discovery/…`): its README has the shapes. */
export interface ServiceInstance {
  service: string;
  instanceId: string;
  status: string;
  /** What the instance itself said last. */
  reportedStatus: string;
  override: { status: string; sinceMs: number; by: string | null } | null;
  hostName: string;
  ipAddr: string;
  port: { port: number; isEnabled: boolean };
  securePort: { port: number; isEnabled: boolean };
  homePageUrl?: string;
  healthCheckUrl?: string;
  vipAddress?: string;
  metadata: Record<string, string>;
  registeredMs: number;
  upSinceMs: number;
  lastHeartbeatMs: number;
  lease: {
    durationSeconds: number;
    renewalIntervalSeconds: number;
    leftMs: number;
    isExpired: boolean;
    heldBy: string;
  };
  why: { listed: string; status: string };
}

export interface RegistryView {
  services: { name: string; instances: ServiceInstance[] }[];
  selfPreservation: { isProtecting: boolean; explanation: string };
  server: {
    name: string;
    instances: number;
    heartbeatsLastMinute: number;
    sharing: { isConnected: boolean; explanation: string; servers: { url: string }[] };
  };
}

export interface DiscoveryEvent {
  id: number;
  timestampMs: number;
  event: string;
  status: string | null;
  reason: string;
  address: string | null;
}

const base = '/api/discovery';

export const registryPath = `${base}/instances`;
/** Rings when something changes, without saying what. */
export const registryBellPath = `${base}/watch?snapshot=none`;

export function whyPath(service: string, instanceId: string): string {
  return `${registryPath}/${encodeURIComponent(service)}/${encodeURIComponent(instanceId)}/why`;
}

/** Eureka's own operations on an instance. */
export function instancePath(service: string, instanceId: string): string {
  return `${base}/eureka/apps/${encodeURIComponent(service)}/${encodeURIComponent(instanceId)}`;
}
