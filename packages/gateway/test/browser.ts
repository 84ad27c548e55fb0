import { request } from 'node:http';

/** As much of a browser as a login needs: cookies by host, redirects as navigations, forms. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #paths = new Map<string, string>();
  /** Where the last page came from. */
  url = '';
  /** Targets of the redirects of the last navigation. */
  readonly hops: string[] = [];

  cookiesOf(url: string): Map<string, string> {
    const { hostname } = new URL(url);
    let cookies = this.#cookies.get(hostname);
    if (cookies === undefined) {
      cookies = new Map();
      this.#cookies.set(hostname, cookies);
    }
    return cookies;
  }

  /** One request, as a script of the page would send it. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const cookies = this.cookiesOf(url);
    const headers = new Headers(init.headers);
    const { pathname } = new URL(url);
    const sent = [...cookies].filter(([name]) => pathname.startsWith(this.#paths.get(name) ?? '/'));
    if (sent.length > 0) headers.set('cookie', sent.map(([name, value]) => `${name}=${value}`).join('; '));
    const answer = await send(url, init.method ?? 'GET', headers, init.body as string | URLSearchParams | undefined);
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const equals = pair.indexOf('=');
      const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
      const isOver = attributes.some(
        (attribute) => /^max-age=0$/i.test(attribute) || /^expires=.*(?:1970|1900)/i.test(attribute),
      );
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      this.#paths.set(name, path);
      if (isOver || value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  }

  /** Opens a page as a person does, redirects followed. */
  async open(url: string, init: RequestInit = {}): Promise<{ status: number; text: string; headers: Headers }> {
    this.hops.length = 0;
    let target = url;
    let sent = init;
    for (let hop = 0; hop < 20; hop++) {
      const headers = {
        accept: 'text/html',
        'sec-fetch-mode': 'navigate',
        ...(sent.headers as Record<string, string>),
      };
      const answer = await this.fetch(target, { ...sent, headers });
      const location = answer.headers.get('location');
      this.url = target;
      if (answer.status < 300 || answer.status > 399 || location === null)
        return { status: answer.status, text: await answer.text(), headers: answer.headers };
      await answer.arrayBuffer();
      target = new URL(location, target).href;
      this.hops.push(target);
      sent = {};
    }
    throw new Error(`too many redirects: ${this.hops.join(' → ')}`);
  }

  /** Fills in the first form of a page with a password field and sends it. */
  async logIn(
    page: string,
    username: string,
    password: string,
  ): Promise<{ status: number; text: string; headers: Headers }> {
    const form = /<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/.exec(page);
    if (form === null) throw new Error(`no form at ${this.url}: ${page.slice(0, 500)}`);
    const body = new URLSearchParams();
    for (const [input] of form[2]!.matchAll(/<(?:input|button)[^>]*>/g)) {
      const attribute = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(input)?.[1];
      const name = attribute('name');
      if (name !== undefined) body.set(name, attribute('value') ?? '');
    }
    body.set('username', username);
    body.set('password', password);
    const { origin } = new URL(this.url);
    const action = new URL(form[1]!.replaceAll('&amp;', '&'), this.url).href;
    return await this.open(action, { method: 'POST', body, headers: { origin } });
  }
}

/** Node's own fetch says of itself that it is no navigation. */
function send(
  url: string,
  method: string,
  headers: Headers,
  body: string | URLSearchParams | undefined,
): Promise<Response> {
  const text = body?.toString();
  if (body instanceof URLSearchParams) headers.set('content-type', 'application/x-www-form-urlencoded');
  if (text !== undefined || method === 'POST') headers.set('content-length', String(Buffer.byteLength(text ?? '')));
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: Object.fromEntries(headers), agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const status = answer.statusCode!;
        const answered = new Headers();
        for (let i = 0; i < answer.rawHeaders.length; i += 2)
          answered.append(answer.rawHeaders[i]!, answer.rawHeaders[i + 1]!);
        resolve(
          new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers: answered }),
        );
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
