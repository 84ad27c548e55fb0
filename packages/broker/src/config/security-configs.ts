import type { ConfigDefinition } from '../storage/config-value.ts';

/**
 * Settings of listeners, TLS and limits by Kafka's names. Those of one listener have `listener.name.<listener>.` in front, of one
 * mechanism on it `listener.name.<listener>.<mechanism>.` too, all in lower case; see `listener-config.ts`.
 */
export const securityConfigs = {
  'advertised.listeners': {
    type: 'STRING',
    default: '',
    documentation:
      'Where clients are told to connect, by listener, such as PLAINTEXT://kafka.example:9092. Empty: the address that each client dialled.',
  },
  'connection.failed.authentication.delay.ms': {
    type: 'INT',
    default: '100',
    min: 0,
    documentation: 'How long a client waits for the answer that it did not authenticate.',
  },
  'connections.max.idle.ms': {
    type: 'LONG',
    default: '600000',
    min: 1,
    documentation: 'A connection on which nothing has moved for so long is closed.',
  },
  'connections.max.reauth.ms': {
    type: 'LONG',
    default: '0',
    min: 0,
    documentation:
      'How long a SASL session lasts before the client has to authenticate again (KIP-368); 0: without end.',
  },
  'headwater.authentication.timeout.ms': {
    type: 'LONG',
    default: '30000',
    min: 1,
    documentation:
      'How long a connection may take for its TLS handshake and to authenticate. Kafka waits connections.max.idle.ms.',
  },
  'headwater.max.unauthenticated.connections': {
    type: 'INT',
    default: '1000',
    min: 1,
    documentation:
      'Connections in their TLS handshake or SASL exchange; the oldest is closed for a further one. Kafka has no bound.',
  },
  'headwater.ssl.reload.interval.ms': {
    type: 'LONG',
    default: '10000',
    min: 1,
    documentation:
      'How often the files of certificates and keys are looked at; changed ones are used for new connections.',
  },
  'listener.security.protocol.map': {
    type: 'STRING',
    default: 'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    documentation: 'Which protocol a listener speaks, by its name.',
  },
  listeners: {
    type: 'STRING',
    default: '',
    documentation:
      'Where the broker listens, such as PLAINTEXT://127.0.0.1:9092,SASL_SSL://0.0.0.0:9093. Empty: the options host and port.',
  },
  'max.connection.creation.rate': {
    type: 'INT',
    default: '2147483647',
    min: 1,
    update: 'cluster-wide',
    documentation:
      'New connections in a second; further ones wait. With listener.name.<listener>. in front for one listener.',
  },
  'max.connections': {
    type: 'INT',
    default: '10000',
    min: 1,
    update: 'cluster-wide',
    documentation: 'Connections in all; a further one is closed at once. Kafka has no bound unless it is set.',
  },
  'max.connections.per.ip': {
    type: 'INT',
    default: '2147483647',
    min: 1,
    update: 'cluster-wide',
    documentation: 'Connections of one address.',
  },
  'max.connections.per.ip.overrides': {
    type: 'STRING',
    default: '',
    update: 'cluster-wide',
    documentation: 'Other numbers for some addresses: 10.0.0.7:100,10.0.0.8:5. Host names are not looked up.',
  },
  'sasl.enabled.mechanisms': {
    type: 'LIST',
    default: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    oneOf: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
    documentation: "How clients of SASL listeners may authenticate. Kafka's default is GSSAPI, which is not served.",
  },
  'sasl.jaas.config': {
    type: 'PASSWORD',
    default: '',
    documentation:
      'Users of a mechanism with their passwords, as Kafka writes them; with listener.name.<listener>.<mechanism>. in front.',
  },
  'sasl.oauthbearer.clock.skew.seconds': {
    type: 'INT',
    default: '30',
    min: 0,
    documentation: 'How far the clocks of the broker and of the issuer may be apart.',
  },
  'sasl.oauthbearer.expected.audience': {
    type: 'LIST',
    default: '',
    documentation: 'A token must be for one of these (aud). Empty: for anybody.',
  },
  'sasl.oauthbearer.expected.issuer': {
    type: 'STRING',
    default: '',
    documentation:
      'A token must be of this issuer (iss). Empty: of anybody whose keys are at sasl.oauthbearer.jwks.endpoint.url.',
  },
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': {
    type: 'LONG',
    default: '3600000',
    min: 1,
    documentation: "How old the issuer's keys may be before they are asked for again.",
  },
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': {
    type: 'LONG',
    default: '10000',
    min: 1,
    documentation: "Longest wait between tries to get the issuer's keys.",
  },
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': {
    type: 'LONG',
    default: '100',
    min: 1,
    documentation: "First wait between tries to get the issuer's keys.",
  },
  'sasl.oauthbearer.jwks.endpoint.url': {
    type: 'STRING',
    default: '',
    documentation:
      "Where the issuer's keys are (http, https or file). Empty: where the discovery document of the expected issuer says; Kafka needs it.",
  },
  'sasl.oauthbearer.scope.claim.name': {
    type: 'STRING',
    default: 'scope',
    documentation: 'The claim with the scopes.',
  },
  'sasl.oauthbearer.sub.claim.name': {
    type: 'STRING',
    default: 'sub',
    documentation: 'The claim with the name of the principal.',
  },
  'sasl.server.max.receive.size': {
    type: 'INT',
    default: '524288',
    min: 64,
    documentation: 'Largest message of a client that has not authenticated.',
  },
  'ssl.cipher.suites': {
    type: 'LIST',
    default: '',
    documentation: "Cipher suites by their OpenSSL or IANA names for TLS 1.3. Empty: Node's.",
  },
  'ssl.client.auth': {
    type: 'STRING',
    default: 'none',
    oneOf: ['none', 'requested', 'required'],
    documentation: 'Whether TLS clients show a certificate. Its subject is then their principal.',
  },
  'ssl.enabled.protocols': {
    type: 'LIST',
    default: 'TLSv1.2,TLSv1.3',
    oneOf: ['TLSv1.2', 'TLSv1.3'],
    documentation: 'Versions of TLS.',
  },
  'ssl.key.password': { type: 'PASSWORD', default: '', documentation: 'Password of the private key.' },
  'ssl.keystore.certificate.chain': {
    type: 'PASSWORD',
    default: '',
    documentation: "The broker's certificate and what leads to its authority, PEM.",
  },
  'ssl.keystore.key': { type: 'PASSWORD', default: '', documentation: "The broker's private key, PEM." },
  'ssl.keystore.location': {
    type: 'STRING',
    default: '',
    documentation: 'File with the private key and certificates, in the form that ssl.keystore.type says.',
  },
  'ssl.keystore.password': { type: 'PASSWORD', default: '', documentation: 'Password of a PKCS12 key store.' },
  'ssl.keystore.type': {
    type: 'STRING',
    default: 'PEM',
    oneOf: ['PEM', 'PKCS12'],
    documentation: "Form of the key store. Kafka's default is JKS, which only Java reads.",
  },
  'ssl.principal.mapping.rules': {
    type: 'STRING',
    default: 'DEFAULT',
    documentation: 'How the subject of a certificate becomes the name of the principal (KIP-371).',
  },
  'ssl.truststore.certificates': {
    type: 'PASSWORD',
    default: '',
    documentation: 'Authorities of client certificates, PEM.',
  },
  'ssl.truststore.location': {
    type: 'STRING',
    default: '',
    documentation: 'File with the authorities of client certificates, in the form that ssl.truststore.type says.',
  },
  'ssl.truststore.password': { type: 'PASSWORD', default: '', documentation: 'Password of a PKCS12 trust store.' },
  'ssl.truststore.type': {
    type: 'STRING',
    default: 'PEM',
    oneOf: ['PEM', 'PKCS12'],
    documentation: "Form of the trust store. Kafka's default is JKS, which only Java reads.",
  },
} as const satisfies Record<string, ConfigDefinition>;
