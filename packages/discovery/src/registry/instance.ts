/** The states of an instance, as `InstanceInfo.InstanceStatus` of Netflix's client has them. */
export const statuses = ['UP', 'DOWN', 'STARTING', 'OUT_OF_SERVICE', 'UNKNOWN'] as const;
export type Status = (typeof statuses)[number];

export type ActionType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface PortInfo {
  port: number;
  isEnabled: boolean;
}

export interface DataCenter {
  /** `MyOwn`, `Netflix` or `Amazon`. */
  name: string;
  /** Of Amazon: what the machine's metadata service told. */
  metadata?: ReadonlyMap<string, string>;
}

/** What an instance says of itself when it registers. Names are those of the wire; what it left out is undefined. */
export interface Instance {
  /** Undefined where the client sent none: its host name then stands for it. */
  instanceId?: string;
  hostName: string;
  /** In capitals. */
  app: string;
  ipAddr: string;
  sid?: string;
  status: Status;
  overriddenStatus: Status;
  port: PortInfo;
  securePort: PortInfo;
  countryId: number;
  dataCenter: DataCenter;
  renewalIntervalInSecs: number;
  durationInSecs: number;
  metadata: ReadonlyMap<string, string>;
  appGroupName?: string;
  homePageUrl?: string;
  statusPageUrl?: string;
  healthCheckUrl?: string;
  secureHealthCheckUrl?: string;
  vipAddress?: string;
  secureVipAddress?: string;
  isCoordinatingDiscoveryServer: boolean;
  /** Epoch ms; the client's own clock. */
  lastDirtyTimestamp: number;
  asgName?: string;
}

/** The optional texts of an instance, in the order in which Netflix's server writes them. */
export const urlFields = [
  'appGroupName',
  'homePageUrl',
  'statusPageUrl',
  'healthCheckUrl',
  'secureHealthCheckUrl',
  'vipAddress',
  'secureVipAddress',
] as const;

export const defaultRenewalIntervalSeconds = 30;
export const defaultDurationSeconds = 90;
export const metadataEntriesMax = 1_000;

/** `InstanceInfo.getId()`: the instance id, or Amazon's, or the host name. */
export function idOf(instance: Instance): string {
  return instance.instanceId ?? instance.dataCenter.metadata?.get('instance-id') ?? instance.hostName;
}

/** About how many characters an instance takes: what bounds are set in. */
export function sizeOf(instance: Instance): number {
  let chars = 500;
  for (const texts of [instance.metadata, instance.dataCenter.metadata]) {
    for (const [key, value] of texts ?? []) chars += key.length + value.length;
  }
  for (const field of urlFields) chars += instance[field]?.length ?? 0;
  return chars;
}

export function isStatus(text: string): text is Status {
  return (statuses as readonly string[]).includes(text);
}
