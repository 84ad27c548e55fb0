import { BrokerError } from '../broker-error.ts';
import type { BrokerConfig, ConfigInput } from './broker-config.ts';
import { ListenerConfig } from './listener-config.ts';
import {
  type Listener,
  parseAddress,
  parseListeners,
  type SecurityProtocol,
  usesSasl,
  usesTls,
  withAdvertised,
} from './listeners.ts';

export interface ListenerOptions {
  /** Default: the protocol. Settings of this listener alone begin with `listener.name.<name in lower case>.` */
  name?: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port, see `Broker.listeners`. */
  port?: number;
  /** Default: as the options `tls` and `users` or `oauth` have it. */
  protocol?: SecurityProtocol;
  /** `host:port` that clients are told. Default: what each client dialled. */
  advertised?: string;
}

/** A certificate of your own; `tls: true` makes one for development. */
export interface BrokerTlsOptions {
  /** PEM: the broker's certificate, and what leads to its authority. */
  certificate: string;
  /** PEM. */
  key: string;
  /** Password of the key. */
  passphrase?: string;
  /** PEM: the authority of client certificates. */
  clientCa?: string;
  /** Whether clients show a certificate, whose subject is then their principal. Default: `required` with `clientCa`, else `none`. */
  clientAuth?: 'none' | 'requested' | 'required';
}

/** Whose tokens are taken. */
export interface BrokerOauthOptions {
  /** Such as https://keycloak.example/realms/shop: the `iss` of its tokens. */
  issuer: string;
  /** A token must be for one of these. Default: for anybody. */
  audience?: string | readonly string[];
  /** Where the issuer's keys are. Default: where its discovery document says. */
  jwksUrl?: string;
  /** The claim with the name of the principal. Default `sub`. */
  nameClaim?: string;
}

export interface NetworkOptions {
  host?: string;
  port?: number;
  listeners?: readonly ListenerOptions[];
  tls?: boolean | BrokerTlsOptions;
  insecure?: boolean;
}

/** The settings that the option `tls` stands for. */
export function tlsConfig({ tls }: NetworkOptions): ConfigInput {
  if (tls === undefined || typeof tls === 'boolean') return {};
  const { certificate, clientAuth, clientCa, key, passphrase } = tls;
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': certificate,
    'ssl.keystore.key': key,
    ...(passphrase === undefined ? {} : { 'ssl.key.password': passphrase }),
    ...(clientCa === undefined ? {} : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': clientCa }),
    'ssl.client.auth': clientAuth ?? (clientCa === undefined ? 'none' : 'required'),
  };
}

/** The settings that the option `oauth` stands for. */
export function oauthConfig({ oauth, users }: { oauth?: BrokerOauthOptions; users?: unknown }): ConfigInput {
  if (oauth === undefined) return {};
  const { audience = [], issuer, jwksUrl, nameClaim } = oauth;
  return {
    'sasl.enabled.mechanisms': users === undefined ? 'OAUTHBEARER' : 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'sasl.oauthbearer.expected.issuer': issuer,
    'sasl.oauthbearer.expected.audience': typeof audience === 'string' ? audience : audience.join(','),
    ...(jwksUrl === undefined ? {} : { 'sasl.oauthbearer.jwks.endpoint.url': jwksUrl }),
    ...(nameClaim === undefined ? {} : { 'sasl.oauthbearer.sub.claim.name': nameClaim }),
  };
}

/**
 * Where the broker listens: the option `listeners`, or the setting of that name, or `host` and `port`.
 *
 * @throws BrokerError HW_BROKER_CONFIG, HW_BROKER_INSECURE_LISTENER
 */
export function brokerListeners(options: NetworkOptions, config: BrokerConfig, isSaslWanted: boolean): Listener[] {
  const usual: SecurityProtocol = options.tls
    ? isSaslWanted
      ? 'SASL_SSL'
      : 'SSL'
    : isSaslWanted
      ? 'SASL_PLAINTEXT'
      : 'PLAINTEXT';
  const configured = config.text('listeners');
  const given = [
    options.listeners === undefined ? null : 'the option listeners',
    configured === '' ? null : 'the setting listeners',
    options.host === undefined && options.port === undefined ? null : 'the options host and port',
  ].filter((what) => what !== null);
  if (given.length > 1) throw invalid(`Where to listen is said twice, by ${given.join(' and ')}. Leave one out.`);
  const unadvertised =
    configured === ''
      ? (options.listeners ?? [{ host: options.host, port: options.port }]).map((listener) => named(listener, usual))
      : parseListeners(configured, config.text('listener.security.protocol.map'));
  if (unadvertised.length === 0) throw invalid('A broker needs at least one listener.');
  const listeners = withAdvertised(unadvertised, config.text('advertised.listeners')).map((listener, index) => {
    const advertised = options.listeners?.[index]?.advertised;
    return advertised === undefined ? listener : { ...listener, advertised: parseAddress(advertised) };
  });
  checkDifferent(listeners);
  if (isSaslWanted && !listeners.some(({ protocol }) => usesSasl(protocol))) {
    throw invalid('There are users, but no listener asks for them: give one the protocol SASL_SSL or SASL_PLAINTEXT.');
  }
  for (const listener of listeners) checkReach(listener, config, options.insecure ?? false);
  return listeners;
}

type LooseListener = { [K in keyof ListenerOptions]: ListenerOptions[K] | undefined };

function named({ name, host, port, protocol }: LooseListener, usual: SecurityProtocol): Omit<Listener, 'advertised'> {
  const spoken = protocol ?? usual;
  return { name: (name ?? spoken).toUpperCase(), host: host ?? '127.0.0.1', port: port ?? 0, protocol: spoken };
}

function checkDifferent(listeners: readonly Listener[]): void {
  const names = listeners.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`Two listeners have the name ${twice}. Give each a name of its own.`);
}

function checkReach({ host, name, protocol }: Listener, config: BrokerConfig, isInsecure: boolean): void {
  if (isInsecure || isLoopback(host)) return;
  const isMutual = new ListenerConfig(config, name).text('ssl.client.auth') === 'required';
  if (usesTls(protocol) && (usesSasl(protocol) || isMutual)) return;
  const missing = usesTls(protocol)
    ? 'it has no authentication: add users (SASL_SSL), or set ssl.client.auth to required'
    : usesSasl(protocol)
      ? 'passwords and records would cross the network in the clear: add tls (SASL_SSL)'
      : 'it has neither TLS nor authentication: add tls and users (SASL_SSL)';
  const message = `The listener ${name} on ${host} would be open to everybody who reaches it; ${missing}. Or listen on 127.0.0.1, or pass insecure: true when that is meant.`;
  throw new BrokerError('HW_BROKER_INSECURE_LISTENER', message);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function invalid(message: string): BrokerError {
  return new BrokerError('HW_BROKER_CONFIG', message);
}
