import { type Instance, type PortInfo, urlFields } from '../registry/instance.ts';
import type { Lease } from '../registry/lease.ts';
import { dataCenterClass } from './write-json.ts';

/** Writes an instance as XStream writes it for Netflix's server, indented by `indent` and two spaces a level. */
export function instanceXml(lease: Lease, indent = ''): string {
  const { instance } = lease;
  const inner = `${indent}  `;
  const tag = (name: string, value: string | number | boolean): string => `${inner}${element(name, String(value))}\n`;
  let xml = `${indent}<instance>\n`;
  if (instance.instanceId !== undefined) xml += tag('instanceId', instance.instanceId);
  xml += tag('hostName', instance.hostName) + tag('app', instance.app) + tag('ipAddr', instance.ipAddr);
  if (instance.sid !== undefined) xml += tag('sid', instance.sid);
  xml += tag('status', lease.status) + tag('overriddenstatus', lease.override?.status ?? 'UNKNOWN');
  xml += port('port', instance.port, inner) + port('securePort', instance.securePort, inner);
  xml += tag('countryId', instance.countryId) + dataCenter(instance, inner);
  xml += `${inner}<leaseInfo>\n`;
  for (const [name, value] of [
    ['renewalIntervalInSecs', instance.renewalIntervalInSecs],
    ['durationInSecs', instance.durationInSecs],
    ['registrationTimestamp', lease.registrationTimestamp],
    ['lastRenewalTimestamp', lease.lastRenewalTimestamp],
    ['evictionTimestamp', lease.evictionTimestamp],
    ['serviceUpTimestamp', lease.serviceUpTimestamp],
  ] as const) {
    xml += `  ${tag(name, value)}`;
  }
  xml += `${inner}</leaseInfo>\n${texts(instance.metadata, inner)}`;
  for (const field of urlFields) {
    if (instance[field] !== undefined) xml += tag(field, instance[field]);
  }
  xml += tag('isCoordinatingDiscoveryServer', instance.isCoordinatingDiscoveryServer);
  xml +=
    tag('lastUpdatedTimestamp', lease.lastUpdatedTimestamp) + tag('lastDirtyTimestamp', instance.lastDirtyTimestamp);
  xml += tag('actionType', lease.actionType);
  if (instance.asgName !== undefined) xml += tag('asgName', instance.asgName);
  return `${xml}${indent}</instance>\n`;
}

/** What `X-Eureka-Accept: compact` asks for. */
export function compactXml({ instance, ...lease }: Lease, indent = ''): string {
  const inner = `${indent}  `;
  const tag = (name: string, value: string | number): string => `${inner}${element(name, String(value))}\n`;
  let xml = `${indent}<instance>\n`;
  if (instance.instanceId !== undefined) xml += tag('instanceId', instance.instanceId);
  xml += tag('app', instance.app) + tag('ipAddr', instance.ipAddr);
  for (const field of ['vipAddress', 'secureVipAddress'] as const) {
    if (instance[field] !== undefined) xml += tag(field, instance[field]);
  }
  xml += dataCenter(instance, inner) + tag('hostName', instance.hostName) + tag('status', lease.status);
  xml += tag('lastUpdatedTimestamp', lease.lastUpdatedTimestamp) + tag('actionType', lease.actionType);
  if (instance.asgName !== undefined) xml += tag('asgName', instance.asgName);
  return `${xml}${port('port', instance.port, inner)}${port('securePort', instance.securePort, inner)}${indent}</instance>\n`;
}

export function applicationXml(name: string, instances: string, indent = ''): string {
  return `${indent}<application>\n${indent}  ${element('name', name)}\n${instances}${indent}</application>\n`;
}

export function applicationsXml(version: number, hashCode: string, applications: string): string {
  return `<applications>\n  ${element('versions__delta', String(version), true)}\n  ${element('apps__hashcode', hashCode, true)}\n${applications}</applications>`;
}

/** One element of text. `isPlain`: the name is one of XML already. */
export function element(name: string, text: string, isPlain = false): string {
  const plain = isPlain ? name : xmlName(name);
  return `<${plain}>${escapeXml(text)}</${plain}>`;
}

/** XStream's way of making any text a name: `_` doubled, `$` as `_-`, other characters that names cannot have by their code. */
export function xmlName(name: string): string {
  const safe = name.replace(/[_$]|[^\w.\-\u00b7\u00c0-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd]|^[\d.-]/g, (char) =>
    char === '_' ? '__' : char === '$' ? '_-' : `_.${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return safe === '' ? '_.0000' : safe;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xd;',
};

/** What XML cannot say at all becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"'\r]/g, (char) => entities[char]!)
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    );
}

function port(name: string, { port, isEnabled }: PortInfo, indent: string): string {
  return `${indent}<${name} enabled="${isEnabled}">${port}</${name}>\n`;
}

function dataCenter({ dataCenter }: Instance, indent: string): string {
  const { name, metadata } = dataCenter;
  const more = metadata === undefined ? '' : texts(metadata, `${indent}  `);
  return `${indent}<dataCenterInfo class="${dataCenterClass(name)}">\n${indent}  ${element('name', name)}\n${more}${indent}</dataCenterInfo>\n`;
}

function texts(map: ReadonlyMap<string, string>, indent: string): string {
  if (map.size === 0) return `${indent}<metadata class="java.util.Collections$EmptyMap"/>\n`;
  const entries = [...map].map(([key, value]) => `${indent}  ${element(key, value)}\n`).join('');
  return `${indent}<metadata>\n${entries}${indent}</metadata>\n`;
}
