import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mastodonSource } from './mastodon-source.ts';
import { plainText } from './plain-text.ts';
import { http, sendInPieces } from './testing/local-servers.ts';
import { take, textsOf } from './testing/take.ts';
import { TestTime } from './testing/test-time.ts';

const token = { HEADWATER_TWEETS_MASTODON_TOKEN: 'm-token' };
const eventStream = { 'content-type': 'text/event-stream' };

test('updates in pieces of any size, edits and deletions told apart, a gap filled', async (t) => {
  let streams = 0;
  const asked: string[] = [];
  const server = await http(async (request, response, url) => {
    assert.equal(request.headers.authorization, 'Bearer m-token');
    if (url.pathname === '/api/v1/timelines/public') {
      asked.push(url.searchParams.get('min_id')!);
      const page = asked.length === 1 ? [status(id(3), 'three'), status(id(2), 'two'), { id: 'x' }] : [];
      response.end(JSON.stringify(page));
      return;
    }
    streams += 1;
    response.writeHead(200, eventStream);
    const events =
      streams === 1
        ? `:)\n:thump\n${update(status(id(1), '<p>Füße &amp; 🚰<br>two</p>'))}` +
          `event: status.update\ndata: ${JSON.stringify(status(id(1), '<p>edited</p>'))}\n\nevent: delete\ndata: 5\n\n` +
          'event: announcement\ndata: {}\n\nevent: update\ndata: {"id"\n\n'
        : `:)\n${update(status(id(3), 'three'))}${update(status(id(4), 'four')).replaceAll('\n', '\r\n')}`;
    await sendInPieces(response, events, () => 1);
    if (streams === 1) response.destroy();
  });
  t.after(server.close);
  const source = mastodonSource({ HEADWATER_TWEETS_MASTODON_URL: server.url }, token, new TestTime());
  assert.deepEqual(textsOf(await take(source, 4)), ['Füße & 🚰\ntwo', 'two', 'three', 'four']);
  assert.equal(asked[0], String(BigInt(id(1)) - ((5n * 60_000n) << 16n)));
  assert.equal(asked[1], id(3));
  const { bad, deletions, duplicates, edits, others } = source.health!().details;
  assert.deepEqual(
    { bad, deletions, duplicates, edits, others },
    { bad: 2, deletions: 1, duplicates: 1, edits: 1, others: 1 },
  );
});

test('a limit in the middle of a gap is waited for, and the gap goes on where it was', async (t) => {
  const time = new TestTime();
  let pages = 0;
  let streams = 0;
  const server = await http(async (_, response, url) => {
    if (url.pathname !== '/api/v1/timelines/public') {
      streams += 1;
      response.writeHead(200, eventStream).write(streams === 1 ? update(status(id(1), 'one')) : ':)\n');
      if (streams === 1) setImmediate(() => response.destroy());
      return;
    }
    pages += 1;
    if (pages === 2) response.writeHead(429, { 'retry-after': '90' }).end('{"error":"Too many requests"}');
    else if (pages > 4) response.end('[]');
    else response.end(JSON.stringify([status(id(pages), `page ${pages}`)]));
  });
  t.after(server.close);
  const source = mastodonSource({ HEADWATER_TWEETS_MASTODON_URL: server.url }, {}, time);
  assert.deepEqual(textsOf(await take(source, 3)), ['one', 'page 3', 'page 4']);
  assert.ok(time.pauses.includes(90_000), String(time.pauses));
});

test('a page of HTML is not taken for a stream', async (t) => {
  const server = await http((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'));
  t.after(server.close);
  const source = mastodonSource({ HEADWATER_TWEETS_MASTODON_URL: server.url }, {}, new TestTime());
  await assert.rejects(take(source, 1), { code: 'HW_TWEETS_SOURCE' });
});

test('HTML becomes text', () => {
  assert.equal(
    plainText(
      '<p>Hi <span class="h-card"><a href="https://a/@b">@<span>b</span></a></span></p><p>1 &lt; 2 &#x1F600; &nope;</p>',
    ),
    'Hi @b\n1 < 2 😀 &nope;',
  );
});

const id = (number: number): string => String((BigInt(Date.UTC(2026, 0, 1)) + BigInt(number)) << 16n);
const update = (value: object): string => `event: update\ndata: ${JSON.stringify(value)}\n\n`;
const status = (postId: string, content: string): object => ({
  id: postId,
  created_at: '2026-01-02T03:04:05.000Z',
  content,
  language: 'en',
  reblog: null,
  account: { id: '42' },
});
