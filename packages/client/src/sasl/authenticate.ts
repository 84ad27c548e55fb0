import { ApiKey, ErrorCode, errorInfo } from '@headwater/protocol';
import { ClientError } from '../client-error.ts';
import type { Connection } from '../connection.ts';
import type { PasswordSaslOptions, SaslOptions, TokenSaslOptions } from './sasl-options.ts';
import { ScramClient } from './scram-client.ts';

/**
 * Logs in on a new connection: SaslHandshake 1, then SaslAuthenticate in the version given (KIP-152). Resolves with how long the
 * session lasts in milliseconds, 0 for without end (KIP-368); rejects with HW_CLIENT_AUTHENTICATION_FAILED.
 */
export async function authenticate(connection: Connection, options: SaslOptions, version: number): Promise<number> {
  const mechanism = options.mechanism.toUpperCase();
  const { errorCode, mechanisms } = await connection.request(ApiKey.SaslHandshake, 1, { mechanism });
  if (errorCode !== 0) {
    const offered = mechanisms.length === 0 ? 'none' : mechanisms.join(', ');
    throw failed(connection, `${mechanism} is not offered, but ${offered}`, errorCode);
  }
  const send = async (authBytes: Buffer) => {
    const answer = await connection.request(ApiKey.SaslAuthenticate, version, { authBytes });
    if (answer.errorCode !== 0) throw failed(connection, answer.errorMessage ?? '', answer.errorCode);
    return answer;
  };
  try {
    if (mechanism === 'OAUTHBEARER') return await withToken(send, options as TokenSaslOptions);
    const { password, username } = options as PasswordSaslOptions;
    if (mechanism === 'PLAIN') return (await send(Buffer.from(`\0${username}\0${password}`))).sessionLifetimeMs;
    const scram = new ScramClient(mechanism, username, password);
    const first = await send(scram.first());
    const last = await send(await scram.final(first.authBytes));
    scram.verify(last.authBytes);
    return last.sessionLifetimeMs;
  } catch (error) {
    throw error instanceof ClientError ? error : failed(connection, (error as Error).message, undefined, error);
  }
}

type Send = (authBytes: Buffer) => Promise<{ authBytes: Buffer; sessionLifetimeMs: number }>;

/** RFC 7628, 3.1: a refusal comes as a challenge, and the client's empty answer to it brings the error. */
async function withToken(send: Send, { extensions = {}, oauthBearerProvider }: TokenSaslOptions): Promise<number> {
  const { value } = await oauthBearerProvider();
  const pairs = [`auth=Bearer ${value}`, ...Object.entries(extensions).map(([name, text]) => `${name}=${text}`)];
  const { authBytes, sessionLifetimeMs } = await send(Buffer.from(`n,,\x01${pairs.join('\x01')}\x01\x01`));
  if (authBytes.length > 0) await send(Buffer.from([1]));
  return sessionLifetimeMs;
}

function failed({ address }: Connection, why: string, kafkaCode?: number, cause?: unknown): ClientError {
  const name = kafkaCode === undefined ? '' : ` (${errorInfo(kafkaCode).name})`;
  const text = why === '' && kafkaCode === ErrorCode.ILLEGAL_SASL_STATE ? 'the listener wants no login' : why;
  return new ClientError('HW_CLIENT_AUTHENTICATION_FAILED', `${address} refused the login: ${text}${name}`, {
    cause,
    ...(kafkaCode === undefined ? {} : { kafkaCode }),
    retriable: false,
  });
}
