import { ClientError } from '../client-error.ts';

export interface PasswordSaslOptions {
  /** In any letters. PLAIN shows the password to the broker: only over `ssl`. */
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  username: string;
  password: string;
}

export interface TokenSaslOptions {
  mechanism: 'oauthbearer' | 'OAUTHBEARER';
  /** Gives an access token that is valid now; asked for each connection. */
  oauthBearerProvider: () => Promise<{ value: string }> | { value: string };
  /** SASL extensions (KIP-342). */
  extensions?: Readonly<Record<string, string>>;
}

/** How to log in, with the names that kafkajs has made usual. */
export type SaslOptions = PasswordSaslOptions | TokenSaslOptions;

const passwordMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** @throws ClientError HW_CLIENT_BAD_OPTION */
export function checkSaslOptions(options: SaslOptions): void {
  const mechanism = String(options.mechanism).toUpperCase();
  const isPassword = passwordMechanisms.includes(mechanism);
  if (!isPassword && mechanism !== 'OAUTHBEARER') {
    const known = [...passwordMechanisms, 'OAUTHBEARER'].join(', ');
    throw new ClientError(
      'HW_CLIENT_BAD_OPTION',
      `sasl.mechanism is '${options.mechanism}'; it must be one of ${known}`,
    );
  }
  const { oauthBearerProvider, password, username } = options as Partial<PasswordSaslOptions & TokenSaslOptions>;
  if (isPassword && (!username || !password)) {
    throw new ClientError('HW_CLIENT_BAD_OPTION', `sasl: ${mechanism} needs a username and a password`);
  }
  if (!isPassword && typeof oauthBearerProvider !== 'function') {
    throw new ClientError('HW_CLIENT_BAD_OPTION', 'sasl: OAUTHBEARER needs an oauthBearerProvider that gives a token');
  }
}
