import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createClient } from '@headwater/client';
import { createDeserializer, createRegistryClient } from '@headwater/serdes';
import { type HeadwaterProcess, runHeadwater, startHeadwater, waitFor } from './headwater-process.ts';

const data = mkdtempSync(join(tmpdir(), 'headwater-up-'));
const processes: HeadwaterProcess[] = [];
after(async () => {
  for (const process_ of processes) await process_.kill();
  rmSync(data, { recursive: true, force: true });
});

async function start(dir: string, flags: string[] = [], env: Record<string, string> = {}): Promise<HeadwaterProcess> {
  const started = await startHeadwater(['--data', join(data, dir), '--ports', 'auto', ...flags], env);
  processes.push(started);
  return started;
}

interface Page {
  records: { partition: number; offset: number; key: unknown; value: { n: number } }[];
  cursor: string;
  partitions: { partition: number; earliest: number; latest: number }[];
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  const res = await fetch(url, init);
  const text = await res.text();
  assert.ok(res.ok, `${url} answered ${res.status}: ${text}`);
  return JSON.parse(text) as T;
}

interface Tweet {
  id: bigint;
  text: string;
}

/** The first tweets of the log, read as any program may: by a Kafka client, with the schema that the registry has. */
async function firstTweets({ addresses }: HeadwaterProcess, count: number): Promise<Tweet[]> {
  const registry = createRegistryClient({ url: addresses['registry']! });
  const client = createClient({ bootstrap: addresses['kafka']!, clientId: 'test' });
  const deserializer = createDeserializer<Tweet>({ registry });
  const tweets: Tweet[] = [];
  for await (const batch of client.tail({ topics: ['twitter-topic'], from: 'earliest', partitions: [0] })) {
    for (const { value } of batch.records()) tweets.push((await deserializer.decode(value))!);
    if (tweets.length >= count) break;
  }
  await client.close();
  registry.close();
  return tweets.slice(0, count);
}

