import { ApiKey, ErrorCode } from '@headwater/protocol';
import { defineHandler } from './handler.ts';

/*
 * SaslAuthenticate (36), versions 0-2: https://kafka.apache.org/protocol#The_Messages_SaslAuthenticate
 *
 * As for SaslHandshake, only what is out of place comes here. Version 1 tells the session's lifetime (KIP-368), 2 is flexible.
 */
export const saslAuthenticate = defineHandler({
  apiKey: ApiKey.SaslAuthenticate,
  minVersion: 0,
  maxVersion: 2,
  handle: () => ({
    errorCode: ErrorCode.ILLEGAL_SASL_STATE,
    errorMessage: 'SaslAuthenticate request received after successful authentication',
    authBytes: Buffer.alloc(0),
  }),
});
