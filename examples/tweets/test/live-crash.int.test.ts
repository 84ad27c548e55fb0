import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { http, jetstream, type LocalServer } from '../twitter-to-kafka/live/testing/local-servers.ts';
import { Random } from '../twitter-to-kafka/random.ts';
import { type Backends, startBackends } from './backends.ts';
import { type Child, runChild } from './child.ts';
import { eventually, idDifferences, readTweets } from './truth.ts';

/** twitter-to-kafka on servers that speak the protocols of the live sources, killed with SIGKILL while posts stream through. */
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const random = new Random(seed);
const kills = 3;
let backends: Backends;

before(async () => {
  backends = await startBackends();
});
after(() => backends.close());

/** A post is known by its number; its id grows with its time, as those of all three servers do. */
interface Post {
  number: number;
  atMs: number;
  id: string;
  text: string;
}

/** People who post, all the time. */
class World {
  readonly posts: Post[] = [];
  readonly #listeners = new Set<(post: Post) => void>();
  readonly #timer = setInterval(() => this.#post(), 5);

  #post(): void {
    const number = this.posts.length;
    const atMs = Date.now();
    const post = {
      number,
      atMs,
      id: String((BigInt(atMs) << 16n) + BigInt(number % 65_536)),
      text: `number ${number}`,
    };
    this.posts.push(post);
    for (const tell of this.#listeners) tell(post);
  }

  /** Tells of each post that is made from now on, until the connection is gone. */
  follow(connection: { on(event: 'close', gone: () => void): unknown }, tell: (post: Post) => void): void {
    this.#listeners.add(tell);
    connection.on('close', () => this.#listeners.delete(tell));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

interface Protocol {
  serve(world: World): Promise<LocalServer>;
  env(url: string): Record<string, string>;
}

const bluesky: Protocol = {
  serve: (world) =>
    jetstream((socket, url) => {
      const tell = ({ atMs, number, text }: Post): void => {
        const record = { text, createdAt: new Date(atMs).toISOString() };
        const commit = { operation: 'create', collection: 'app.bsky.feed.post', rkey: `post${number}`, record };
        const time_us = atMs * 1_000 + (number % 1_000);
        socket.send(JSON.stringify({ did: `did:plc:user${number % 7}`, time_us, kind: 'commit', commit }));
      };
      const cursor = url.searchParams.get('cursor');
      if (cursor !== null) for (const post of world.posts) if (post.atMs * 1_000 >= Number(cursor)) tell(post);
      world.follow(socket, tell);
    }),
  env: (url) => ({ HEADWATER_TWEETS_SOURCE: 'bluesky', HEADWATER_TWEETS_BLUESKY_URLS: url }),
};

const mastodon: Protocol = {
  serve: (world) =>
    http((_, response, { pathname, searchParams }) => {
      const status = ({ atMs, id, number, text }: Post) => ({
        id,
        created_at: new Date(atMs).toISOString(),
        account: { id: String(1 + (number % 7)) },
        content: `<p>${text}</p>`,
        reblog: null,
      });
      if (pathname === '/api/v1/timelines/public') {
        const minId = BigInt(searchParams.get('min_id')!);
        const next = world.posts.filter(({ id }) => BigInt(id) > minId).slice(0, Number(searchParams.get('limit')));
        response.end(JSON.stringify(next.map(status).reverse()));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(':)\n');
      world.follow(response, (post) => response.write(`event: update\ndata: ${JSON.stringify(status(post))}\n\n`));
    }),
  env: (url) => ({ HEADWATER_TWEETS_SOURCE: 'mastodon', HEADWATER_TWEETS_MASTODON_URL: url }),
};

const x = (backfillMinutes: number): Protocol => ({
  serve: (world) =>
    http((_, response, { pathname, searchParams }) => {
      if (pathname.endsWith('/rules')) return void response.end('{"data":[{"id":"1","value":"\\"number\\""}]}');
      response.writeHead(200, { 'content-type': 'application/json' });
      const tell = ({ atMs, id, number, text }: Post): void => {
        const data = { id, text, author_id: String(1 + (number % 7)), created_at: new Date(atMs).toISOString() };
        response.write(`${JSON.stringify({ data })}\r\n`);
      };
      const backfillFromMs = Date.now() - Number(searchParams.get('backfill_minutes') ?? 0) * 60_000;
      for (const post of world.posts) if (post.atMs > backfillFromMs) tell(post);
      response.flushHeaders();
      world.follow(response as ServerResponse, tell);
    }),
  env: (url) => ({
    HEADWATER_TWEETS_SOURCE: 'x',
    HEADWATER_TWEETS_X_URL: url,
    HEADWATER_TWEETS_X_BEARER_TOKEN: 'x-token',
    HEADWATER_TWEETS_X_BACKFILL_MINUTES: String(backfillMinutes),
    HEADWATER_TWEETS_KEYWORDS: 'number',
  }),
});

/** The numbers of the posts in the topic, in order, after the service was killed again and again; and all that were made. */
async function writtenDespiteKills(protocol: Protocol): Promise<{ written: number[]; made: number }> {
  const world = new World();
  const server = await protocol.serve(world);
  const topic = `tweets-${randomUUID().slice(0, 8)}`;
  const env = {
    HEADWATER_KAFKA_URL: backends.kafkaUrl,
    HEADWATER_REGISTRY_URL: backends.registryUrl,
    HEADWATER_TWEETS_TOPIC: topic,
    ...protocol.env(server.url),
  };
  const numbers = async (): Promise<number[]> =>
    (await readTweets(backends, topic)).map(({ text }) => Number(text.split(' ')[1])).sort((a, b) => a - b);
  let child: Child | undefined;
  try {
    for (let life = 0; life <= kills; life++) {
      const madeBefore = world.posts.length;
      child = await runChild('twitter-to-kafka', env);
      // What it writes is now, not what had waited: it has caught up as far as it can.
      await eventually('it goes on writing', 60_000, async () =>
        (await numbers()).some((number) => number >= madeBefore) ? true : undefined,
      );
      if (life === kills) break;
      await sleep(random.between(0, 400));
      await child.kill('SIGKILL');
    }
    world.stop();
    const made = world.posts.length;
    await eventually('the last post is written', 60_000, async () =>
      (await numbers()).at(-1) === made - 1 ? true : undefined,
    );
    return { written: await numbers(), made };
  } finally {
    world.stop();
    if (child?.process.exitCode === null && child.process.signalCode === null) await child.kill('SIGKILL');
    await server.close();
  }
}

const upTo = (first: number, end: number): string[] => Array.from({ length: end - first }, (_, i) => String(first + i));

for (const [name, protocol] of Object.entries({ bluesky, mastodon, 'x with backfill': x(5) })) {
  test(`${name}: killed again and again it has each post once, from the first on`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const { made, written } = await writtenDespiteKills(protocol);
    t.diagnostic(`${written.length} of ${made} posts`);
    // Nobody had asked for what was posted before its first connection.
    assert.deepEqual(idDifferences(written.map(String), upTo(written[0]!, made)), []);
  });
}

test('x without backfill: nothing twice, and what is missing was posted while it was dead', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const { made, written } = await writtenDespiteKills(x(0));
  assert.equal(new Set(written).size, written.length, 'nothing twice');
  const gaps = written.filter((number, i) => i > 0 && number !== written[i - 1]! + 1).length;
  t.diagnostic(`${written.length} of ${made} posts, ${gaps} gaps`);
  assert.ok(gaps <= kills, `${gaps} gaps after ${kills} kills`);
});
