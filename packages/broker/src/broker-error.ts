export type BrokerErrorCode =
  /** An option or configuration value that cannot be used; the message names it and what is allowed. */
  | 'HW_BROKER_CONFIG'
  /** The port is taken, or the address is not one of this machine. */
  | 'HW_BROKER_LISTEN'
  /** A listener that is not on loopback needs TLS and authentication, or `insecure: true`. */
  | 'HW_BROKER_INSECURE_LISTENER'
  /** A connection could not show who it is: a TLS handshake or SASL exchange failed. */
  | 'HW_BROKER_AUTHENTICATION'
  /** A connection sent what is no Kafka request. */
  | 'HW_BROKER_FRAME'
  /** An API key or version that is not served and cannot be answered. */
  | 'HW_BROKER_UNSUPPORTED_REQUEST'
  /** A request to control the broker (clock, faults, restart) that makes no sense; the message says what does. */
  | 'HW_BROKER_CONTROL'
  /** A snapshot that cannot be read, or not into this place. */
  | 'HW_BROKER_SNAPSHOT'
  | 'HW_BROKER_CLOSED';

/** The error class of the broker; `code` is stable. Storage has its own (`StorageError`), protocol too (`ProtocolError`). */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
