import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAnalytics } from '@headwater/analytics';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import pg from 'pg';
import { openPostgresSink, type RunningSink, rowIdOf } from '../index.ts';

/** On the embedded store, or on the PostgreSQL at HEADWATER_TEST_POSTGRES_URL. */
test('a topic is in a table once, over instances that come and go, connections that break and values that are refused', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-connect-'));
  const given = process.env['HEADWATER_TEST_POSTGRES_URL'];
  const analytics = given === undefined ? await startAnalytics({ dataDir }) : undefined;
  const postgresUrl = given ?? analytics!.url;
  const broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  admin.on('error', () => {}); // its next query tells
  t.after(async () => {
    await Promise.all([admin.end(), client.close()]);
    await Promise.all([analytics?.close(), broker.close()]);
    await rm(dataDir, { recursive: true, force: true });
  });

  const schema = `sink_${randomUUID().slice(0, 8)}`;
  await client.createTopics([{ name: 'words', partitions: 3 }]);
  const poisonous: string[] = [];
  const open = (): RunningSink =>
    openPostgresSink({
      client,
      groupId: 'words-to-postgres',
      topic: 'words',
      postgresUrl,
      schema,
      table: 'words',
      columns: [
        { name: 'id', type: 'uuid' },
        { name: 'word', type: 'text' },
        { name: 'size', type: 'smallint' },
      ],
      migrations: [`CREATE TABLE ${schema}.words (id uuid PRIMARY KEY, word text NOT NULL, size smallint)`],
      batchRecords: 40,
      lingerMs: 5,
      map({ offset, partition, topic, value }) {
        const word = value!.toString();
        return [rowIdOf(topic, partition, offset), word, word === 'large' ? 100_000 : word.length];
      },
      onPoison: ({ offset, partition }, reason) => poisonous.push(`${partition}:${offset} ${reason}`),
    });

  let sinks = [open(), open()];
  const expected = new Map<string, string>();
  for (let round = 0; round < 6; round++) {
    for (let partition = 0; partition < 3; partition++) {
      const words = Array.from({ length: 30 }, (_, at) => `größe "${round}", {${at}}`);
      if (round === 2 && partition === 1) words[7] = 'large';
      const { baseOffset } = await client.produce({
        topic: 'words',
        partition,
        records: words.map((value) => ({ value })),
      });
      for (const [at, word] of words.entries()) {
        if (word !== 'large') expected.set(rowIdOf('words', partition, Number(baseOffset) + at), word);
      }
    }
    if (round % 2 === 0) {
      const [oldest] = sinks;
      await oldest!.close();
      sinks = [sinks[1]!, open()];
    } else {
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'words-to-postgres' AND pid <> pg_backend_pid()`,
      );
    }
  }
  const count = async (): Promise<number> => {
    const { rows } = await admin.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${schema}.words`);
    return rows[0]!.count;
  };
  const deadlineMs = Date.now() + 60_000;
  while ((await count().catch(() => 0)) < expected.size && Date.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await Promise.all(sinks.flatMap((sink) => [sink.close(), sink.close()]));
  const { rows } = await admin.query<{ id: string; word: string }>(`SELECT id, word FROM ${schema}.words`);
  assert.equal(rows.length, expected.size);
  for (const { id, word } of rows) assert.equal(word, expected.get(id));
  assert.deepEqual(
    poisonous.filter((text, at) => poisonous.indexOf(text) === at).map((text) => text.split(' ')[0]),
    ['1:67'],
  );
  const { rows: offsets } = await admin.query<{ partition: number; next_offset: string }>(
    `SELECT partition, next_offset FROM ${schema}.headwater_offsets ORDER BY partition`,
  );
  assert.deepEqual(
    offsets.map(({ next_offset }) => Number(next_offset)),
    [180, 180, 180],
  );
  await admin.query(`DROP SCHEMA ${schema} CASCADE`);
});
