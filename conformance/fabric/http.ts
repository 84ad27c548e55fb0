/** What a service answered, read whole. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer of a foreign service, looked into by the checks.
  body: any;
}

const timeoutMs = 20_000;

export async function ask(url: string, init: RequestInit & { token?: string; json?: unknown } = {}): Promise<Answer> {
  const { token, json, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (json !== undefined) {
    headers.set('content-type', 'application/json');
    rest.body = JSON.stringify(json);
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), ...rest, headers });
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON.
  }
  return { status: response.status, headers: response.headers, text, body };
}

/** The body of an answer that must be 200. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export async function get(url: string, init: Parameters<typeof ask>[1] = {}): Promise<any> {
  const { status, text, body } = await ask(url, init);
  if (status !== 200) throw new Error(`${url} answered ${status} ${text.slice(0, 300)}`);
  return body ?? text;
}
