import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import pg from 'pg';
import type { Tweet } from '../../common/tweet.ts';
import { differences, eventually, idDifferences, indexedIds, readCounts, readTweets, recount } from '../truth.ts';

/** Nothing here is measured: it only must come true. */
const patienceMs = 300_000;

export interface System {
  gateway: string;
  kafka: string;
  registry: string;
  search: string;
  identity: string;
  zipkin: string;
  postgres?: string;
  redis?: string;
  names: { topic: string; countsTopic: string; index: string };
  tweets: readonly Tweet[];
  /** The example has the service that writes rows. */
  hasAnalytics: boolean;
}

/** What must hold of the example, wherever its parts are. Gives one line for each thing seen. */
export async function* checkSystem(system: System): AsyncGenerator<string> {
  const { names, tweets } = system;
  const backends = { kafkaUrl: system.kafka, registryUrl: system.registry };
  const ids = tweets.map(({ id }) => id);

  await eventually('the tweets on the log', patienceMs, async () => {
    const written = await readTweets(backends, names.topic);
    return written.length >= ids.length
      ? (assert.deepEqual(
          idDifferences(
            written.map(({ id }) => id),
            ids,
          ),
          [],
        ) ?? true)
      : undefined;
  });
  yield `${ids.length} tweets on the log, each once`;

  await eventually('the documents', patienceMs, async () => {
    const found = await indexedIds(system.search, names.index);
    return found.length >= ids.length ? (assert.deepEqual(idDifferences(found, ids), []) ?? true) : undefined;
  });
  yield `${ids.length} documents, each once`;

  const expected = recount(tweets);
  await eventually('the counts', patienceMs, async () => {
    assert.deepEqual(differences(await readCounts(backends, names.countsTopic), expected), []);
    return true;
  });
  yield `${expected.size} words counted as by a recount`;

  const subjects = (await (await fetch(`${system.registry}/subjects`)).json()) as string[];
  for (const topic of [names.topic, names.countsTopic])
    assert.ok(subjects.includes(`${topic}-value`), `${topic}-value`);
  yield 'the schemas of both topics are registered';

  if (system.hasAnalytics && system.postgres !== undefined) {
    const url = new URL(system.postgres);
    url.pathname = '/analytics';
    await eventually('the rows', patienceMs, async () => {
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      try {
        const { rows } = await client.query<{ word: string; count: string }>(
          'select word, max(word_count)::text as count from analytics.twitter_analytics group by word',
        );
        assert.deepEqual(differences(new Map(rows.map(({ word, count }) => [word, Number(count)])), expected), []);
        return true;
      } finally {
        await client.end();
      }
    });
    yield 'the newest rows are the counts';
  }

  const token = await tokenOf(system.identity);
  const traceId = randomBytes(16).toString('hex');
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(system.gateway + path, { headers: { authorization: `Bearer ${token}`, ...headers } });
  // A service that is slow to come is answered for by its fallback, with 200.
  await eventually('a document through the gateway', patienceMs, async () => {
    const answer = await ask(`/query/documents/${ids[0]}`, { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` });
    const body = await answer.text();
    assert.ok(answer.status === 200 && body.includes(`"id":"${ids[0]}"`), `${answer.status} ${body}`);
    return true;
  });
  const refused = await fetch(`${system.gateway}/query/documents`, {
    headers: { authorization: 'Bearer not.a.token' },
  });
  assert.equal(refused.status, 401);
  yield 'a document by a token of this identity; a wrong token is refused';

  await eventually('the trace', patienceMs, async () => {
    const answer = await fetch(`${system.zipkin}/api/v2/trace/${traceId}`);
    if (!answer.ok) return undefined;
    const spans = (await answer.json()) as { localEndpoint?: { serviceName?: string } }[];
    return spans.some(({ localEndpoint }) => localEndpoint?.serviceName === 'query-service') ? true : undefined;
  });
  yield 'its trace is found, from the gateway to query-service';

  // A limiter whose Redis does not answer in time lets calls pass, as Spring's does.
  await eventually('a 429', patienceMs, async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask('/query/documents?limit=1')));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    const statuses = answers.map(({ status }) => status);
    assert.ok(statuses.includes(429), `no 429 among ${[...new Set(statuses)].join(', ')}`);
    return true;
  });
  if (system.redis !== undefined) assert.ok((await redisSize(system.redis)) > 0, 'nothing is in Redis');
  yield `sixty at once: some are 429${system.redis === undefined ? '' : ', and Redis has the state'}`;
}

async function tokenOf(issuer: string): Promise<string> {
  const discovery = await fetch(`${issuer}/.well-known/openid-configuration`);
  const { token_endpoint: endpoint } = (await discovery.json()) as { token_endpoint: string };
  const answer = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'headwater-web',
      username: 'ada',
      password: 'ada-password',
      scope: 'openid',
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  assert.ok(token, `no token: ${answer.status}`);
  return token;
}

/** How many keys Redis holds. */
async function redisSize(address: string): Promise<number> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.write('DBSIZE\r\n');
  try {
    for await (const chunk of socket) return Number(String(chunk).replace(/[^\d]/g, ''));
    return 0;
  } finally {
    socket.destroy();
  }
}
