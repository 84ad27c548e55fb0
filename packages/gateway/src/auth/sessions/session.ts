import type { Caller } from '../../stages/call.ts';

/** Who has logged in with a browser, and the tokens for it: these never leave the gateway but to upstreams. */
export interface Session {
  caller: Caller;
  accessToken: string;
  refreshToken: string | undefined;
  /** The provider is told by it who logs out. */
  idToken: string | undefined;
  accessEndsAtMs: number;
  createdAtMs: number;
  seenAtMs: number;
  /** The provider's session, which it may end by its back channel. */
  providerSessionId: string | undefined;
}

/** A login under way: what the answer of the provider is checked against. Good for one use. */
export interface PendingLogin {
  state: string;
  nonce: string;
  codeVerifier: string;
  redirectUri: string;
  returnTo: string;
}
