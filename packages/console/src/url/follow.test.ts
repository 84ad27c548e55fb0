import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correlatePath, type FollowSubject, followParam, readFollow } from './follow.ts';

test('what is followed survives its URL, whatever is in its names', () => {
  const subjects: FollowSubject[] = [
    { kind: 'record', topic: 'a:b c', partition: 2, offset: 17 },
    { kind: 'trace', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
    { kind: 'correlation', correlationId: '9e1b:7a44' },
    { kind: 'correlation', correlationId: 'x', aroundMs: 1000 },
    { kind: 'document', index: 'twitter-index', id: '19:00' },
    { kind: 'row', table: 'COUNTS', key: 'kafka ü' },
  ];
  for (const subject of subjects) assert.deepEqual(readFollow(followParam(subject)), subject);
  for (const text of [
    null,
    '',
    'record',
    'record:t',
    'record:t:x:1',
    'trace:',
    'document:i',
    'nope:x',
    'trace:%E0%A4%A',
  ])
    assert.equal(readFollow(text), null);
  assert.equal(
    correlatePath({ kind: 'record', topic: 'a b', partition: 0, offset: 1 }),
    '/api/correlate?topic=a+b&partition=0&offset=1',
  );
});
