import { BrokerError } from '../broker-error.ts';

export interface Endpoint {
  host: string;
  port: number;
}

export const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
export type SecurityProtocol = (typeof securityProtocols)[number];

/** One address that the broker listens on. */
export interface Listener extends Endpoint {
  /** In capitals, as Kafka writes them. */
  readonly name: string;
  readonly protocol: SecurityProtocol;
  /** Where its clients are told to connect; null is the address that each dialled. */
  readonly advertised: Endpoint | null;
}

export function usesTls(protocol: SecurityProtocol): boolean {
  return protocol === 'SSL' || protocol === 'SASL_SSL';
}

export function usesSasl(protocol: SecurityProtocol): boolean {
  return protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL';
}

interface NamedEndpoint extends Endpoint {
  name: string;
}

/**
 * `listeners` with their protocols.
 *
 * @throws BrokerError HW_BROKER_CONFIG
 */
export function parseListeners(listeners: string, protocolMap: string): Omit<Listener, 'advertised'>[] {
  const protocols = parseProtocolMap(protocolMap);
  const parsed = splitEndpoints('listeners', listeners).map(({ name, host, port }) => {
    const protocol = protocols.get(name);
    if (protocol === undefined) {
      throw invalid(
        `No protocol is known for listener ${name}. Add ${name}:SSL or the like to listener.security.protocol.map.`,
      );
    }
    // As in Kafka, no host means all addresses.
    return { name, host: host === '' ? '0.0.0.0' : host, port, protocol };
  });
  const names = parsed.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`listeners has ${twice} twice: each listener must have a different name.`);
  return parsed;
}

/**
 * `advertised.listeners` put to their listeners.
 *
 * @throws BrokerError HW_BROKER_CONFIG
 */
export function withAdvertised(listeners: readonly Omit<Listener, 'advertised'>[], advertised: string): Listener[] {
  const endpoints = new Map<string, Endpoint>();
  for (const { name, host, port } of splitEndpoints('advertised.listeners', advertised)) {
    if (!listeners.some((listener) => listener.name === name)) {
      const known = listeners.map((listener) => listener.name).join(', ');
      throw invalid(`advertised.listeners has ${name}, which is no listener; there are: ${known}.`);
    }
    if (endpoints.has(name)) throw invalid(`advertised.listeners has ${name} twice.`);
    if (host === '' || host === '0.0.0.0' || host === '::' || port === 0) {
      throw invalid(
        `advertised.listeners has ${name}://${host}:${port}, which nobody can dial. Name a host and a port.`,
      );
    }
    endpoints.set(name, { host, port });
  }
  return listeners.map((listener) => ({ ...listener, advertised: endpoints.get(listener.name) ?? null }));
}

/** `host:port` or `[v6]:port`, as options have it. @throws BrokerError HW_BROKER_CONFIG */
export function parseAddress(text: string): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:/,[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65_535) throw invalid(`"${text}" is not host:port.`);
  return { host: match[1] ?? match[2]!, port: Number(match[3]) };
}

function parseProtocolMap(text: string): Map<string, SecurityProtocol> {
  const protocols = new Map<string, SecurityProtocol>();
  for (const item of split(text)) {
    const [name = '', protocol = ''] = item.split(':').map((part) => part.trim().toUpperCase());
    if (name === '' || !securityProtocols.includes(protocol as SecurityProtocol)) {
      const allowed = securityProtocols.join(', ');
      throw invalid(`listener.security.protocol.map has "${item}"; it must be NAME:PROTOCOL with one of ${allowed}.`);
    }
    protocols.set(name, protocol as SecurityProtocol);
  }
  return protocols;
}

function splitEndpoints(setting: string, text: string): NamedEndpoint[] {
  return split(text).map((item) => {
    const match = /^([\w.-]+):\/\/(?:\[([^\]]+)\]|([^:/,[\]]*)):(\d{1,5})$/.exec(item);
    const port = Number(match?.[4]);
    if (match === null || port > 65_535) {
      throw invalid(`${setting} has "${item}"; a listener looks like PLAINTEXT://kafka.example:9092.`);
    }
    return { name: match[1]!.toUpperCase(), host: match[2] ?? match[3]!, port };
  });
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function invalid(message: string): BrokerError {
  return new BrokerError('HW_BROKER_CONFIG', message);
}
