import type { Client } from '../realm/realm.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * A client of the realm as oidc-provider knows clients. Its redirect URIs are patterns, so they are compared by the realm's rule, and what
 * stands here is never used. Disabled clients are not there.
 */
export function clientMetadata(client: Client): Record<string, unknown> | undefined {
  if (client.enabled === false || client.bearerOnly) return undefined;
  const grantTypes: string[] = [];
  if (client.standardFlowEnabled) grantTypes.push('authorization_code');
  if (client.serviceAccountsEnabled && !client.publicClient) grantTypes.push('client_credentials');
  if (client.directAccessGrantsEnabled) grantTypes.push('password');
  if (isDeviceFlowEnabled(client)) grantTypes.push(deviceGrant);
  if (client.standardFlowEnabled || client.directAccessGrantsEnabled || isDeviceFlowEnabled(client)) {
    if (client.attributes?.['use.refresh.tokens'] !== 'false') grantTypes.push('refresh_token');
  }
  return {
    client_id: client.clientId,
    ...(client.name ? { client_name: client.name } : {}),
    ...(client.publicClient
      ? { token_endpoint_auth_method: 'none' }
      : { token_endpoint_auth_method: 'client_secret_basic', client_secret: client.secret }),
    grant_types: grantTypes,
    response_types: client.standardFlowEnabled ? ['code'] : [],
    redirect_uris: client.standardFlowEnabled ? ['https://patterns-are-compared-by-the-realm.invalid/'] : [],
    id_token_signed_response_alg: 'RS256',
  };
}

export function isDeviceFlowEnabled(client: Client): boolean {
  return client.attributes?.['oauth2.device.authorization.grant.enabled'] === 'true';
}

/** Public clients always have to prove with S256 that they asked for the code; others where they say so. */
export function isPkceRequired(client: Client): boolean {
  return client.publicClient === true || client.attributes?.['pkce.code.challenge.method'] === 'S256';
}

/** Where a client may be sent after logout: `+` stands for its redirect URIs, `##` stands between several. */
export function postLogoutPatterns(client: Client): string[] {
  const given = client.attributes?.['post.logout.redirect.uris'];
  if (given === '-') return [];
  const patterns = given === undefined || given === '' ? ['+'] : given.split('##');
  return patterns.flatMap((pattern) => (pattern === '+' ? (client.redirectUris ?? []) : [pattern]));
}
