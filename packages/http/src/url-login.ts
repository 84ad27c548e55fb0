/**
 * An address apart from the user and password in it, which `fetch` refuses and exporters leave out.
 *
 * @example
 * withoutLogin('http://ada:pw@127.0.0.1:8081'); // { url: 'http://127.0.0.1:8081/', headers: { authorization: 'Basic YWRhOnB3' } }
 * @throws TypeError when it is no address
 */
export function withoutLogin(address: string): { url: string; headers: { authorization?: string } } {
  const url = new URL(address);
  const { password, username } = url;
  if (username === '' && password === '') return { url: url.href, headers: {} };
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  url.username = '';
  url.password = '';
  return { url: url.href, headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } };
}
