import { startSearch } from '../../index.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of every shape
  json: any;
}

/** Calls the store the way any HTTP client would. */
export class RestClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** A text body is sent as it is, anything else as JSON. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: (isRaw ? body : JSON.stringify(body)) as string }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : null };
  }

  get = (path: string): Promise<Answer> => this.call('GET', path);
  put = (path: string, body?: unknown): Promise<Answer> => this.call('PUT', path, body);
  post = (path: string, body?: unknown): Promise<Answer> => this.call('POST', path, body);
  delete = (path: string): Promise<Answer> => this.call('DELETE', path);

  /** Items are lines: objects are written as JSON, texts as they are. */
  bulk(items: readonly unknown[], params = ''): Promise<Answer> {
    const lines = items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
    return this.call('POST', `/_bulk${params}`, `${lines.join('\n')}\n`, { 'content-type': 'application/x-ndjson' });
  }
}

/** Runs against a store of its own, in memory unless options say otherwise. */
export async function withStore(
  run: (client: RestClient) => Promise<void>,
  options: Parameters<typeof startSearch>[0] = {},
): Promise<void> {
  const store = await startSearch(options);
  try {
    await run(new RestClient(store.url));
  } finally {
    await store.close();
  }
}
