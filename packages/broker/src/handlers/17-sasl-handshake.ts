import { ApiKey, ErrorCode } from '@headwater/protocol';
import { defineHandler } from './handler.ts';

/*
 * SaslHandshake (17), versions 0-1: https://kafka.apache.org/protocol#The_Messages_SaslHandshake
 *
 * What belongs to an exchange never comes here (security/sasl/sasl-gate.ts). What does is out of place: on a listener without SASL, or
 * after the client has authenticated and need not do so again.
 */
export const saslHandshake = defineHandler({
  apiKey: ApiKey.SaslHandshake,
  minVersion: 0,
  maxVersion: 1,
  handle: () => ({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] }),
});
