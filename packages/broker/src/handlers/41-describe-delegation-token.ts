import { ApiKey } from '@headwater/protocol';
import { tokenRefusal } from '../security/delegation-tokens.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeDelegationToken (41), versions 1-3: https://kafka.apache.org/protocol#The_Messages_DescribeDelegationToken
 *
 * Refused, as by a Kafka that has no `delegation.token.secret.key`. Version 2 is flexible.
 */
export const describeDelegationToken = defineHandler({
  apiKey: ApiKey.DescribeDelegationToken,
  minVersion: 1,
  maxVersion: 3,
  handle(_context, _body, { connection }) {
    return { errorCode: tokenRefusal(connection), tokens: [], throttleTimeMs: 0 };
  },
});
