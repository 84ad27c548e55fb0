import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Random } from '../random.ts';
import { bodyOf, http, sendInPieces } from './testing/local-servers.ts';
import { take, textsOf } from './testing/take.ts';
import { TestTime } from './testing/test-time.ts';
import { rulesOf } from './x-rules.ts';
import { xSource } from './x-source.ts';

const token = { HEADWATER_TWEETS_X_BEARER_TOKEN: 'x-token' };

test('rules follow the keywords, posts come in pieces of any size, a disconnect message is followed', async (t) => {
  const posted: unknown[] = [];
  let streams = 0;
  const server = await http(async (request, response, { pathname }) => {
    assert.equal(request.headers.authorization, 'Bearer x-token');
    if (pathname.endsWith('/rules')) {
      if (request.method === 'POST') posted.push(JSON.parse(await bodyOf(request)));
      const data = [
        { id: '11', value: '"old"', tag: 'headwater' },
        { id: '12', value: 'cats', tag: 'mine' },
      ];
      response.end(JSON.stringify({ data, meta: {} }));
      return;
    }
    streams += 1;
    const goodbye = { title: 'operational-disconnect', disconnect_type: 'OperationalDisconnect', detail: 'bye' };
    const text =
      streams === 1
        ? `\r\n${post('1', 'Füße 🚰')}\r\nnot json\r\n${JSON.stringify({ data: { id: '2' } })}\r\n${JSON.stringify({ errors: [goodbye] })}\r\n`
        : `${post('1', 'again')}\r\n${post('3', 'three')}\r\n`;
    await sendInPieces(response, text, () => 1);
  });
  t.after(server.close);
  const env = { HEADWATER_TWEETS_X_URL: server.url, HEADWATER_TWEETS_KEYWORDS: 'Kafka,event sourcing' };
  const source = xSource(env, token, new TestTime());
  assert.deepEqual(textsOf(await take(source, 2)), ['Füße 🚰', 'three']);
  assert.deepEqual(posted.slice(0, 2), [
    { add: [{ value: '"Kafka" OR "event sourcing"', tag: 'headwater' }] },
    { delete: { ids: ['11'] } },
  ]);
  assert.equal(source.health!().details['bad'], 2);
  assert.match(String(source.health!().details['lastFailure']), /operational-disconnect: bye/);
});

test('cut anywhere, hung up on in the middle of a post, silent in the middle of another: each post comes once', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`SEED=${seed}`);
  const random = new Random(seed);
  const time = new TestTime();
  const backfills: (string | null)[] = [];
  const posts = Array.from({ length: 30 }, (_, at) => `${post(String(at + 1), `${at} Füße 東京 🚰🏳️‍🌈`)}\r\n`);
  const server = await http(async (_, response, { pathname, searchParams }) => {
    if (pathname.endsWith('/rules')) {
      response.end('{"data":[{"id":"1","value":"\\"Kafka\\""}]}');
      return;
    }
    backfills.push(searchParams.get('backfill_minutes'));
    const cut = [10, 20][backfills.length - 1];
    const whole = Buffer.from(posts.slice(0, cut).join(''));
    time.advance(90_000);
    await sendInPieces(response, cut === undefined ? whole : whole.subarray(0, -90), () => random.between(1, 40));
    if (cut === undefined) return;
    await untilRead(backfills.length === 1 ? 9 : 9 + 19);
    if (backfills.length === 1) response.destroy();
    else for (; !response.destroyed; await turn()) time.ring();
  });
  t.after(server.close);
  const env = {
    HEADWATER_TWEETS_X_URL: server.url,
    HEADWATER_TWEETS_KEYWORDS: 'Kafka',
    HEADWATER_TWEETS_X_BACKFILL_MINUTES: '5',
  };
  const source = xSource(env, token, time);
  const untilRead = async (posts: number): Promise<void> => {
    while (Number(source.health!().details['posts']) < posts) await turn();
  };
  const texts = textsOf(await take(source, 30));
  assert.deepEqual(
    texts,
    Array.from({ length: 30 }, (_, at) => `${at} Füße 東京 🚰🏳️‍🌈`),
  );
  assert.deepEqual(backfills, [null, '2', '4'], 'as many minutes as were missed');
});

test('429 and 503 are waited for as X asks, and a refused token stops with what to do', async (t) => {
  const time = new TestTime();
  const answers = [
    [429, { 'x-rate-limit-reset': String(Math.floor(Date.now() / 1_000) + 900) }],
    [503, {}],
    [401, {}],
  ] as const;
  let asked = 0;
  const server = await http((_, response) => {
    const [status, headers] = answers[asked++]!;
    response.writeHead(status, headers).end('{"title":"no","you-sent":"x-token"}');
  });
  t.after(server.close);
  const env = { HEADWATER_TWEETS_X_URL: server.url, HEADWATER_TWEETS_KEYWORDS: 'Kafka' };
  const source = xSource(env, token, time);
  await assert.rejects(take(source, 1), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'HW_TWEETS_SOURCE');
    assert.match(error.message, /401/);
    assert.doesNotMatch(error.message, /x-token/);
    return true;
  });
  assert.doesNotMatch(JSON.stringify(source.health!()), /x-token/);
  assert.ok(time.pauses[0]! > 60_000 && time.pauses[0]! <= 900_000, String(time.pauses[0]));
  assert.equal(time.pauses[1], 5_000);
});

test('without a token, or without keywords, it says what to set', () => {
  assert.throws(() => xSource({ HEADWATER_TWEETS_KEYWORDS: 'a' }, {}), /HEADWATER_TWEETS_X_BEARER_TOKEN/);
  assert.throws(() => xSource({}, token), /HEADWATER_TWEETS_KEYWORDS/);
});

test('rules have the length that X takes', () => {
  const keywords = Array.from({ length: 100 }, (_, index) => `keyword number ${index}`);
  const rules = rulesOf(keywords);
  assert.ok(rules.every((rule) => rule.length <= 512));
  assert.equal(rules.join(' OR ').split(' OR ').length, 100);
});

function post(id: string, text: string): string {
  const data = { id, text, author_id: '9', created_at: '2033-05-18T03:33:20.000Z', lang: 'de' };
  return JSON.stringify({ data, matching_rules: [{ id: '1' }] });
}
