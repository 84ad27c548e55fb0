import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { BrokerError } from '../broker-error.ts';
import type { ListenerConfig } from '../config/listener-config.ts';
import { anonymous, type Principal } from '../security/principal.ts';
import { subjectName } from '../security/tls/distinguished-name.ts';
import { type PrincipalMapping, parsePrincipalMapping } from '../security/tls/principal-mapping.ts';
import { clientAuth, readTlsMaterial, tlsFilesVersion } from '../security/tls/tls-settings.ts';

/** What a handshake came to: a socket to speak Kafka on, or why there is none. */
export type TlsOutcome = TLSSocket | BrokerError;

/** The TLS side of a listener: its key and certificates, handshakes, and whom a client's certificate names. */
export class TlsAcceptor {
  readonly #config: ListenerConfig;
  readonly #isSasl: boolean;
  /** Does handshakes only: it listens nowhere, sockets are handed to it. */
  readonly #server: Server;
  readonly #handshakes = new Map<string, (outcome: TlsOutcome) => void>();
  readonly #mapping: PrincipalMapping;
  readonly #isCertificateRequired: boolean;
  #filesVersion: string;

  /** @throws BrokerError HW_BROKER_CONFIG */
  constructor(config: ListenerConfig, isSasl: boolean) {
    this.#config = config;
    this.#isSasl = isSasl;
    this.#mapping = parsePrincipalMapping(config.text('ssl.principal.mapping.rules'));
    this.#filesVersion = tlsFilesVersion(config);
    const wanted = clientAuth(config, isSasl);
    this.#isCertificateRequired = wanted === 'required';
    // `requested` lets a client without a certificate in; one that shows a bad certificate is refused by principalOf.
    const auth = { requestCert: wanted !== 'none', rejectUnauthorized: wanted === 'required' };
    this.#server = createServer({ ...readTlsMaterial(config, isSasl), ...auth });
    this.#server.on('secureConnection', (socket) => this.#finish(socket, socket));
    this.#server.on('tlsClientError', (error, socket) => this.#finish(socket, handshakeError(error)));
  }

  /** Starts a handshake on an accepted socket; `done` is called once. Ending the socket ends the handshake. */
  accept(raw: Socket, done: (outcome: TlsOutcome) => void): void {
    const key = peerKey(raw);
    this.#handshakes.set(key, done);
    raw.once('close', () => {
      if (this.#handshakes.get(key) !== done) return;
      this.#handshakes.delete(key);
      // Node says nothing when it refuses a certificate, it only closes.
      const why = this.#isCertificateRequired
        ? 'The TLS handshake ended early: the client hung up, or its certificate is not from an authority in ssl.truststore.'
        : 'The client hung up during the TLS handshake.';
      done(new BrokerError('HW_BROKER_AUTHENTICATION', why));
    });
    this.#server.emit('connection', raw);
  }

  /**
   * Whom the client's certificate names; nobody when it showed none.
   *
   * @throws BrokerError HW_BROKER_AUTHENTICATION
   */
  principalOf(socket: TLSSocket): Principal {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return anonymous;
    if (!socket.authorized) {
      const message = `The client's certificate is refused: ${socket.authorizationError}.`;
      throw new BrokerError('HW_BROKER_AUTHENTICATION', message);
    }
    return { type: 'User', name: this.#mapping(subjectName(certificate.raw)) };
  }

  /**
   * Reads key and certificates again when their files have changed: new connections get the new ones. Files that cannot be used leave
   * the old ones in force, until they change again. Gives whether something was read.
   *
   * @throws BrokerError HW_BROKER_CONFIG
   */
  reload(): boolean {
    const version = tlsFilesVersion(this.#config);
    if (version === this.#filesVersion) return false;
    this.#filesVersion = version;
    this.#server.setSecureContext(readTlsMaterial(this.#config, this.#isSasl));
    return true;
  }

  #finish(socket: TLSSocket, outcome: TlsOutcome): void {
    const key = peerKey(socket);
    const done = this.#handshakes.get(key);
    this.#handshakes.delete(key);
    done?.(outcome);
  }
}

/** Tells connections apart: Node gives the accepted socket and the one on top of it no other tie. */
function peerKey({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

function handshakeError(error: Error): BrokerError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const hint = hints[code] ?? `${plainWords(code)}.`;
  return new BrokerError('HW_BROKER_AUTHENTICATION', `The TLS handshake failed: ${hint}`, { cause: error });
}

const plaintext =
  'the client does not speak TLS. This listener wants security.protocol=SSL or SASL_SSL, as listener.security.protocol.map says.';

const hints: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: plaintext,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plaintext,
  ERR_SSL_HTTP_REQUEST: 'it looks like HTTP. This port speaks the Kafka protocol over TLS.',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'the client shows no certificate, and ssl.client.auth is required.',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    "the client does not trust this broker's certificate: give it the authority (ssl.ca.location).",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    "the client does not accept this broker's certificate: its authority or its host names.",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE:
    "the client does not accept this broker's certificate: its authority or its host names.",
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client speaks no version of TLS that ssl.enabled.protocols has.',
  ERR_SSL_NO_SHARED_CIPHER: 'client and broker have no cipher in common.',
  ECONNRESET: 'the client hung up.',
};

/** `ERR_SSL_NO_SHARED_CIPHER` as words; OpenSSL's own text has addresses and line numbers in it. */
function plainWords(code: string): string {
  return code === ''
    ? 'it was not TLS'
    : code
        .replace(/^ERR_(SSL_)?/, '')
        .replaceAll('_', ' ')
        .toLowerCase();
}
