/** The status of an instance, as Eureka has it. Only those that are UP get requests. */
export type InstanceStatus = 'UP' | 'DOWN' | 'STARTING' | 'OUT_OF_SERVICE' | 'UNKNOWN';

/** An instance of a service, as discovery knows it. */
export interface ServiceInstance {
  /** In lower case, as clients spell it. */
  readonly service: string;
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** `http://host:port`, or `https://` when its secure port is the enabled one. */
  readonly url: string;
  readonly status: InstanceStatus;
  readonly metadata: Readonly<Record<string, string>>;
  /** Other names that it answers to (virtual addresses), in lower case. */
  readonly aliases: readonly string[];
  readonly lastUpdatedMs: number;
}

export interface DeltaEntry {
  action: 'ADDED' | 'MODIFIED' | 'DELETED';
  instance: ServiceInstance;
}

const statuses: readonly string[] = ['UP', 'DOWN', 'STARTING', 'OUT_OF_SERVICE', 'UNKNOWN'] satisfies InstanceStatus[];
const actions: readonly string[] = ['ADDED', 'MODIFIED', 'DELETED'] satisfies DeltaEntry['action'][];

export interface ParsedApplications {
  hashCode: string;
  version: string;
  entries: DeltaEntry[];
  /** Instances that could not be understood; they are left out, and so the hash code will not fit. */
  skipped: number;
}

/**
 * The JSON of `/apps` and `/apps/delta`. Lenient, as its writers differ: a single element may stand without its list, numbers may be text.
 * Throws when it is no such document at all.
 */
export function parseApplications(body: string): ParsedApplications {
  const root = object(object(JSON.parse(body))?.['applications']);
  if (root === undefined) throw new Error('the answer holds no "applications": is this address a Eureka server?');
  const entries: DeltaEntry[] = [];
  let skipped = 0;
  for (const application of listOf(root['application'])) {
    for (const value of listOf(object(application)?.['instance'])) {
      const instance = parseInstance(object(value) ?? {}, object(application)?.['name']);
      if (instance === undefined) skipped += 1;
      else {
        const action = String(object(value)?.['actionType'] ?? 'ADDED');
        entries.push({ action: (actions.includes(action) ? action : 'ADDED') as DeltaEntry['action'], instance });
      }
    }
  }
  return { hashCode: text(root['apps__hashcode']), version: text(root['versions__delta']), entries, skipped };
}

function parseInstance(value: Record<string, unknown>, applicationName: unknown): ServiceInstance | undefined {
  const service = (text(value['app']) || text(applicationName)).toLowerCase();
  const host = text(value['hostName']) || text(value['ipAddr']);
  const plain = port(value['port']);
  const secure = port(value['securePort']);
  const isSecure = secure.isEnabled && secure.number > 0;
  const number = isSecure ? secure.number : plain.number;
  if (service === '' || host === '' || number < 0 || number > 65_535) return undefined;
  const status = text(value['status']);
  const metadata: Record<string, string> = {};
  for (const [key, entry] of Object.entries(object(value['metadata']) ?? {})) {
    if (key !== '@class' && entry !== null && typeof entry !== 'object') metadata[key] = String(entry);
  }
  const aliases = `${text(value['vipAddress'])},${text(value['secureVipAddress'])}`
    .toLowerCase()
    .split(',')
    .map((alias) => alias.trim());
  return {
    service,
    instanceId: text(value['instanceId']) || host,
    host,
    port: number,
    isSecure,
    url: `${isSecure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${number}`,
    status: (statuses.includes(status) ? status : 'UNKNOWN') as InstanceStatus,
    metadata,
    aliases: [...new Set(aliases)].filter((alias) => alias !== '' && alias !== service),
    lastUpdatedMs: Number(value['lastUpdatedTimestamp'] ?? 0) || 0,
  };
}

/** `{"$":8080,"@enabled":"true"}`, or the bare number. */
function port(value: unknown): { number: number; isEnabled: boolean } {
  const object_ = object(value);
  if (object_ === undefined)
    return { number: value === undefined ? -1 : Number(value), isEnabled: value !== undefined };
  return { number: Number(object_['$'] ?? -1), isEnabled: String(object_['@enabled']) === 'true' };
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
