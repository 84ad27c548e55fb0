import { type Instance, type PortInfo, urlFields } from '../registry/instance.ts';
import type { Lease } from '../registry/lease.ts';

const amazonClass = 'com.netflix.appinfo.AmazonInfo';
const defaultClass = 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo';

export function dataCenterClass(name: string): string {
  return name === 'Amazon' ? amazonClass : defaultClass;
}

/** An instance as JSON in two pieces: between them stands `lastRenewalTimestamp`, the only value that a heartbeat changes. */
export type InstancePieces = readonly [before: string, after: string];

/**
 * Writes an instance as Netflix's server does: the same fields in the same order, nothing for what is absent, and texts, numbers and Java's
 * class names where its clients look for them.
 */
export function instancePieces(lease: Lease): InstancePieces {
  const { instance } = lease;
  let before = '{';
  if (instance.instanceId !== undefined) before += `"instanceId":${quote(instance.instanceId)},`;
  before += `"hostName":${quote(instance.hostName)},"app":${quote(instance.app)},"ipAddr":${quote(instance.ipAddr)},`;
  if (instance.sid !== undefined) before += `"sid":${quote(instance.sid)},`;
  before +=
    `"status":"${lease.status}","overriddenStatus":"${lease.override?.status ?? 'UNKNOWN'}",` +
    `"port":${port(instance.port)},"securePort":${port(instance.securePort)},"countryId":${instance.countryId},` +
    `"dataCenterInfo":${dataCenter(instance)},` +
    `"leaseInfo":{"renewalIntervalInSecs":${instance.renewalIntervalInSecs},"durationInSecs":${instance.durationInSecs},` +
    `"registrationTimestamp":${lease.registrationTimestamp},"lastRenewalTimestamp":`;
  let after =
    `,"evictionTimestamp":${lease.evictionTimestamp},"serviceUpTimestamp":${lease.serviceUpTimestamp}},` +
    `"metadata":${instance.metadata.size === 0 ? '{"@class":"java.util.Collections$EmptyMap"}' : texts(instance.metadata)}`;
  for (const field of urlFields) {
    if (instance[field] !== undefined) after += `,"${field}":${quote(instance[field])}`;
  }
  after +=
    `,"isCoordinatingDiscoveryServer":"${instance.isCoordinatingDiscoveryServer}",` +
    `"lastUpdatedTimestamp":"${lease.lastUpdatedTimestamp}","lastDirtyTimestamp":"${instance.lastDirtyTimestamp}","actionType":"${lease.actionType}"`;
  if (instance.asgName !== undefined) after += `,"asgName":${quote(instance.asgName)}`;
  return [before, `${after}}`];
}

export function instanceJson(lease: Lease): string {
  const [before, after] = instancePieces(lease);
  return before + lease.lastRenewalTimestamp + after;
}

/** What `X-Eureka-Accept: compact` asks for. */
export function compactJson({ instance, ...lease }: Lease): string {
  let text = '{';
  if (instance.instanceId !== undefined) text += `"instanceId":${quote(instance.instanceId)},`;
  text += `"app":${quote(instance.app)},"ipAddr":${quote(instance.ipAddr)},`;
  for (const field of ['vipAddress', 'secureVipAddress'] as const) {
    if (instance[field] !== undefined) text += `"${field}":${quote(instance[field])},`;
  }
  text +=
    `"dataCenterInfo":${dataCenter(instance)},"hostName":${quote(instance.hostName)},"status":"${lease.status}",` +
    `"lastUpdatedTimestamp":${lease.lastUpdatedTimestamp},"actionType":"${lease.actionType}",`;
  if (instance.asgName !== undefined) text += `"asgName":${quote(instance.asgName)},`;
  return `${text}"port":${port(instance.port)},"securePort":${port(instance.securePort)}}`;
}

/** `{"applications":…}` around applications that are written already. */
export function applicationsJson(version: number, hashCode: string, applications: string): string {
  return `{"applications":{"versions__delta":"${version}","apps__hashcode":"${hashCode}","application":[${applications}]}}`;
}

export function applicationJson(name: string, instances: string): string {
  return `{"name":${quote(name)},"instance":[${instances}]}`;
}

function dataCenter({ dataCenter }: Instance): string {
  const { name, metadata } = dataCenter;
  const more = metadata === undefined ? '' : `,"metadata":${texts(metadata)}`;
  return `{"@class":"${dataCenterClass(name)}","name":${quote(name)}${more}}`;
}

function port({ port, isEnabled }: PortInfo): string {
  return `{"$":${port},"@enabled":"${isEnabled}"}`;
}

function texts(map: ReadonlyMap<string, string>): string {
  return `{${[...map].map(([key, value]) => `${quote(key)}:${quote(value)}`).join(',')}}`;
}

const quote = (text: string): string => JSON.stringify(text);
