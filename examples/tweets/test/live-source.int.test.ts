import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { start as startTwitterToKafka } from '../twitter-to-kafka/main.ts';
import { startBackends } from './backends.ts';
import { eventually, readTweets } from './truth.ts';

test('a live source that is stopped and started again loses nothing and doubles nothing', async (t) => {
  const backends = await startBackends();
  t.after(() => backends.close());
  // Says everything from the cursor on to whoever connects, as Jetstream does, and hangs up now and then.
  const startUs = Date.now() * 1_000 + 60_000_000;
  const events = Array.from({ length: 400 }, (_, number) => ({
    did: `did:plc:user${number % 7}`,
    time_us: startUs + number * 1_000,
    kind: 'commit',
    commit: {
      operation: 'create',
      collection: 'app.bsky.feed.post',
      rkey: `post${number}`,
      record: { text: `number ${number}`, createdAt: new Date().toISOString() },
    },
  }));
  let available = 150;
  let connections = 0;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket, request) => {
    connections += 1;
    const isCut = connections % 2 === 1;
    const cursor = Number(new URL(request.url!, 'ws://x').searchParams.get('cursor'));
    const due = events.slice(0, available).filter((event) => event.time_us >= cursor);
    for (const event of isCut ? due.slice(0, due.length - 20) : due) socket.send(JSON.stringify(event));
    if (isCut) setImmediate(() => socket.terminate());
  });
  const run = randomUUID().slice(0, 8);
  const env = {
    HEADWATER_KAFKA_URL: backends.kafkaUrl,
    HEADWATER_REGISTRY_URL: backends.registryUrl,
    HEADWATER_TWEETS_TOPIC: `tweets-${run}`,
    HEADWATER_TWEETS_SOURCE: 'bluesky',
    HEADWATER_TWEETS_BLUESKY_URLS: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/subscribe`,
  };
  for (const count of [150, 280, 400]) {
    available = count;
    const service = await startTwitterToKafka(env);
    await eventually(`${count} tweets are written`, 30_000, async () =>
      (await readTweets(backends, env.HEADWATER_TWEETS_TOPIC)).length >= count ? true : undefined,
    );
    await service.close();
  }
  const texts = (await readTweets(backends, env.HEADWATER_TWEETS_TOPIC)).map(({ text }) => text);
  assert.deepEqual(texts.sort(), events.map(({ commit }) => commit.record.text).sort());
});
