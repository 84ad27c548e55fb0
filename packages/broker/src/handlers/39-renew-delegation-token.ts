import { ApiKey } from '@headwater/protocol';
import { tokenRefusal } from '../security/delegation-tokens.ts';
import { defineHandler } from './handler.ts';

/*
 * RenewDelegationToken (39), versions 1-2: https://kafka.apache.org/protocol#The_Messages_RenewDelegationToken
 *
 * Refused, as by a Kafka that has no `delegation.token.secret.key`. Version 2 is flexible.
 */
export const renewDelegationToken = defineHandler({
  apiKey: ApiKey.RenewDelegationToken,
  minVersion: 1,
  maxVersion: 2,
  handle(_context, _body, { connection }) {
    return { errorCode: tokenRefusal(connection), expiryTimestampMs: -1, throttleTimeMs: 0 };
  },
});
