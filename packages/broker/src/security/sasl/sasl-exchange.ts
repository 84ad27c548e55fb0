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
}

/** The exchange failed. The message is for the log; the client gets `told`, or only that it failed: it must not learn whom we know. */
export class SaslFailure extends Error {
  override readonly name = 'SaslFailure';
  readonly told: string | null;

  constructor(message: string, { isTold = false, cause }: { isTold?: boolean; cause?: unknown } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.told = isTold ? message : null;
  }
}
