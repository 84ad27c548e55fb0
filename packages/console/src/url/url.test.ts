import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  consumeCurl,
  consumePath,
  hasMoreRecords,
  messageQueryParams,
  readMessageQuery,
  resolveTime,
  tailPath,
} from './message-query.ts';
import { parseRoute, pathOf, placeOf, type Route } from './route.ts';
import { choiceParam, intParam, withParams } from './search-params.ts';

test('every page has a path and every path its page', () => {
  const routes: Exclude<Route, { page: 'not-found' }>[] = [
    { page: 'map' },
    { page: 'tweets' },
    { page: 'topics' },
    { page: 'topic', topic: 'twitter-topic', tab: 'messages' },
    { page: 'topic', topic: 'a/b c%ü', tab: 'config' },
    { page: 'groups' },
    { page: 'group', group: 'word count/1' },
    { page: 'search' },
    { page: 'services' },
    { page: 'identity' },
    { page: 'sql' },
    { page: 'traces' },
    { page: 'logs' },
    { page: 'trace', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
  ];
  for (const route of routes) assert.deepEqual(parseRoute(pathOf(route)), route);
  assert.deepEqual(parseRoute('/ui'), { page: 'map' });
  assert.deepEqual(parseRoute('/ui/map'), { page: 'map' });
  assert.deepEqual(parseRoute('/ui/topics/'), { page: 'topics' });
});

test('what is no page says so', () => {
  for (const path of [
    '/',
    '/uix',
    '/ui/nope',
    '/ui/topics/t/nope',
    '/ui/topics/t/config/x',
    '/ui/groups/g/x',
    '/ui/search/x',
    '/ui/%E0%A4%A',
  ]) {
    assert.equal(parseRoute(path).page, 'not-found', path);
  }
  assert.equal(placeOf(parseRoute('/ui/topics/t')), 'topics');
  assert.equal(placeOf(parseRoute('/ui/nope')), null);
});

test('parameters change one by one', () => {
  assert.equal(withParams('?a=1&b=2', { b: null, c: 'x y', a: 3 }), '?a=3&c=x+y');
  assert.equal(withParams('?a=1', { a: '' }), '');
  assert.equal(withParams('', { record: '0:12' }), '?record=0:12');
});

test('parameters that make no sense fall back', () => {
  assert.equal(intParam('12', 1, 0, 10), 10);
  assert.equal(intParam('x', 1, 0, 10), 1);
  assert.equal(intParam(null, 1, 0, 10), 1);
  assert.equal(choiceParam('z', ['a', 'b']), 'a');
});

test('a message query survives its URL', () => {
  for (const search of [
    '',
    '?partition=2&from=offset&at=120&contains=a+b&limit=500&live=1',
    '?from=time&at=2026-01-01T00:00:00Z',
  ]) {
    const query = readMessageQuery(new URLSearchParams(search));
    assert.equal(withParams('', messageQueryParams(query)), search);
  }
});

test('a message query becomes the request of the log over HTTP', () => {
  const of = (search: string) => readMessageQuery(new URLSearchParams(search));
  assert.equal(consumePath('t', of(''), 0), '/api/consume/t?format=text&limit=100&order=desc');
  assert.equal(consumePath('t', of('?from=oldest'), 0), '/api/consume/t?format=text&limit=100&from=earliest');
  assert.equal(
    consumePath('t', of('?from=offset&at=7&partition=1'), 0),
    '/api/consume/t?format=text&limit=100&partition=1&offset=7',
  );
  assert.equal(consumePath('t', of('?from=last&at=5'), 0), '/api/consume/t?format=text&limit=100&from=-5');
  assert.equal(consumePath('t', of('?from=oldest'), 0, '0:12'), '/api/consume/t?format=text&limit=100&cursor=0%3A12');
  assert.equal(
    tailPath('a/b', of('?contains=x&partition=0')),
    '/api/consume/a%2Fb?format=text&from=latest&partition=0&contains=x',
  );
  assert.equal(consumeCurl('http://h', '/p?a=b', true), "curl -N -H 'accept: text/event-stream' 'http://h/p?a=b'");
});

test('there is more when a partition goes on beyond the page', () => {
  const page = {
    cursor: '0:10,1:4',
    previousCursor: '0:5,1:0',
    partitions: [
      { partition: 0, earliest: 5, latest: 10 },
      { partition: 1, earliest: 0, latest: 4 },
    ],
  };
  assert.deepEqual([hasMoreRecords(page, true), hasMoreRecords(page, false)], [false, false]);
  assert.equal(hasMoreRecords({ ...page, previousCursor: '0:6,1:0' }, true), true);
  assert.equal(hasMoreRecords({ ...page, cursor: '0:10,1:3' }, false), true);
  assert.equal(hasMoreRecords({ ...page, cursor: '' }, false), false);
});

test('times before now, and times of the calendar', () => {
  const now = Date.UTC(2026, 1, 3, 12);
  assert.equal(resolveTime('-15m', now), '2026-02-03T11:45:00.000Z');
  assert.equal(resolveTime('-7d', now), '2026-01-27T12:00:00.000Z');
  assert.equal(resolveTime('2026-01-01T00:00:00Z', now), '2026-01-01T00:00:00Z');
  assert.equal(resolveTime('yesterday', now), null);
  assert.equal(resolveTime('', now), null);
  const query = readMessageQuery(new URLSearchParams('?from=time&at=-1h'));
  assert.equal(consumePath('t', query, now), '/api/consume/t?format=text&limit=100&from=2026-02-03T11%3A00%3A00.000Z');
});
