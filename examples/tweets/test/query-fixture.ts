import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Identity, startIdentity } from '@headwater/identity';
import { type Backends, startBackends } from './backends.ts';

/** What the query service stands on, an issuer, and who is asked for the counts of words. */
export interface QueryFixture {
  backends: Backends;
  identity: Identity;
  streams: WordCounter;
  analytics: WordCounter;
  env: Record<string, string>;
  close(): Promise<void>;
}

export async function startQueryFixture(run: string): Promise<QueryFixture> {
  const [backends, identity, streams, analytics] = await Promise.all([
    startBackends(),
    startIdentity({ port: 0 }),
    WordCounter.start((word) => ({ word, wordCount: 7 })),
    WordCounter.start((word) => ({ id: '0f0e7f0e-0000-5000-8000-000000000000', word, wordCount: 5 })),
  ]);
  return {
    backends,
    identity,
    streams,
    analytics,
    env: {
      HEADWATER_KAFKA_URL: backends.kafkaUrl,
      HEADWATER_REGISTRY_URL: backends.registryUrl,
      HEADWATER_SEARCH_URL: backends.searchUrl,
      HEADWATER_IDENTITY_URL: identity.issuer,
      HEADWATER_TWEETS_TOPIC: `tweets-${run}`,
      HEADWATER_TWEETS_INDEX: `tweets-${run}`,
      HEADWATER_TWEETS_PERMISSIONS_TOPIC: `permissions-${run}`,
      HEADWATER_TWEETS_QUERY_SERVICE_PORT: '0',
      HEADWATER_TWEETS_QUERY_SERVICE_AUDIENCE: 'headwater',
      HEADWATER_TWEETS_STREAMS_URL: streams.url,
      HEADWATER_TWEETS_ANALYTICS_URL: analytics.url,
      // On a busy machine too nobody else is asked.
      TWEETS_QUERY_WORD_COUNT_TIMEOUT: '20s',
    },
    async close() {
      await Promise.all([streams.close(), analytics.close(), identity.close()]);
      await backends.close();
    },
  };
}

/** Stands for streams or analytics: one of them that answers what it is told, after as long as it is told, and keeps what it was asked. */
export class WordCounter {
  readonly url: string;
  readonly asked: IncomingHttpHeaders[] = [];
  status = 200;
  isSilent = false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(answer: (word: string) => unknown): Promise<WordCounter> {
    let counter: WordCounter;
    const server = createServer((req, res) => {
      counter.asked.push(req.headers);
      if (counter.isSilent) return;
      const word = decodeURIComponent(/^\/get-word-count-by-word\/(.+)$/.exec(req.url!)![1]!);
      res.writeHead(counter.status, { 'content-type': 'application/vnd.api.v1+json' });
      res.end(JSON.stringify(counter.status === 200 ? answer(word) : { error: { message: 'it is told to fail' } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (counter = new WordCounter(server));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An access token of the identity part, by a user's password. */
export async function tokenOf({ issuer }: Identity, user: string, clientId = 'headwater-web'): Promise<string> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: clientId,
      username: user,
      password: `${user}-password`,
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(JSON.stringify(body));
  return body.access_token;
}

/** A further public client of the realm. */
export async function addClient({ issuer }: Identity, client: object): Promise<void> {
  const response = await fetch(`${issuer.replace('/realms/', '/admin/realms/')}/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ publicClient: true, directAccessGrantsEnabled: true, enabled: true, ...client }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Puts tweets into the index, visible at once. */
export async function indexTweets(
  { backends, env }: QueryFixture,
  tweets: readonly { id: string; text: string; createdAt?: number }[],
): Promise<void> {
  const lines = tweets.map(
    ({ createdAt = 1_700_000_000_000, id, text }) =>
      `{"index":{"_id":"${id}"}}\n{"id":"${id}","userId":9007199254740993,"text":${JSON.stringify(text)},"createdAt":${createdAt},"indexedAt":${createdAt}}\n`,
  );
  const response = await fetch(`${backends.searchUrl}/${env['HEADWATER_TWEETS_INDEX']}/_bulk?refresh=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join(''),
  });
  const body = (await response.json()) as { errors: boolean };
  if (!response.ok || body.errors) throw new Error(JSON.stringify(body));
}

/** Creates the index as kafka-to-elastic does. */
export async function createIndex({ backends, env }: QueryFixture): Promise<void> {
  const properties = {
    id: { type: 'keyword' },
    userId: { type: 'long' },
    text: { type: 'text' },
    createdAt: { type: 'date' },
    indexedAt: { type: 'date' },
  };
  const response = await fetch(`${backends.searchUrl}/${env['HEADWATER_TWEETS_INDEX']}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mappings: { properties } }),
  });
  if (!response.ok) throw new Error(await response.text());
}
