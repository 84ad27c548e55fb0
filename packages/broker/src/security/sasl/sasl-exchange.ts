/** Who came out of an exchange. */
export interface SaslIdentity {
  readonly name: string;
  /** When what it showed ceases to be valid, milliseconds since 1970; null for never. */
  readonly expiresAtMs: number | null;
}

export interface SaslStep {
  /** What the client is sent. */
  readonly challenge: Buffer;
  /** Null as long as the client has more to say. */
  readonly identity: SaslIdentity | null;
}

/** One client's way through a mechanism, from its first bytes to who it is. */
export interface SaslExchange {
  /** Takes what the client sent. @throws SaslFailure when it is not who it says, or makes no sense */
  step(bytes: Buffer): SaslStep | Promise<SaslStep>;
}

/** A mechanism as a listener offers it. */
export interface SaslMechanism {
  readonly name: string;
  begin(): SaslExchange;
  /** Ends what goes on in the background. */
  close?(): void;
}

export interface SaslFailureOptions {
  /** What the client is told; null: only that it failed, since it must not learn whom we know. */
  told?: string | null;
  cause?: unknown;
}

/** The exchange failed; the message is for the log. */
export class SaslFailure extends Error {
  override readonly name = 'SaslFailure';
  readonly told: string | null;

  constructor(message: string, { told = null, cause }: SaslFailureOptions = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.told = told;
  }
}

/** A failure whose message the client may know: Kafka's own words, which its clients pass on. */
export function toldFailure(message: string): SaslFailure {
  return new SaslFailure(message, { told: message });
}
