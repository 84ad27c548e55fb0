import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer, readIndices, searchBody } from './search-store.ts';

test('documents come out as the text they were stored as', () => {
  const answer = readAnswer(
    `{"took":3,"hits":{"total":{"value":12345,"relation":"eq"},"hits":[
      {"_index":"t","_id":"592089033144795136","_score":1.5,"_source":{"id": 592089033144795136, "price":1.0},
       "highlight":{"text":["a \ue000b\ue001 <em>c</em>"]}},
      {"_id":"2","_score":null}]}}`,
  );
  assert.deepEqual([answer.total, answer.isTotalExact, answer.tookMs], [12345, true, 3]);
  assert.deepEqual(answer.hits[0], {
    id: '592089033144795136',
    score: '1.50',
    source: '{"id": 592089033144795136, "price":1.0}',
    highlights: [
      {
        field: 'text',
        fragments: [
          [
            { text: 'a ', isHit: false },
            { text: 'b', isHit: true },
            { text: ' <em>c</em>', isHit: false },
          ],
        ],
      },
    ],
  });
  assert.deepEqual(answer.hits[1], { id: '2', score: null, source: '{}', highlights: [] });
});

test('an empty box asks for everything', () => {
  assert.deepEqual(searchBody({ index: 'i', query: ' ', size: 5 })['query'], { match_all: {} });
  assert.deepEqual(searchBody({ index: 'i', query: 'a b:c', size: 5 })['query'], {
    query_string: { query: 'a b:c', default_operator: 'AND' },
  });
});

test('indexes in order of name', () => {
  assert.deepEqual(readIndices([{ index: 'b', 'docs.count': '2', 'store.size': '1kb' }, { index: 'a' }]), [
    { index: 'a', documents: 0, sizeText: '' },
    { index: 'b', documents: 2, sizeText: '1kb' },
  ]);
});