test('the tweets flow from the source to the page API, and a restart finds them again', async () => {
  const first = await start('flow', ['--example', 'tweets']);
  const { console: page, gateway, kafka } = first.addresses as Record<string, string>;
  console.log(`ready after ${first.readyAfterMs.toFixed(0)} ms`);
  assert.equal(page, gateway);
  const ui = await fetch(`${page}/`);
  assert.equal(ui.status, 200);
  assert.match(await ui.text(), /<title>/);

  const count = await waitFor(
    async () => {
      const res = await fetch(`${gateway}/api/search/twitter-index/_count`);
      const found = res.ok ? ((await res.json()) as { count: number }).count : 0;
      return found >= 20 ? found : 0;
    },
    120_000,
    '20 indexed tweets',
  );

  // What the topic holds, the query service answers by the same id, digit for digit.
  const tweets = await firstTweets(first, 10);
  for (const { id, text } of tweets) {
    const document = await json<{ id: string; text: string }>(`${gateway}/query/documents/${id}`);
    assert.equal(document.id, String(id));
    assert.equal(document.text, text);
  }

  // The word count agrees with a count of the log for a word of the first tweet.
  const words = tweets
    .map(({ text }) => text)
    .join(' ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}_]+/u)
    .filter(Boolean);
  const word = words.find((candidate) => /^[a-z]{4,}$/.test(candidate))!;
  const counted = await json<{ word: string; wordCount: number }>(
    `${gateway}/streams/get-word-count-by-word/${encodeURIComponent(word)}`,
  );
  assert.ok(counted.wordCount >= 1, JSON.stringify(counted));

  if (spawnSync('kcat', ['-V']).status === 0) {
    const list = spawnSync('kcat', ['-L', '-b', kafka!], { encoding: 'utf8' });
    assert.match(list.stdout, /topic "twitter-topic" with 3 partitions/);
    const tail = spawnSync(
      'kcat',
      ['-C', '-b', kafka!, '-t', 'twitter-topic', '-o', 'beginning', '-c', '5', '-e', '-q', '-f', '%p:%o\\n'],
      { encoding: 'utf8' },
    );
    const lines = tail.stdout.trim().split('\n');
    assert.equal(lines.length, 5, tail.stderr);
  } else console.log('kcat is not installed: its part of this test is left out');

  console.log(`resident ${first.residentMiB()?.toFixed(0)} MiB`);
  const stopped = await first.stop();
  assert.equal(stopped.code, 0, first.output());
  assert.ok(stopped.tookMs < 15_000, `SIGTERM took ${stopped.tookMs} ms`);
  assert.doesNotMatch(first.output(), /ERROR/, first.output());

  const second = await start('flow', ['--example', 'tweets']);
  const again = await json<{ count: number }>(`${second.addresses['search']}/twitter-index/_count`);
  assert.ok(again.count >= count, `${again.count} documents after the restart, ${count} before`);
  assert.deepEqual(await firstTweets(second, 10), tweets);
  await second.stop();
});

test('kill -9 during a produce run: every acknowledged record is there, once, in order, and the example goes on', async () => {
  const first = await start('kill', ['--example', 'tweets']);
  const acknowledged = new Map<string, number>();
  const attempted = new Map<string, number>();
  let isRunning = true;
  const writers = ['a', 'b', 'c', 'd'].map(async (key) => {
    for (let n = 0; isRunning; n++) {
      attempted.set(key, n);
      try {
        const res = await fetch(`${first.addresses['gateway']}/api/produce/kill-test?key=${key}`, {
          method: 'POST',
          body: JSON.stringify({ n }),
        });
        if (!res.ok) break;
        await res.arrayBuffer();
        acknowledged.set(key, n);
      } catch {
        break;
      }
    }
  });
  await waitFor(
    () => (acknowledged.get('a') ?? 0) > 200 && (acknowledged.get('d') ?? 0) > 200,
    120_000,
    '200 records by each writer',
  );
  await first.kill();
  isRunning = false;
  await Promise.all(writers);

  const second = await start('kill', ['--example', 'tweets']);
  const gateway = second.addresses['gateway']!;
  const page = await json<Page>(`${gateway}/api/consume/kill-test?from=earliest&limit=10000`);
  const byKey = Map.groupBy(page.records, (record) => String(record.key));
  for (const [key, last] of acknowledged) {
    const numbers = byKey.get(key)!.map(({ value }) => value.n);
    assert.deepEqual(numbers, [...numbers.keys()], `records of ${key} are there once and in order`);
    assert.ok(numbers.length > last, `${key}: ${numbers.length} records, ${last + 1} acknowledged`);
    assert.ok(numbers.length <= attempted.get(key)! + 1);
  }
  console.log(`acknowledged ${[...acknowledged.values()].reduce((sum, n) => sum + n + 1, 0)} records before the kill`);

  // Every tweet of the log gets into the index, each once: nothing was lost between the log and the store.
  const stored = await json<Page>(`${gateway}/api/consume/twitter-topic?from=earliest&limit=1`);
  const tweets = stored.partitions.reduce((sum, { latest }) => sum + latest, 0);
  await waitFor(
    async () => {
      const { count } = await json<{ count: number }>(`${second.addresses['search']}/twitter-index/_count`);
      return count >= tweets;
    },
    120_000,
    `${tweets} documents`,
  );
  const before = tweets;
  await waitFor(
    async () => {
      const now = await json<Page>(`${gateway}/api/consume/twitter-topic?from=earliest&limit=1`);
      return now.partitions.reduce((sum, { latest }) => sum + latest, 0) > before + 5;
    },
    120_000,
    'further tweets',
  );
  await second.stop();
});

test('a taken port moves and the table says so; with --strict-ports the start fails and names part and port', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as AddressInfo;
  const env = { HEADWATER_KAFKA_PORT: String(port) };
  const strict = await runHeadwater(
    ['up', '--data', join(data, 'ports'), '--ports', 'auto', '--strict-ports', '--example', 'none'],
    env,
  );
  assert.equal(strict.code, 1);
  assert.match(strict.output, new RegExp(`Kafka.* cannot listen on 127\\.0\\.0\\.1:${port}.*HW_PORT_TAKEN`));
  const moved = await start('ports', ['--example', 'none'], env);
  assert.notEqual(moved.addresses['kafka'], `127.0.0.1:${port}`);
  // The table is printed after the ready file is there.
  await waitFor(() => moved.output().includes(`Port ${port} is taken by another process`));
  await moved.stop();
  blocker.close();
});

test('a second start on the same data is refused, and the first goes on', async () => {
  const first = await start('same', ['--example', 'none']);
  const second = await runHeadwater(['up', '--data', join(data, 'same'), '--ports', 'auto', '--example', 'none']);
  assert.equal(second.code, 1);
  assert.match(second.output, /another process|in use|locked/i);
  assert.doesNotMatch(second.output, /\n\s+at /);
  assert.ok((await fetch(`${first.addresses['gateway']}/api`)).ok);
  await first.stop();
});

test('--only starts just those parts, and run KEY one of them', async () => {
  const some = await start('only', ['--only', 'kafka,rest']);
  assert.deepEqual(Object.keys(some.addresses).sort(), ['kafka', 'rest']);
  const kafka = some.addresses['kafka']!;
  const alone = await startHeadwater(
    ['--ports', 'auto', '--data', join(data, 'alone')],
    { HEADWATER_KAFKA_URL: kafka },
    'run rest',
  );
  processes.push(alone);
  const produced = await json<{ topic: string }>(`${alone.addresses['rest']}/api/produce/by-url`, {
    method: 'POST',
    body: '{"n":1}',
  });
  assert.equal(produced.topic, 'by-url');
  assert.ok((await fetch(`${some.addresses['rest']}/api/topics/by-url`)).ok);
  await alone.stop();
  await some.stop();
});

