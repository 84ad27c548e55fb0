import { ApiKey } from '@headwater/protocol';
import { tokenRefusal } from '../security/delegation-tokens.ts';
import { defineHandler } from './handler.ts';

/*
 * ExpireDelegationToken (40), versions 1-2: https://kafka.apache.org/protocol#The_Messages_ExpireDelegationToken
 *
 * Refused, as by a Kafka that has no `delegation.token.secret.key`. Version 2 is flexible.
 */
export const expireDelegationToken = defineHandler({
  apiKey: ApiKey.ExpireDelegationToken,
  minVersion: 1,
  maxVersion: 2,
  handle(_context, _body, { connection }) {
    return { errorCode: tokenRefusal(connection), expiryTimestampMs: -1, throttleTimeMs: 0 };
  },
});
