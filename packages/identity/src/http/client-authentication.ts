import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { IdentityParts } from '../identity-parts.ts';
import type { Client } from '../realm/realm.ts';

/** The client that calls, by Basic or by form (RFC 6749, 2.3.1); undefined where it is not who it says. */
export function authenticatedClient(
  parts: IdentityParts,
  req: IncomingMessage,
  form: ReadonlyMap<string, string>,
): Client | undefined {
  let clientId = form.get('client_id');
  let secret = form.get('client_secret');
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const basic = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization);
    if (!basic || secret !== undefined) return undefined;
    const text = Buffer.from(basic[1]!, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon === -1) return undefined;
    const id = decoded(text.slice(0, colon));
    if (id === undefined || (clientId !== undefined && clientId !== id)) return undefined;
    clientId = id;
    secret = decoded(text.slice(colon + 1));
  }
  const client = clientId === undefined ? undefined : parts.realm.client(clientId);
  if (!client || client.enabled === false) return undefined;
  if (client.publicClient) return secret ? undefined : client;
  return secret !== undefined && isSame(secret, client.secret ?? '') ? client : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return undefined;
  }
}

/** By digests, so that neither the length nor the first wrong letter shows in the time it takes. */
export function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return b !== '' && timingSafeEqual(digest(a), digest(b));
}
