import { ApiKey } from '@headwater/protocol';
import { tokenRefusal } from '../security/delegation-tokens.ts';
import { defineHandler } from './handler.ts';

/*
 * CreateDelegationToken (38), versions 1-3: https://kafka.apache.org/protocol#The_Messages_CreateDelegationToken
 *
 * Refused, as by a Kafka that has no `delegation.token.secret.key`. Version 2 is flexible; 3 tells who asked.
 */
export const createDelegationToken = defineHandler({
  apiKey: ApiKey.CreateDelegationToken,
  minVersion: 1,
  maxVersion: 3,
  handle(_context, body, { apiVersion, connection }) {
    const { name, type } = connection.principal;
    const hasOwner = apiVersion >= 3 && (body.ownerPrincipalName ?? '') !== '';
    return {
      errorCode: tokenRefusal(connection),
      principalType: hasOwner ? (body.ownerPrincipalType ?? '') : type,
      principalName: hasOwner ? (body.ownerPrincipalName ?? '') : name,
      ...(apiVersion >= 3 ? { tokenRequesterPrincipalType: type, tokenRequesterPrincipalName: name } : {}),
      issueTimestampMs: -1,
      expiryTimestampMs: -1,
      maxTimestampMs: -1,
      tokenId: '',
      hmac: Buffer.alloc(0),
      throttleTimeMs: 0,
    };
  },
});
