import { SqlClientError } from './sql-client-error.ts';

/** A user, or a token. */
export type SqlClientAuth = { readonly user: string; readonly password: string } | { readonly token: string };

/** Where the server is, and what says who calls. */
export interface ServerAddress {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws SqlClientError HW_SQL_CLIENT_CONNECTION for what is no http(s) URL */
export function serverAddress(text: string, auth: SqlClientAuth | undefined): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new SqlClientError('HW_SQL_CLIENT_CONNECTION', `"${text}" is no URL: give one such as http://127.0.0.1:8088`);
  }
  const inUrl = url.username === '' ? undefined : { user: url.username, password: url.password };
  const who = auth ?? (inUrl && { user: decodeURIComponent(inUrl.user), password: decodeURIComponent(inUrl.password) });
  url.username = '';
  url.password = '';
  return { url, headers: who === undefined ? {} : { authorization: authorization(who) } };
}

function authorization(auth: SqlClientAuth): string {
  if ('token' in auth) return `Bearer ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
}

/** The address of an endpoint; a path in the server's URL stays before it. */
export function endpoint({ url }: ServerAddress, path: string): URL {
  return new URL(url.pathname.replace(/\/+$/, '') + path, url);
}
