import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Line, readLines } from './json-lines.ts';

async function read(text: string | Buffer, chunkBytes = 7): Promise<Line[]> {
  const bytes = Buffer.from(text);
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const lines: Line[] = [];
  for await (const line of readLines(chunks())) lines.push(line);
  return lines;
}

const json = (id: number, text: string): string => JSON.stringify({ id, userId: 2, text, createdAt: 3 });

test('lines are cut at any chunk, with any line end, with or without one at the end', async () => {
  const text = `${json(1, 'ünï 👩‍💻')}\n${json(2, 'b')}\r\n\n${json(3, 'c')}`;
  for (const chunkBytes of [1, 3, 1_000]) {
    const lines = await read(text, chunkBytes);
    assert.deepEqual(
      lines.map((line) => ('tweet' in line ? [line.number, line.tweet.id, line.tweet.text] : line)),
      [
        [1, '1', 'ünï 👩‍💻'],
        [2, '2', 'b'],
        [4, '3', 'c'],
      ],
    );
  }
});

test('a bad line is told with its number, and the next ones are read', async () => {
  const lines = await read(`{"id":\n${json(2, 'b')}\n"text"\n${json(4, 'd')}\n`);
  assert.deepEqual(
    lines.map((line) => ('mistake' in line ? `${line.number} bad` : line.number)),
    ['1 bad', 2, '3 bad', 4],
  );
});

test('a line without an end does not fill the memory', async () => {
  const endless = Buffer.alloc(3 * 1024 * 1024, 'x');
  const lines = await read(Buffer.concat([endless, Buffer.from(`\n${json(2, 'b')}\n`)]), 65_536);
  assert.match((lines[0] as { mistake: string }).mistake, /longer than/);
  assert.equal((lines[1] as { tweet: { id: string } }).tweet.id, '2');
});

test('a byte order mark at the beginning is passed over', async () => {
  const [line] = await read(`\uFEFF${json(1, 'a')}\n`);
  assert.ok(line !== undefined && 'tweet' in line);
});
