import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/api-error.ts';
import { AskError, askUntilAnswered } from './ask-gateway.ts';
import { inboxMax, LiveInbox } from './live-inbox.ts';
import { readLiveSearch } from './live-search.ts';
import { problemOf } from './problem.ts';
import { RequestBudget } from './request-budget.ts';
import { changeOf, trendOf } from './trend.ts';
import { readAnswer, type Tweet } from './tweet.ts';
import { readTweetQuery, requestOf } from './tweet-query.ts';

const never = new AbortController().signal;

test('the address says what is looked for, and nothing that cannot be', () => {
  const read = (search: string) => readTweetQuery(new URLSearchParams(search));
  assert.deepEqual(read('q= kafka &sort=best&page=3'), { text: 'kafka', sort: 'best', page: 3 });
  assert.deepEqual(read('sort=best&page=9999'), { text: '', sort: 'newest', page: 500 });
  assert.deepEqual(requestOf(read('q=kafka&sort=best&page=3')), {
    method: 'POST',
    path: '/query/documents/get-document-by-text?limit=20&from=40&sort=best',
    body: '{"text":"kafka"}',
  });
  assert.deepEqual(requestOf(read('')), { method: 'GET', path: '/query/documents?limit=20' });
});

test('an answer keeps every digit, takes marks that fit the text, and says who counted', () => {
  const answer = readAnswer(
    `{"queryResponseModels":[
      {"id":"1","userId":9223372036854775807,"text":"a Kafka <em>b</em>","createdAt":"2026-01-01T00:00:00Z"},
      {"id":"2","userId":1,"text":"kafka","createdAt":"2026-01-01T00:00:00Z"}],
      "wordCount":12,"wordCounts":{"kafka":12},"wordCountSource":"analytics","total":2,
      "highlights":{"1":"forged","2":"<em>kafka</em>"}}`,
    'kafka',
  );
  assert.equal(answer.tweets[0]?.userId, '9223372036854775807');
  assert.deepEqual(
    answer.tweets.map(({ segments }) => segments.filter(({ isHit }) => isHit).map(({ text }) => text)),
    [['Kafka'], ['kafka']],
  );
  assert.deepEqual([answer.total, answer.wordCount, answer.source], [2, 12, 'analytics']);
  assert.deepEqual(answer.words, [{ word: 'kafka', count: 12 }]);
  const fallback = readAnswer('{"fallbackMessage":"come back"}', 'kafka');
  assert.deepEqual([fallback.fallbackMessage, fallback.tweets, fallback.wordCount], ['come back', [], null]);
  assert.equal(readAnswer('[{"id":"3","text":"x"}]', '').tweets.length, 1);
});

test('requests are spread: a few at once, then four a second, and one that is given up takes nothing', async () => {
  let now = 0;
  const wait = (delayMs: number): Promise<void> => {
    now += delayMs;
    return Promise.resolve();
  };
  const budget = new RequestBudget({ now: () => now, wait });
  const at: number[] = [];
  for (let index = 0; index < 8; index += 1) {
    await budget.take(never);
    at.push(now);
  }
  assert.deepEqual(at, [0, 0, 0, 0, 250, 500, 750, 1000]);
  await assert.rejects(budget.take(AbortSignal.abort(new Error('given up'))), /given up/);
});

test('what passes is asked again when it is said to; what does not pass is told once', async () => {
  const told: (number | null)[] = [];
  const answers = [
    new AskError(new ApiError(429, 'HW_GATEWAY_RATE_LIMITED', 'too many'), '3'),
    new AskError(new ApiError(503, 'HW_GATEWAY_UPSTREAM_DOWN', 'away'), null),
    'tweets',
  ];
  const ask = (): Promise<string> => {
    const next = answers.shift();
    return typeof next === 'string' ? Promise.resolve(next) : Promise.reject(next);
  };
  const options = {
    signal: never,
    wait: () => Promise.resolve(),
    onProblem: (problem: { retryAfterMs: number | null }) => told.push(problem.retryAfterMs),
  };
  assert.equal(await askUntilAnswered(ask, options), 'tweets');
  assert.deepEqual(told, [3000, 2000]);
  for (const status of [400, 401, 403, 404, 500]) {
    answers.push(new AskError(new ApiError(status, 'X', 'no'), '1'));
    await assert.rejects(askUntilAnswered(ask, options));
    assert.equal(told.at(-1), null, String(status));
  }
  const date = new Date(10_000).toUTCString();
  assert.equal(problemOf(new ApiError(429, 'X', 'x'), date, 1, 4000).retryAfterMs, 6000);
});

const tweet = (id: number): Tweet => ({
  ...{ id: String(id), userId: '1', text: 'x', segments: [], createdAtMs: 0, lang: null },
});

test('what is new is counted once, and a full inbox holds its reader until it is emptied', async () => {
  const inbox = new LiveInbox();
  inbox.markSeen([tweet(0)]);
  let isRead = 0;
  async function* chunks(): AsyncGenerator<string> {
    for (let id = 0; id < inboxMax + 50; id += 1) {
      isRead = id;
      yield `event: document\ndata: {"id":"${id}","text":"x"}\n\n`;
    }
    yield 'event: live\ndata: {}\n\n';
  }
  let isLive = false;
  const reading = readLiveSearch(chunks(), {
    ...{ inbox, query: '', onTweets: () => {} },
    onLive: () => {
      isLive = true;
    },
  });
  while (!inbox.isFull) await Promise.resolve();
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  assert.deepEqual([inbox.count, isRead, isLive], [inboxMax, inboxMax + 1, false]);
  assert.equal(inbox.take()[0]?.id, String(inboxMax), 'the newest first');
  await reading;
  assert.deepEqual([inbox.count, isLive], [49, true]);
  assert.equal(inbox.add(tweet(5)), false);
});

test('a trend is of the last full window; before there is one, of the window so far, compared with nothing', () => {
  const at = (minute: number): number => minute * 60_000;
  const rows = [
    { word: 'kafka', startMs: at(9), count: 5 },
    { word: 'kafka', startMs: at(8), count: 2 },
    { word: 'rain', startMs: at(9), count: 7 },
    { word: 'the', startMs: at(9), count: 90 },
    { word: 'later', startMs: at(10), count: 50 },
  ];
  const trend = trendOf(rows, 60_000, at(10) + 30_000);
  assert.deepEqual([trend.startMs, trend.isSoFar], [at(9), false]);
  assert.deepEqual(
    trend.words.map((word) => [word.word, word.count, changeOf(word).text]),
    [
      ['rain', 7, 'new'],
      ['kafka', 5, '+3'],
    ],
  );
  assert.deepEqual(trend.words[1]?.history.slice(-3), [0, 2, 5]);
  const first = trendOf(rows.slice(4), 60_000, at(10) + 1);
  assert.deepEqual([first.isSoFar, first.words[0]?.word], [true, 'later']);
  assert.deepEqual([changeOf({ count: 1, before: 4 }).text, changeOf({ count: 4, before: 4 }).text], ['−3', 'same']);
});
