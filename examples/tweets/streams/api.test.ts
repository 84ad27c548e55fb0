import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { createService } from '@headwater/service';
import { poisonPolicy } from '../common/poison.ts';
import { addApi, type Counting } from './api.ts';
import { WordCounts } from './word-counts.ts';

const counting: Counting = {
  state: 'active',
  counts: new WordCounts(),
  countOf: async (word) => counting.counts.countOf(word),
  poison: poisonPolicy({}, silentLogger),
};
const api = await createService({ name: 'streams', env: {}, logger: silentLogger });
let url: string;

before(async () => {
  addApi(api, counting);
  await api.start();
  url = api.url;
  counting.counts.set('kafka', 2);
  counting.counts.set('задержка', 1);
});
after(() => api.close());

test('a word is answered in lower case, an unknown one with 0', async () => {
  const response = await fetch(`${url}/get-word-count-by-word/KAFKA`);
  assert.equal(response.headers.get('content-type'), 'application/vnd.api.v1+json');
  assert.deepEqual(await response.json(), { word: 'kafka', wordCount: 2 });
  const cyrillic = await fetch(`${url}/get-word-count-by-word/${encodeURIComponent('ЗАДЕРЖКА')}`);
  assert.deepEqual(await cyrillic.json(), { word: 'задержка', wordCount: 1 });
  const unknown = await fetch(`${url}/get-word-count-by-word/a%2Fb`);
  assert.deepEqual(await unknown.json(), { word: 'a/b', wordCount: 0 });
});

test('the top words, with totals; a bad limit is refused', async () => {
  const response = await fetch(`${url}/top-words?limit=1`);
  assert.deepEqual(await response.json(), { words: [{ word: 'kafka', count: 2 }], totalWords: 3, distinctWords: 2 });
  for (const limit of ['0', '1001', 'x', '']) {
    assert.equal((await fetch(`${url}/top-words?limit=${limit}`)).status, 400, limit);
  }
});

test('as events they come at once, and again after a change', async () => {
  const response = await fetch(`${url}/top-words?limit=1`, { headers: { accept: 'text/event-stream' } });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader.read()).value!, /^event: top-words\ndata: \{"words":\[\{"word":"kafka","count":2\}\]/);
  counting.counts.set('kafka', 3);
  assert.match((await reader.read()).value!, /"count":3/);
  await reader.cancel();
});

test('while the counts are read back, and while nobody has the word, callers are told to wait', async () => {
  const refused = async (url: string) => {
    const response = await fetch(url);
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'HW_TWEETS_NOT_READY');
  };
  counting.state = 'restoring';
  await refused(`${url}/get-word-count-by-word/kafka`);
  await refused(`${url}/top-words`);
  const health = (await (await fetch(`${url}/health`)).json()) as {
    status: string;
    components: { counts: { details: { state: string } } };
  };
  assert.deepEqual([health.status, health.components.counts.details.state], ['STARTING', 'restoring']);
  counting.state = 'active';
  const { countOf } = counting;
  counting.countOf = () => Promise.reject(new Error('it moves'));
  await refused(`${url}/get-word-count-by-word/kafka`);
  counting.countOf = countOf;
});
