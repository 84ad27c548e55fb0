import { ErrorCode } from '@headwater/protocol';
import type { Connection } from '../network/connection.ts';
import { anonymous } from './principal.ts';

/**
 * Why a client gets no delegation token: as Kafka without `delegation.token.secret.key`, which first looks whether the client is
 * authenticated at all.
 */
export function tokenRefusal({ listener, principal }: Connection): number {
  const isKnown = listener.protocol.startsWith('SASL') || (listener.protocol === 'SSL' && principal !== anonymous);
  return isKnown ? ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED : ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
}