test('streaming SQL is there at once, at its own address, through the gateway, and as a process of its own', async () => {
  // The monitor has queries and schemas of its own, which come in the background: it is left out.
  const flags = ['--example', 'none', '--only', 'kafka,registry,rest,sql,gateway'];
  const system = await start('sql', flags);
  const { gateway, kafka, sql } = system.addresses;
  const ask = (base: string, ksql: string) =>
    json<{ '@type': string }[]>(`${base}/ksql`, { method: 'POST', body: JSON.stringify({ ksql }) });
  const { KsqlServerInfo } = await json<{ KsqlServerInfo: { ksqlServiceId: string } }>(`${gateway}/api/sql/info`);
  assert.equal(KsqlServerInfo.ksqlServiceId, 'default_');
  const created = await ask(
    `${gateway}/api/sql`,
    "CREATE STREAM rides (rider STRING KEY, km INT) WITH (kafka_topic='rides', value_format='AVRO', partitions=1);",
  );
  assert.equal(created[0]!['@type'], 'currentStatus');
  await ask(sql!, "INSERT INTO rides VALUES ('ann', 3);");
  const subjects = await json<string[]>(`${system.addresses['registry']}/subjects`);
  assert.ok(subjects.includes('rides-value'), String(subjects));
  const alone = await startHeadwater(
    ['--ports', 'auto', '--data', join(data, 'sql-alone')],
    { HEADWATER_KAFKA_URL: kafka!, HEADWATER_SQL_SERVICE_ID: 'other_' },
    'run sql',
  );
  processes.push(alone);
  assert.deepEqual(Object.keys(alone.addresses).sort(), ['kafka', 'sql']);
  const topics = await ask(alone.addresses['sql']!, 'SHOW TOPICS;');
  assert.match(JSON.stringify(topics), /"rides"/);
  await alone.stop();
  await ask(sql!, 'CREATE TABLE totals AS SELECT rider, SUM(km) AS km FROM rides GROUP BY rider;');
  const queries = await ask(sql!, 'SHOW QUERIES;');
  await system.stop();
  // Nobody has to ask: what ran goes on.
  const again = await start('sql', flags);
  await waitFor(
    async () => {
      const group = await fetch(`${again.addresses['rest']}/api/groups/_confluent-ksql-default_query`);
      return group.ok && ((await group.json()) as { members: unknown[] }).members.length === 1;
    },
    120_000,
    'the query of the run before',
  );
  assert.deepEqual(await ask(again.addresses['sql']!, 'SHOW QUERIES;'), queries);
  await again.stop();
});

test('--isolate runs each service as a process that comes back after kill -9', async () => {
  const system = await start('isolate', ['--example', 'tweets', '--isolate']);
  /** Those of services: other children come and go. */
  const children = () => {
    const file = `/proc/${system.child.pid}/task/${system.child.pid}/children`;
    if (!existsSync(file)) return [];
    const pids = spawnSync('cat', [file], { encoding: 'utf8' }).stdout.trim().split(' ').filter(Boolean);
    return pids.filter((pid) =>
      spawnSync('cat', [`/proc/${pid}/cmdline`], { encoding: 'utf8' }).stdout.includes('main.ts'),
    );
  };
  const before = await waitFor(() => (children().length >= 6 ? children() : undefined), 120_000, 'six services');
  process.kill(Number(before[0]), 'SIGKILL');
  await waitFor(
    () => {
      const now = children(); // one reading: the killed one is listed until it is reaped
      return now.length === before.length && !now.includes(before[0]!);
    },
    120_000,
    'the service is back',
  );
  await waitFor(() => /crashed/.test(system.output()), 120_000, 'the crash in the log');
  const stopped = await system.stop();
  assert.ok(stopped.tookMs < 15_000, `SIGTERM took ${stopped.tookMs} ms`);
  for (const pid of before) assert.equal(existsSync(`/proc/${pid}`), false, `process ${pid} is left over`);
});

test('wrong commands are answered with what is right, and no stack', async () => {
  for (const [args, pattern] of [
    [['up', '--example', 'nope'], /tweets/],
    [['fly'], /headwater up/],
    [['run', 'connect'], /not built/],
  ] as const) {
    const { code, output } = await runHeadwater(args);
    assert.ok(code === 1 || code === 2);
    assert.match(output, pattern);
    assert.doesNotMatch(output, /\n\s+at /);
  }
});
