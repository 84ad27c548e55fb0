import { DiscoveryError } from '../discovery-error.ts';
import {
  type DataCenter,
  defaultDurationSeconds,
  defaultRenewalIntervalSeconds,
  type Instance,
  isStatus,
  metadataEntriesMax,
  type PortInfo,
  type Status,
  urlFields,
} from '../registry/instance.ts';

type Fields = Record<string, unknown>;

const nameCharsMax = 1_024;
/** Java's clients could not read a registry with another name in it. */
const dataCenterNames = ['MyOwn', 'Netflix', 'Amazon'];
const intMax = 2_147_483_647;

/**
 * Reads what a client registers: Jackson's JSON of Netflix's and Spring's clients, what others make of it (texts for numbers, `port` without its
 * wrapper, no `@class`), and XML that was read into the same fields. Unknown fields are left out.
 *
 * @param app the name in the path
 * @throws DiscoveryError 400 with Eureka's own words when something is missing
 */
export function readInstance(value: unknown, app: string, nowMs: number): Instance {
  const fields = asFields(value);
  if (fields === undefined) throw unreadable('the body has no "instance"');
  // An empty id, and none, are the same: the host name then stands for it.
  const instanceId = optionalText(fields['instanceId']) || undefined;
  const hostName = optionalText(fields['hostName']);
  const ipAddr = optionalText(fields['ipAddr']);
  const appName = optionalText(fields['app'])?.toUpperCase();
  // The order is that of Eureka's own checks.
  if (instanceId === undefined && !hostName) throw missing('Missing instanceId');
  if (!hostName) throw missing('Missing hostname');
  if (!ipAddr) throw missing('Missing ip address');
  if (!appName) throw missing('Missing appName');
  if (appName !== app) throw missing(`Mismatched appName, expecting ${app} but was ${appName}`);
  const dataCenter = readDataCenter(fields['dataCenterInfo']);
  for (const [field, text] of [
    ['instanceId', instanceId],
    ['hostName', hostName],
    ['app', appName],
  ] as const) {
    if (text !== undefined) checkName(field, text);
  }
  const lease = asFields(fields['leaseInfo']) ?? {};
  const instance: Instance = {
    hostName,
    app: appName,
    ipAddr,
    status: readStatus(fields['status'], 'UP'),
    overriddenStatus: readStatus(fields['overriddenstatus'] ?? fields['overriddenStatus'], 'UNKNOWN'),
    port: readPort(fields['port'], { port: 7001, isEnabled: true }),
    securePort: readPort(fields['securePort'], { port: 7002, isEnabled: false }),
    countryId: readInt(fields['countryId']) ?? 1,
    dataCenter,
    renewalIntervalInSecs: seconds(lease['renewalIntervalInSecs'], defaultRenewalIntervalSeconds),
    durationInSecs: seconds(lease['durationInSecs'], defaultDurationSeconds),
    metadata: readTexts(fields['metadata']),
    isCoordinatingDiscoveryServer: isTrue(fields['isCoordinatingDiscoveryServer']),
    lastDirtyTimestamp: readNumber(fields['lastDirtyTimestamp']) ?? nowMs,
  };
  if (instanceId !== undefined) instance.instanceId = instanceId;
  for (const field of [...urlFields, 'asgName'] as const) {
    const text = optionalText(fields[field]);
    if (text !== undefined) instance[field] = text;
  }
  if (instance.appGroupName !== undefined) instance.appGroupName = instance.appGroupName.toUpperCase();
  const sid = optionalText(fields['sid']);
  if (sid !== undefined && sid !== 'na' && sid !== 'unknown') instance.sid = sid;
  return instance;
}

/** What Eureka says to a body that it cannot read; the message says what is wrong with it. */
export function unreadable(message: string, cause?: unknown): DiscoveryError {
  return new DiscoveryError(400, 'HW_DISCOVERY_BODY', message, { cause });
}

function missing(text: string): DiscoveryError {
  return new DiscoveryError(400, 'HW_DISCOVERY_INVALID_INSTANCE', text, { text });
}

/** The name goes into paths, documents and logs. */
function checkName(field: string, text: string): void {
  if (text.length > nameCharsMax) throw missing(`${field} is longer than ${nameCharsMax} characters`);
  if (/[\u0000-\u001f\u007f]/.test(text)) throw missing(`${field} has control characters`);
}

function readDataCenter(value: unknown): DataCenter {
  const fields = asFields(value);
  if (fields === undefined) throw missing('Missing dataCenterInfo');
  const name = optionalText(fields['name']);
  if (!name) throw missing('Missing dataCenterInfo Name');
  const known = dataCenterNames.find((one) => one.toLowerCase() === name.toLowerCase());
  if (known === undefined) {
    throw unreadable(`dataCenterInfo.name must be one of ${dataCenterNames.join(', ')}, not "${name.slice(0, 40)}"`);
  }
  return known === 'Amazon' ? { name: known, metadata: readTexts(fields['metadata']) } : { name: known };
}

function readStatus(value: unknown, otherwise: Status): Status {
  const text = optionalText(value)?.trim().toUpperCase();
  if (text === undefined || text === '') return otherwise;
  return isStatus(text) ? text : 'UNKNOWN';
}

/** `{"$":8080,"@enabled":"true"}`, or the number alone. */
function readPort(value: unknown, otherwise: PortInfo): PortInfo {
  const fields = asFields(value);
  if (fields === undefined) {
    const port = readInt(value);
    return port === undefined ? otherwise : { port, isEnabled: otherwise.isEnabled };
  }
  const isEnabled = fields['@enabled'] ?? fields['enabled'];
  return {
    port: readInt(fields['$'] ?? fields['port']) ?? otherwise.port,
    isEnabled: isEnabled === undefined || isEnabled === null ? otherwise.isEnabled : isTrue(isEnabled),
  };
}

/** A map of texts; what has structure is kept as its JSON. */
function readTexts(value: unknown): Map<string, string> {
  const texts = new Map<string, string>();
  const fields = asFields(value) ?? {};
  for (const [key, entry] of Object.entries(fields)) {
    // What Java writes so that an empty map has a type.
    if (key === '@class' || (key === 'class' && entry === 'java.util.Collections$EmptyMap')) continue;
    if (entry === null || entry === undefined) continue;
    if (texts.size === metadataEntriesMax) throw missing(`metadata has more than ${metadataEntriesMax} entries`);
    texts.set(key, typeof entry === 'object' ? JSON.stringify(entry) : String(entry));
  }
  return texts;
}

/** An object, or the only element of a list, as some clients write what stands once. */
function asFields(value: unknown): Fields | undefined {
  const one = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  return typeof one === 'object' && one !== null && !Array.isArray(one) ? (one as Fields) : undefined;
}

function optionalText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function readNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** What Java's `int` can hold. */
function readInt(value: unknown): number | undefined {
  const number = readNumber(value);
  return number === undefined || Math.abs(number) > intMax ? undefined : number;
}

/** Nothing, zero and less stand for the default, as in LeaseInfo's builder. */
function seconds(value: unknown, otherwise: number): number {
  const number = readNumber(value);
  return number === undefined || number <= 0 ? otherwise : Math.min(number, intMax);
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
