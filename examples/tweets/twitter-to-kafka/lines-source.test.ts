import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { fileSource } from './lines-source.ts';
import { nothingWritten } from './places-written.ts';

test('a file goes on after the lines that the topic has, without waiting for them at the rate', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-lines-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'tweets.jsonl');
  const lines = Array.from({ length: 10_000 }, (_, i) =>
    JSON.stringify({ id: i + 1, userId: 1, text: 'a', createdAt: 0 }),
  );
  writeFileSync(file, lines.join('\n'));
  // At this rate all lines would take a quarter of an hour.
  const source = await fileSource({ HEADWATER_TWEETS_FILE: file, HEADWATER_TWEETS_RATE: '10' });
  const read: (number | undefined)[] = [];
  const written = { ...nothingWritten, allLinesUpTo: 9_998 };
  for await (const batch of source.batches(new AbortController().signal, silentLogger, written))
    read.push(...batch.map(({ line }) => line));
  assert.deepEqual(read, [9_999, 10_000]);
});
